package detangle.spark;

import static org.apache.spark.sql.functions.col;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.pipelines.Classification;
import detangle.pipelines.DetectionOptions;
import detangle.pipelines.Entity;
import detangle.pipelines.EntityExtractor;
import detangle.pipelines.ExtractionOptions;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.PipelineException;
import detangle.pipelines.Pooling;
import detangle.pipelines.Redactor;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.redaction.CounterScope;
import detangle.pipelines.redaction.RedactionOperator;
import detangle.pipelines.redaction.RedactionPolicy;
import detangle.runtime.ModelArtifact;
import detangle.testing.models.TinyGliner;
import detangle.testing.models.TinyGliner2;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two executors, each a process of its own: Parquet in, Parquet out. Programs of docs/SPARK.md are parts of this file. */
class TextScoringTest implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final int ROWS = 200;

    @TempDir
    private static Path folder;

    private static SparkSession spark;

    private static String text(int i) {
        return "Where is card number " + i + (i % 3 == 0 ? " that I have asked for?" : "?");
    }

    @BeforeAll
    static void start() {
        spark = SparkSession.builder()
                .master("local-cluster[2,1,1024]")
                .appName("detangle")
                .config("spark.ui.enabled", "false")
                .config("spark.sql.artifact.isolation.enabled", "false")
                // Small files are read by as many tasks as there are files, so that both executors have some.
                .config("spark.sql.files.minPartitionNum", "8")
                .config("spark.executor.extraJavaOptions", "-Ddetangle.threads=1 --enable-native-access=ALL-UNNAMED")
                .getOrCreate();
    }

    @AfterAll
    static void stop() throws IOException {
        spark.close();
    }

    @Test
    void executorsScoreParquetFiles() throws IOException {
        Path artifact = folder.resolve("model.dtl");
        ModelArtifact.write(TinyModel.SHIPPED, artifact, ModelArtifact.Options.DEFAULT);
        spark.sparkContext().addFile(artifact.toString());
        StructType schema =
                new StructType().add("id", DataTypes.IntegerType, false).add("question", DataTypes.StringType, false);
        spark.createDataFrame(
                        IntStream.range(0, ROWS)
                                .mapToObj(i -> RowFactory.create(i, text(i)))
                                .toList(),
                        schema)
                .repartition(8)
                .write()
                .parquet(folder + "/questions");
        // By its name alone: executors have it from the job.
        String model = "model.dtl";

        Dataset<Row> questions = spark.read().parquet(folder + "/questions");
        TextScoring.classify(questions, "question", model, true).write().parquet(folder + "/labels");
        TextScoring.embed(questions, "question", model, true).write().parquet(folder + "/vectors");

        List<Row> found = spark.read().parquet(folder + "/labels").collectAsList();
        assertEquals(ROWS, found.size());
        try (TextClassifier classifier = TextClassifier.load(TinyModel.SHIPPED)) {
            for (Row row : found) {
                String question = row.getAs("question");
                assertEquals(text(row.getAs("id")), question);
                Classification best = classifier.classify(question).getFirst();
                assertEquals(best.label(), row.getAs("label"));
                assertEquals(best.score(), row.<Double>getAs("score"), 1e-5);
            }
        }
        List<Row> vectors = spark.read().parquet(folder + "/vectors").collectAsList();
        assertEquals(ROWS, vectors.size());
        try (FeatureExtractor extractor = FeatureExtractor.load(TinyModel.SHIPPED)) {
            float[] expected = extractor.encode(vectors.getFirst().<String>getAs("question"), Pooling.MEAN, true);
            List<Float> vector = vectors.getFirst().getList(vectors.getFirst().fieldIndex("embedding"));
            for (int i = 0; i < expected.length; i++) {
                assertEquals(expected[i], vector.get(i), 1e-5);
            }
        }
        loadedOnceAnExecutor(questions);
    }

    /**
     * What the pipelines say of each text, by executors; the function of a column and the one of a dataset are the
     * same.
     */
    @Test
    void executorsFindAndRedactEntities() throws IOException {
        StructType schema =
                new StructType().add("id", DataTypes.IntegerType, false).add("body", DataTypes.StringType, true);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            rows.add(RowFactory.create(
                    i, i % 7 == 6 ? null : i % 7 == 5 ? " " : "\ud83d\ude00 Ada" + i + " lives in London."));
        }
        spark.createDataFrame(rows, schema).repartition(4).write().parquet(folder + "/letters");
        String model = TinyGliner.write(folder.resolve("gliner")).toString();
        String gliner2 = TinyGliner2.write(folder.resolve("gliner2")).toString();

        List<String> labels = List.of("person", "city");
        Dataset<Row> letters = spark.read().parquet(folder + "/letters");
        TextEntities.extract(letters, "body", model, labels, 0.3).write().parquet(folder + "/entities");

        DetectionOptions wanted = DetectionOptions.DEFAULT.withLabels(labels).withThreshold(0.3);
        RedactionPolicy policy = RedactionPolicy.of(new RedactionOperator.Number());
        TextEntities.redact(letters, "body", model, wanted, policy)
                .drop("body")
                .write()
                .parquet(folder + "/redacted");
        assertThrows(PipelineException.class, () -> TextEntities.extract(letters, "body", model, List.of(), 0.3));

        UserDefinedFunction redaction = TextEntities.redaction(model, wanted, policy);
        Dataset<Row> hidden = letters.withColumn("hidden", redaction.apply(col("body")));
        spark.udf().register("redact", redaction); // SELECT redact(body) FROM letters

        List<Row> found = spark.read().parquet(folder + "/entities").collectAsList();
        assertEquals(40, found.size());
        try (EntityExtractor extractor = EntityExtractor.load(Path.of(model))) {
            for (Row row : found) {
                String letter = row.getAs("body");
                if (letter == null) {
                    assertTrue(row.isNullAt(2));
                    continue;
                }
                List<Entity> expected = extractor.extract(letter, labels, ExtractionOptions.DEFAULT.withThreshold(0.3));
                List<Row> entities = row.getList(2);
                assertEquals(expected.size(), entities.size());
                for (int i = 0; i < expected.size(); i++) {
                    assertEquals(expected.get(i).word(), entities.get(i).getAs("text"));
                    assertEquals(expected.get(i).entity(), entities.get(i).getAs("label"));
                    assertEquals(
                            letter.codePointCount(0, expected.get(i).start()),
                            entities.get(i).<Integer>getAs("start"));
                }
            }
        }
        assertEquals(
                40,
                TextEntities.extract(letters, "body", gliner2, labels, 0.01)
                        .collectAsList()
                        .size());

        Map<Integer, String> redacted = new HashMap<>();
        for (Row row : spark.read().parquet(folder + "/redacted").collectAsList()) {
            redacted.put(row.getAs("id"), row.getAs("redacted"));
        }
        assertEquals(40, redacted.size());
        hidden.createOrReplaceTempView("letters");
        try (Redactor redactor = Redactor.load(Path.of(model))) {
            for (Row row : spark.sql("SELECT id, body, hidden, redact(body) AS same FROM letters")
                    .collectAsList()) {
                String letter = row.getAs("body");
                String expected = letter == null
                        ? null
                        : redactor.redact(letter, wanted, policy).text();
                assertEquals(expected, redacted.get(row.<Integer>getAs("id")));
                assertEquals(expected, row.getAs("hidden"));
                assertEquals(expected, row.getAs("same"));
            }
        }
        assertTrue(
                redacted.values().stream().anyMatch(text -> text != null && text.contains("[PERSON_")),
                redacted.toString());
        assertThrows(
                PipelineException.class,
                () -> TextEntities.redaction(model, wanted, policy.withCounters(CounterScope.RUN)));
    }

    /** Each process tells who it is, how many models it has loaded and how many it has. */
    private static void loadedOnceAnExecutor(Dataset<Row> rows) {
        MapPartitionsFunction<Row, String> report = partition -> List.of(ManagementFactory.getRuntimeMXBean()
                                .getName() + " " + ExecutorModels.loaded() + " " + ExecutorModels.known())
                .iterator();
        Set<String> reports =
                new HashSet<>(rows.mapPartitions(report, Encoders.STRING()).collectAsList());
        assertEquals(2, reports.size(), reports.toString());
        for (String line : reports) {
            String[] words = line.split(" ");
            assertTrue(Integer.parseInt(words[1]) > 0, line);
            assertEquals(words[2], words[1], line);
        }
    }
}
