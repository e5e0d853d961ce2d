package detangle.spark;

import detangle.train.TrainingException;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.rdd.RDD;
import scala.Function1;
import scala.collection.Iterator;
import scala.collection.Iterator$;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/** The barrier stage of a training: its tasks run at the same time, and begin again together if one of them fails. */
final class TrainingStage {
    private TrainingStage() {}

    /** Serializable code of a task; each task has one number, which is its rank. */
    private interface Code extends Function1<Iterator<Integer>, Iterator<byte[]>>, Serializable {}

    /**
     * Runs the processes of a training, and returns their result.
     *
     * @throws TrainingException if a process has found what no second attempt would mend
     */
    static TextTrainingResult run(SparkContext spark, int processes, TrainingJob job) {
        JavaSparkContext context = JavaSparkContext.fromSparkContext(spark);
        List<Integer> ranks = IntStream.range(0, processes).boxed().toList();
        Broadcast<byte[]> told = context.broadcast(RecordBytes.write(job));
        try {
            Code code = rank -> Iterator$.MODULE$.single(RecordBytes.write(process(told)));
            ClassTag<byte[]> bytes = ClassTag$.MODULE$.apply(byte[].class);
            RDD<byte[]> ended =
                    context.parallelize(ranks, processes).rdd().barrier().mapPartitions(code, false, bytes);
            // Spark begins a barrier stage again only if a shuffle follows it: the last stage of a job may have
            // effects.
            byte[] any = JavaRDD.fromRDD(ended, bytes).repartition(1).collect().getFirst();
            TrainingJob.Ended result = RecordBytes.read(any, TrainingJob.Ended.class);
            return result.result()
                    .orElseThrow(() -> new TrainingException(result.refusal().orElseThrow()));
        } finally {
            told.destroy();
        }
    }

    private static TrainingJob.Ended process(Broadcast<byte[]> told) {
        try {
            return new TrainingProcess(BarrierTaskContext.get(), RecordBytes.read(told.value(), TrainingJob.class))
                    .run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
