package detangle.spark;

import detangle.pipelines.Classification;
import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.TextClassifier;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Models over a column of texts. Every executor loads a model once. The model is a folder or an artifact that each
 * machine finds under the same path, or an artifact that was added to the job ({@code SparkContext.addFile}).
 *
 * <pre>{@code
 * TextScoring.classify(spark.read().parquet("questions"), "question", "model.dtl", true).write().parquet("labels")
 * }</pre>
 */
public final class TextScoring {
    /** Texts that are put in order of length before they run. */
    private static final int TEXTS_PER_SORT = 512;

    private TextScoring() {}

    /**
     * Adds the best label of each text, {@code label} and {@code score}.
     *
     * @param column of texts
     * @param truncation whether texts that are too long are cut; they fail the job otherwise
     */
    public static Dataset<Row> classify(Dataset<Row> rows, String column, String model, boolean truncation) {
        StructType schema =
                rows.schema().add("label", DataTypes.StringType, false).add("score", DataTypes.DoubleType, false);
        int text = rows.schema().fieldIndex(column);
        MapPartitionsFunction<Row, Row> scoring =
                partition -> new BatchedRows(partition, text, TEXTS_PER_SORT, texts -> {
                    TextClassifier classifier =
                            ExecutorModels.get(TextClassifier.class, model, options(truncation), TextClassifier::load);
                    List<Object[]> scores = new ArrayList<>();
                    for (List<Classification> labels : classifier.classify(texts)) {
                        scores.add(new Object[] {
                            labels.getFirst().label(), labels.getFirst().score()
                        });
                    }
                    return scores;
                });
        return rows.mapPartitions(scoring, Encoders.row(schema));
    }

    /**
     * Adds the vector of each text, {@code embedding}, an array of floats of length 1: what the model's folder says for
     * sentence-transformers, or the mean of the states of its tokens.
     *
     * @param column of texts
     * @param truncation whether texts that are too long are cut; they fail the job otherwise
     */
    public static Dataset<Row> embed(Dataset<Row> rows, String column, String model, boolean truncation) {
        StructType schema =
                rows.schema().add("embedding", DataTypes.createArrayType(DataTypes.FloatType, false), false);
        int text = rows.schema().fieldIndex(column);
        MapPartitionsFunction<Row, Row> scoring =
                partition -> new BatchedRows(partition, text, TEXTS_PER_SORT, texts -> {
                    FeatureExtractor extractor = ExecutorModels.get(
                            FeatureExtractor.class, model, options(truncation), FeatureExtractor::load);
                    List<Object[]> vectors = new ArrayList<>();
                    for (float[] vector : extractor.encode(texts, EmbeddingOptions.DEFAULT.withNormalize(true))) {
                        List<Float> values = new ArrayList<>();
                        for (float value : vector) {
                            values.add(value);
                        }
                        vectors.add(new Object[] {values.toArray(Float[]::new)});
                    }
                    return vectors;
                });
        return rows.mapPartitions(scoring, Encoders.row(schema));
    }

    private static PipelineOptions options(boolean truncation) {
        return PipelineOptions.DEFAULT.withTruncation(truncation);
    }
}
