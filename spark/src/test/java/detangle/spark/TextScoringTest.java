package detangle.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.pipelines.Classification;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.Pooling;
import detangle.pipelines.TextClassifier;
import detangle.runtime.ModelArtifact;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two executors, each a process of its own: Parquet in, Parquet out. */
class TextScoringTest implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final int ROWS = 200;

    @TempDir
    private static Path folder;

    private static String text(int i) {
        return "Where is card number " + i + (i % 3 == 0 ? " that I have asked for?" : "?");
    }

    @Test
    void executorsScoreParquetFiles() throws IOException {
        Path artifact = folder.resolve("model.dtl");
        ModelArtifact.write(TinyModel.SHIPPED, artifact, ModelArtifact.Options.DEFAULT);
        try (SparkSession spark = SparkSession.builder()
                .master("local-cluster[2,1,1024]")
                .appName("detangle")
                .config("spark.ui.enabled", "false")
                .config("spark.sql.artifact.isolation.enabled", "false")
                .config("spark.executor.extraJavaOptions", "-Ddetangle.threads=1 --enable-native-access=ALL-UNNAMED")
                .getOrCreate()) {
            spark.sparkContext().addFile(artifact.toString());
            StructType schema = new StructType()
                    .add("id", DataTypes.IntegerType, false)
                    .add("question", DataTypes.StringType, false);
            Path questions = folder.resolve("questions");
            spark.createDataFrame(
                            IntStream.range(0, ROWS)
                                    .mapToObj(i -> RowFactory.create(i, text(i)))
                                    .toList(),
                            schema)
                    .repartition(8)
                    .write()
                    .parquet(questions.toString());

            Dataset<Row> rows = spark.read().parquet(questions.toString()).repartition(8);
            Path labels = folder.resolve("labels");
            // By its name alone: executors have it from the job.
            TextScoring.classify(rows, "question", "model.dtl", false).write().parquet(labels.toString());
            List<Row> found = spark.read().parquet(labels.toString()).collectAsList();
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
            List<Row> vectors = TextScoring.embed(rows.limit(3), "question", "model.dtl", false)
                    .collectAsList();
            try (FeatureExtractor extractor = FeatureExtractor.load(TinyModel.SHIPPED)) {
                float[] expected = extractor.encode(vectors.getFirst().<String>getAs("question"), Pooling.MEAN, true);
                List<Float> vector =
                        vectors.getFirst().getList(vectors.getFirst().fieldIndex("embedding"));
                for (int i = 0; i < expected.length; i++) {
                    assertEquals(expected[i], vector.get(i), 1e-5);
                }
            }
            loadedOnceAnExecutor(rows);
        }
    }

    /**
     * Each process tells who it is and how many models it has loaded: one to classify, and one more where it embedded.
     */
    private static void loadedOnceAnExecutor(Dataset<Row> rows) {
        MapPartitionsFunction<Row, String> report =
                partition -> List.of(ManagementFactory.getRuntimeMXBean().getName() + " " + ExecutorModels.loaded())
                        .iterator();
        Set<String> reports =
                new HashSet<>(rows.mapPartitions(report, Encoders.STRING()).collectAsList());
        assertEquals(2, reports.size(), reports.toString());
        for (String line : reports) {
            int loaded = Integer.parseInt(line.substring(line.lastIndexOf(' ') + 1));
            assertTrue(loaded == 1 || loaded == 2, reports.toString());
        }
    }
}
