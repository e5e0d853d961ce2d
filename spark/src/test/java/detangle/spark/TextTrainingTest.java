package detangle.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DropoutChange;
import detangle.models.deberta.ProblemType;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.models.weights.Weights;
import detangle.pipelines.TextClassifier;
import detangle.testing.models.TinyModel;
import detangle.train.EvaluationOptions;
import detangle.train.Moment;
import detangle.train.OptimizerOptions;
import detangle.train.SavingOptions;
import detangle.train.Trainer;
import detangle.train.TrainingException;
import detangle.train.TrainingOptions;
import detangle.train.TrainingResult;
import detangle.train.data.Collator;
import detangle.train.data.EpochBatches;
import detangle.train.data.Example;
import detangle.train.data.Target;
import detangle.train.data.TokenIds;
import detangle.train.optimizer.AdamW;
import detangle.train.task.Task;
import detangle.train.task.TaskModel;
import detangle.train.task.TaskModelOptions;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Two executors, each a process of its own, train one model. */
@TestMethodOrder(OrderAnnotation.class)
class TextTrainingTest implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final int ROWS = 42;
    private static final int EPOCHS = 20;
    private static final List<String> LABELS = List.of("card", "money");

    /** Without dropout, as each process draws other places. */
    private static final TaskModelOptions MODEL = TaskModelOptions.of(Architecture.SEQUENCE_CLASSIFICATION)
            .with(DropoutChange.NONE
                    .withHidden(0)
                    .withAttention(0)
                    .withPooler(0)
                    .withClassifier(0));

    /** With a large epsilon, as AdamW's own makes a step of any gradient that is nothing but rounding. */
    private static final TrainingOptions OPTIONS = TrainingOptions.DEFAULT
            .withNumTrainEpochs(EPOCHS)
            .with(OptimizerOptions.HUGGINGFACE
                    .with(new AdamW(0.9, 0.999, 1e-3, false))
                    .withLearningRate(0.02));

    @TempDir
    private static Path folder;

    private static Path model;
    private static SparkSession spark;

    @BeforeAll
    static void begin() throws IOException {
        model = TinyModel.write(folder.resolve("model"), "ForSequenceClassification", LABELS);
        spark = SparkSession.builder()
                .master("local-cluster[2,1,1024]")
                .appName("detangle")
                .config("spark.ui.enabled", "false")
                .config("spark.executor.extraJavaOptions", "-Ddetangle.threads=1 --enable-native-access=ALL-UNNAMED")
                .getOrCreate();
    }

    @AfterAll
    static void end() {
        spark.stop();
    }

    private static String text(int i) {
        return i % 2 == 0 ? "Where is card number " + i + "?" : "How much money have I sent on day " + i + "?";
    }

    private static Dataset<Row> rows(int from, int to) {
        StructType schema = new StructType().add("text", DataTypes.StringType).add("label", DataTypes.StringType);
        return spark.createDataFrame(
                IntStream.range(from, to)
                        .mapToObj(i -> RowFactory.create(text(i), LABELS.get(i % 2)))
                        .toList(),
                schema);
    }

    /** What one process makes of the same batches. */
    private static TrainingResult alone() {
        Tokenizer tokenizer = Tokenizers.load(model);
        List<Example> examples = IntStream.range(0, ROWS)
                .mapToObj(i -> Example.of(TokenIds.of(tokenizer.encode(text(i))), new Target.OneClass(i % 2)))
                .toList();
        TaskModel task =
                TaskModel.read(model, Task.classification(ProblemType.SINGLE_LABEL_CLASSIFICATION, LABELS), MODEL);
        TrainingOptions options = OPTIONS.withPerDeviceTrainBatchSize(8);
        EpochBatches batches = new EpochBatches(
                examples,
                Collator.of(tokenizer.padTokenId(), false),
                options.batchPlan(ROWS, 1),
                detangle.train.data.Order.SHUFFLED,
                options.orderSeed());
        return new Trainer(task.model(), batches, options).train();
    }

    /**
     * The last batch of an epoch has two rows, and each process one. An executor is killed on the way. Both sides add
     * the same numbers in another order. What differs in gradients of about 1 is some units of 2^-24, and a step
     * multiplies it by at most 0.02 / 1e-3 while gradients are as small as epsilon, and by less where they are larger.
     */
    @Test
    void anExecutorThatDiesChangesNothing() throws IOException {
        Path output = folder.resolve("trained");
        List<Long> executors = executors();
        CompletableFuture<Void> killing = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            waitForCheckpoint(output);
            ProcessHandle.of(executors.getLast()).orElseThrow().destroyForcibly();
            killing.complete(null);
        });
        TrainingOptions options = OPTIONS.withPerDeviceTrainBatchSize(4)
                .with(EvaluationOptions.NONE.withStrategy(Moment.STEPS, 60))
                .with(SavingOptions.in(output).withSaveTotalLimit(2));
        TextTrainingResult result =
                TextTraining.of(model.toString(), 2, options).with(MODEL).train(rows(0, ROWS), rows(100, 110));
        assertTrue(killing.isDone());
        assertEquals(EPOCHS * 6, result.steps());
        assertTrue(result.resumedAt() >= 12 && result.resumedAt() % 6 == 0, result.toString());
        assertTrue(result.bestMetric().isPresent());

        TrainingResult expected = alone();
        double farthest = 0;
        double moved = 0;
        try (Weights trained = Weights.open(output);
                Weights begun = Weights.open(model)) {
            for (var parameter : expected.parameters().entrySet()) {
                farthest = Math.max(farthest, farthest(parameter.getValue(), trained.get(parameter.getKey())));
                moved = Math.max(moved, farthest(parameter.getValue(), begun.get(parameter.getKey())));
            }
        }
        assertTrue(farthest < 2e-5 && moved > 0.1, "parameters moved by " + moved + " and differ by " + farthest);
        try (TextClassifier classifier = TextClassifier.load(output)) {
            assertEquals(
                    "card",
                    classifier.classify("Where is card number 11?").getFirst().label());
        }
    }

    private static double farthest(Tensor one, Tensor other) {
        double farthest = 0;
        for (long i = 0; i < one.elements(); i++) {
            farthest = Math.max(farthest, Math.abs(one.getDouble(i) - other.getDouble(i)));
        }
        return farthest;
    }

    /** Waits until training has written its second checkpoint. */
    private static void waitForCheckpoint(Path output) {
        while (!hasCheckpoint(output)) {
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    private static boolean hasCheckpoint(Path output) {
        try (Stream<Path> files = Files.exists(output) ? Files.list(output) : Stream.empty()) {
            return files.map(path -> path.getFileName().toString())
                    .anyMatch(name -> name.startsWith("checkpoint-") && !name.equals("checkpoint-6"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** The executors' processes. */
    private static List<Long> executors() {
        MapPartitionsFunction<Row, Long> report =
                partition -> List.of(ProcessHandle.current().pid()).iterator();
        Set<Long> found = new HashSet<>();
        while (found.size() < 2) {
            found.addAll(rows(0, 8)
                    .repartition(8)
                    .mapPartitions(report, Encoders.LONG())
                    .collectAsList());
        }
        return List.copyOf(found);
    }

    @Test
    void localUpdatesLearn() {
        Path output = folder.resolve("local");
        TextTrainingResult result = TextTraining.of(
                        model.toString(),
                        2,
                        OPTIONS.withNumTrainEpochs(10)
                                .with(OPTIONS.optimizer().withLearningRate(0.05))
                                .withPerDeviceTrainBatchSize(4)
                                .with(SavingOptions.in(output).withStrategy(Moment.NEVER, 1)))
                .with(MODEL)
                .withSyncEvery(4)
                .train(rows(0, ROWS));
        assertEquals(60, result.steps());
        assertTrue(result.loss() < 0.3 && result.bestMetric().isEmpty(), result.toString());
        assertTrue(Files.exists(output.resolve("model.safetensors")));
    }

    /** The program stops Spark, so it runs after the other tests. */
    @Test
    @Order(Integer.MAX_VALUE)
    void theProgramOfThePageTrains() {
        Path shared = folder.resolve("shared");
        rows(0, 16).write().parquet(shared + "/train");
        rows(100, 104).write().parquet(shared + "/validation");
        TrainIntents.main(new String[] {model.toString(), shared.toString()});
        try (TextClassifier classifier = TextClassifier.load(shared.resolve("intents"))) {
            assertEquals(LABELS, classifier.labels());
        }
    }

    /** Spark begins nothing again that would fail again. */
    @Test
    void whatIsWrongIsToldOnce() {
        TextTraining training = TextTraining.of(
                TinyModel.SHIPPED.toString(), 2, OPTIONS.with(SavingOptions.in(folder.resolve("refused"))));
        long before = System.nanoTime();
        TrainingException e = assertThrows(TrainingException.class, () -> training.train(rows(0, 8)));
        assertTrue(e.getMessage().contains("classifier.weight of shape [77,192]"), e.getMessage());
        assertTrue(System.nanoTime() - before < 60e9);
        TrainingException none = assertThrows(
                TrainingException.class, () -> TextTraining.of(model.toString(), 2, TrainingOptions.DEFAULT));
        assertTrue(none.getMessage().startsWith("a model that is trained needs a folder"), none.getMessage());
        TrainingException late =
                assertThrows(TrainingException.class, () -> training.withTimeout(Duration.ofNanos(999_999)));
        assertTrue(late.getMessage().startsWith("the timeout is PT0.000999999S"), late.getMessage());
    }
}
