package detangle.spark;

import detangle.ir.DetangleException;
import detangle.models.deberta.Architecture;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.train.Trainer;
import detangle.train.TrainingCallback;
import detangle.train.TrainingException;
import detangle.train.TrainingOptions;
import detangle.train.TrainingResult;
import detangle.train.data.Collator;
import detangle.train.data.EpochBatches;
import detangle.train.parallel.DataParallel;
import detangle.train.parallel.Membership;
import detangle.train.parallel.PeerException;
import detangle.train.parallel.ProcessGroup;
import detangle.train.parallel.SocketGroup;
import detangle.train.report.TrainingLog;
import detangle.train.task.TaskEvaluator;
import detangle.train.task.TaskModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.util.TaskInterruptListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process of a training: a task of a barrier stage, whose number is its rank. Tasks exchange their addresses and
 * their results through Spark, and all large data through connections of their own.
 */
final class TrainingProcess {
    private static final Logger LOG = LoggerFactory.getLogger(TrainingProcess.class);
    private static final int PROGRESS_LINES = 20;

    private final BarrierTaskContext context;
    private final TrainingJob job;

    TrainingProcess(BarrierTaskContext context, TrainingJob job) {
        this.context = context;
        this.job = job;
    }

    /**
     * Trains. If a process finds a fault that a second attempt would not mend, all processes end without an exception
     * and report it. If a process is gone, all fail, so that Spark begins the stage again.
     */
    TrainingJob.Ended run() throws IOException {
        TrainingJob.Ended ended = attempt();
        Base64.Encoder encoder = Base64.getEncoder();
        List<TrainingJob.Ended> all = Arrays.stream(context.allGather(encoder.encodeToString(RecordBytes.write(ended))))
                .map(text -> RecordBytes.read(Base64.getDecoder().decode(text), TrainingJob.Ended.class))
                .toList();
        Optional<TrainingJob.Ended> refused =
                all.stream().filter(one -> one.refusal().isPresent()).findFirst();
        all.stream().flatMap(one -> one.failure().stream()).findFirst().ifPresent(failure -> {
            if (refused.isEmpty()) {
                throw new PeerException(failure);
            }
        });
        return refused.orElse(ended);
    }

    private TrainingJob.Ended attempt() throws IOException {
        try (ServerSocket own = new ServerSocket(0, 0, InetAddress.getByName(host(context.partitionId())))) {
            String[] ports = context.allGather(Integer.toString(own.getLocalPort()));
            try (ProcessGroup group = SocketGroup.join(membership(ports), own)) {
                context.addTaskInterruptListener(leaves(group));
                return TrainingJob.Ended.well(train(group));
            }
        } catch (DetangleException e) {
            LOG.warn("rank {} ends: {}", context.partitionId(), e.getMessage());
            return TrainingJob.Ended.of(e);
        }
    }

    /** Makes a process leave the group where Spark ends its task, which may wait for others that are gone. */
    private static TaskInterruptListener leaves(ProcessGroup group) {
        return (task, reason) -> group.close();
    }

    private Membership membership(String[] ports) {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (int rank = 0; rank < ports.length; rank++) {
            addresses.add(InetSocketAddress.createUnresolved(host(rank), Integer.parseInt(ports[rank])));
        }
        String training = job.name() + " " + context.stageId() + "." + context.stageAttemptNumber();
        return new Membership(context.partitionId(), addresses, training, job.secret(), job.timeout());
    }

    /** Returns the host of the executor that a rank runs in, from its address {@code host:port}. */
    private String host(int rank) {
        String address = context.getTaskInfos()[rank].address();
        return address.substring(0, address.lastIndexOf(':'));
    }

    private TextTrainingResult train(ProcessGroup group) {
        TrainingOptions options = job.options();
        Path folder = ExecutorModels.path(job.model());
        TaskModel task = TaskModel.read(folder, job.task(), job.modelOptions());
        Tokenizer tokenizer = Tokenizers.load(folder);
        Collator collator = Collator.of(tokenizer.padTokenId(), task.config().typeVocabSize() > 0);
        EpochBatches batches = new EpochBatches(
                job.training(),
                collator,
                options.batchPlan(job.training().size(), group.size()),
                job.order(),
                options.orderSeed());
        Begun begun = new Begun();
        Trainer trainer =
                new Trainer(task.model(), batches, options).with(begun).with(new DataParallel(group, job.syncEvery()));
        if (group.rank() == 0) {
            task.notices().forEach(LOG::info);
            trainer = trainer.with(new TrainingLog(
                    Math.max(1, batches.updates() / PROGRESS_LINES),
                    entry -> LOG.info("after update {}, epoch {}: {}", entry.step(), entry.epoch(), entry.values())));
        }
        if (!job.validation().isEmpty()) {
            trainer = trainer.with(new TaskEvaluator(
                    job.validation(),
                    collator,
                    job.evalBatchSize(),
                    job.task()::textScorer,
                    Architecture.SEQUENCE_CLASSIFICATION));
        }
        TrainingResult result = trainer.train();
        Path outputDir = options.saving().outputDir().orElseThrow();
        if (group.rank() == 0) {
            write(task, result, outputDir);
        }
        return new TextTrainingResult(outputDir, result.steps(), begun.done, result.loss(), result.bestMetric());
    }

    private static void write(TaskModel task, TrainingResult result, Path outputDir) {
        try {
            task.model().writer().orElseThrow().write(outputDir, result.parameters());
        } catch (IOException e) {
            throw new TrainingException("the model cannot be written to " + outputDir + ": " + e.getMessage(), e);
        }
    }

    /** Remembers the update at which training began. */
    private static final class Begun implements TrainingCallback {
        private long done;

        @Override
        public void onBegin(Begin begin) {
            done = begin.done();
        }
    }
}
