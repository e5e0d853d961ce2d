package detangle.spark;

import detangle.train.EvaluationOptions;
import detangle.train.OptimizerOptions;
import detangle.train.SavingOptions;
import detangle.train.TrainingOptions;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;

/** The program of docs/SPARK.md that trains. */
public class TrainIntents {
    public static void main(String[] arguments) {
        String model = arguments[0];
        Path folder = Path.of(arguments[1]);
        SparkSession spark = SparkSession.builder().getOrCreate();
        TrainingOptions options = TrainingOptions.DEFAULT
                .withNumTrainEpochs(3)
                .withPerDeviceTrainBatchSize(8)
                .with(OptimizerOptions.HUGGINGFACE.withLearningRate(2e-5).withWarmupRatio(0.1))
                .with(EvaluationOptions.everyEpoch())
                .with(SavingOptions.in(folder.resolve("intents")).withSaveTotalLimit(2));
        TextTrainingResult result = TextTraining.of(model, 2, options)
                .train(spark.read().parquet(folder + "/train"), spark.read().parquet(folder + "/validation"));
        System.out.println(result.steps() + " updates, loss " + result.loss());
        spark.stop();
    }
}
