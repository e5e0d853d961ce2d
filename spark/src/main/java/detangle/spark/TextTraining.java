package detangle.spark;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.train.TrainingException;
import detangle.train.TrainingOptions;
import detangle.train.data.ClassificationData;
import detangle.train.data.ClassificationData.LabelRule;
import detangle.train.data.DataColumns;
import detangle.train.data.Example;
import detangle.train.data.ExampleEncoder;
import detangle.train.data.Order;
import detangle.train.task.Task;
import detangle.train.task.TaskModelOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains a model on labelled texts, in several processes of a cluster: the rows of each batch are divided among them,
 * and gradients are averaged. The result is that of one process with the same batch, up to the order of sums and
 * dropout.
 *
 * <pre>{@code
 * TrainingOptions options = TrainingOptions.DEFAULT.with(SavingOptions.in(Path.of("/shared/intents")));
 * TextTraining.of("/shared/deberta-v3-small", 4, options).train(spark.read().parquet("train"));
 * }</pre>
 *
 * @param model a folder or an artifact that each machine finds under the same path, one that was added to the job, or a
 *     name on the hub
 * @param numProcesses the number of processes: each is a task, and all run at the same time
 * @param options the options of training; checkpoints and the model are written to {@code output_dir}, a folder that
 *     all executors and the driver reach
 * @param modelOptions the options of the model: its loss, rates of dropout, and whether a head of another size is made
 *     anew
 * @param columns the columns of texts and labels, found by their usual names where they are not named
 * @param labels the labels, as far as they are known before the rows are read
 * @param maxSeqLength the most tokens of an example, longer ones being cut; that of the model by default
 * @param evalBatchSize the number of rows that are evaluated together ({@code per_device_eval_batch_size})
 * @param order the order of rows
 * @param syncEvery the number of updates between averages, see {@link detangle.train.parallel.DataParallel}
 * @param timeout the longest time that a process waits for another one, which may evaluate or write a checkpoint
 *     meanwhile
 */
public record TextTraining(
        String model,
        int numProcesses,
        TrainingOptions options,
        TaskModelOptions modelOptions,
        DataColumns columns,
        LabelRule labels,
        OptionalInt maxSeqLength,
        int evalBatchSize,
        Order order,
        int syncEvery,
        Duration timeout) {
    private static final Logger LOG = LoggerFactory.getLogger(TextTraining.class);
    private static final int SECRET_BYTES = 32;
    private static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(30);

    /** @throws TrainingException if a number is outside its range, or there is no folder to write to */
    public TextTraining {
        if (numProcesses < 1 || evalBatchSize < 1) {
            throw new TrainingException("num_processes is " + numProcesses + " and per_device_eval_batch_size is "
                    + evalBatchSize + ": both must be at least 1");
        }
        if (timeout.toMillis() < 1) {
            throw new TrainingException("the timeout is " + timeout + ": it must be at least 1 millisecond");
        }
        if (options.saving().outputDir().isEmpty()) {
            throw new TrainingException("a model that is trained needs a folder: set output_dir (SavingOptions.in)");
        }
        if (!modelOptions.training().loss().classWeights().isEmpty() && numProcesses > 1) {
            throw new TrainingException("class_weights make the mean of a batch depend on which rows stand together, so"
                    + " that it cannot be divided among processes: leave them out");
        }
    }

    /** Makes a training with the defaults of all other components. */
    public static TextTraining of(String model, int numProcesses, TrainingOptions options) {
        return new TextTraining(
                model,
                numProcesses,
                options,
                TaskModelOptions.of(Architecture.SEQUENCE_CLASSIFICATION).withSeed(options.seed()),
                DataColumns.DEFAULT,
                LabelRule.FROM_DATA,
                OptionalInt.empty(),
                8,
                Order.SHUFFLED,
                1,
                DEFAULT_TIMEOUT);
    }

    public TextTraining with(TaskModelOptions other) {
        return with(t -> t.modelOptions = other);
    }

    public TextTraining with(DataColumns other) {
        return with(t -> t.columns = other);
    }

    public TextTraining with(LabelRule other) {
        return with(t -> t.labels = other);
    }

    public TextTraining with(Order other) {
        return with(t -> t.order = other);
    }

    public TextTraining withMaxSeqLength(int tokens) {
        return with(t -> t.maxSeqLength = OptionalInt.of(tokens));
    }

    public TextTraining withEvalBatchSize(int rows) {
        return with(t -> t.evalBatchSize = rows);
    }

    public TextTraining withSyncEvery(int updates) {
        return with(t -> t.syncEvery = updates);
    }

    /**
     * Sets how long a process waits for another one that is silent: at least a millisecond, half an hour by default.
     */
    public TextTraining withTimeout(Duration longest) {
        return with(t -> t.timeout = longest);
    }

    private TextTraining with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.training();
    }

    /**
     * Trains on labelled texts. If an executor is lost, Spark begins the processes again, and they go on from the last
     * checkpoint.
     *
     * @throws TrainingException if training cannot begin or go on because of an option, or of what a process has found
     * @throws detangle.ir.DetangleException of the part at fault, before the processes begin
     */
    public TextTrainingResult train(Dataset<Row> rows) {
        return train(rows, Optional.empty());
    }

    /** Trains on labelled texts, as {@link #train(Dataset)} does, and evaluates on others as the options say. */
    public TextTrainingResult train(Dataset<Row> rows, Dataset<Row> validation) {
        return train(rows, Optional.of(validation));
    }

    private TextTrainingResult train(Dataset<Row> rows, Optional<Dataset<Row>> validation) {
        Path folder = ExecutorModels.path(model);
        Tokenizer tokenizer = Tokenizers.load(folder);
        DebertaConfig config = DebertaConfig.read(folder);
        config.checkTokenizer(tokenizer, folder);
        int length = length(config, tokenizer);
        LabelRule rule = labels.withLabelsOfModel(config.labelNames().names());
        ClassificationData data = read(rows, "the dataset", new ExampleEncoder(tokenizer, length, true), rule);
        LabelRule known = LabelRule.as(data, labels.delimiter());
        List<Example> judged = validation
                .map(all -> read(all, "the validation dataset", new ExampleEncoder(tokenizer, length, true), known))
                .map(ClassificationData::examples)
                .orElse(List.of());
        Path outputDir = options.saving().outputDir().orElseThrow();
        try {
            Files.createDirectories(outputDir);
        } catch (IOException e) {
            throw new TrainingException(outputDir + " cannot be made: " + e.getMessage(), e);
        }
        byte[] secret = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(secret);
        TrainingJob job = new TrainingJob(
                UUID.randomUUID().toString(),
                secret,
                model,
                Task.classification(data.problem(), data.labels().names()),
                modelOptions,
                options.with(options.saving().prepared()),
                evalBatchSize,
                order,
                syncEvery,
                timeout,
                data.examples(),
                judged);
        return TrainingStage.run(rows.sparkSession().sparkContext(), numProcesses, job);
    }

    private int length(DebertaConfig config, Tokenizer tokenizer) {
        int maxTokens = Math.min(
                config.maxPositionEmbeddings(), tokenizer.modelMaxLength().orElse(Integer.MAX_VALUE));
        int length = maxSeqLength.orElse(maxTokens);
        if (length < 3 || config.positionBiasedInput() && length > config.maxPositionEmbeddings()) {
            throw new TrainingException("max_seq_length is " + length + ": it must be at least 3, and no more than the "
                    + config.maxPositionEmbeddings() + " positions of the model");
        }
        return length;
    }

    private ClassificationData read(Dataset<Row> rows, String name, ExampleEncoder encoder, LabelRule rule) {
        ClassificationData data = ClassificationData.read(new DatasetRows(rows, name), name, columns, encoder, rule);
        data.notices().forEach(LOG::info);
        return data;
    }

    /** The components that may be set, as fields. */
    private static final class Draft {
        private final TextTraining from;
        private TaskModelOptions modelOptions;
        private DataColumns columns;
        private LabelRule labels;
        private OptionalInt maxSeqLength;
        private int evalBatchSize;
        private Order order;
        private int syncEvery;
        private Duration timeout;

        Draft(TextTraining training) {
            from = training;
            modelOptions = training.modelOptions;
            columns = training.columns;
            labels = training.labels;
            maxSeqLength = training.maxSeqLength;
            evalBatchSize = training.evalBatchSize;
            order = training.order;
            syncEvery = training.syncEvery;
            timeout = training.timeout;
        }

        TextTraining training() {
            return new TextTraining(
                    from.model,
                    from.numProcesses,
                    from.options,
                    modelOptions,
                    columns,
                    labels,
                    maxSeqLength,
                    evalBatchSize,
                    order,
                    syncEvery,
                    timeout);
        }
    }
}
