package detangle.spark;

import detangle.models.gliner2.Gliner2Config;
import detangle.pipelines.DetectionOptions;
import detangle.pipelines.Entity;
import detangle.pipelines.EntityExtractor;
import detangle.pipelines.ExtractionOptions;
import detangle.pipelines.PipelineException;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.Redactor;
import detangle.pipelines.SchemaExtractor;
import detangle.pipelines.redaction.CounterScope;
import detangle.pipelines.redaction.Redaction;
import detangle.pipelines.redaction.RedactionPolicy;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaAnswer;
import detangle.pipelines.schema.SchemaOptions;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Entities in a column of texts, found or replaced. Models are loaded as by {@link TextScoring}; a text that is null
 * has neither entities nor a redacted text.
 *
 * <pre>{@code
 * DetectionOptions people = DetectionOptions.DEFAULT.withLabels(List.of("person", "phone number"));
 * TextEntities.redact(spark.read().parquet("letters"), "body", "urchade/gliner_small-v2.1", people, RedactionPolicy.DEFAULT)
 *         .drop("body").write().parquet("redacted")
 * }</pre>
 */
public final class TextEntities {
    private static final int TEXTS_PER_BATCH = 256;

    private static final StructType ENTITY = new StructType()
            .add("start", DataTypes.IntegerType, false)
            .add("end", DataTypes.IntegerType, false)
            .add("text", DataTypes.StringType, false)
            .add("label", DataTypes.StringType, false)
            .add("score", DataTypes.DoubleType, false);

    private TextEntities() {}

    /**
     * Adds the entities of each text, {@code entities}, an array of structures of {@code start}, {@code end}, {@code
     * text}, {@code label} and {@code score}. Places count code points from 0, as {@code substring} of Spark does from
     * 1.
     *
     * @param column of texts
     * @param model a GLiNER or a GLiNER2 model
     * @param labels what is looked for, in words: {@code person}, {@code credit card number}
     * @param threshold the least probability, 0.5 by GLiNER's own default
     * @throws PipelineException if there are no labels
     */
    public static Dataset<Row> extract(
            Dataset<Row> rows, String column, String model, List<String> labels, double threshold) {
        StructType schema = rows.schema().add("entities", DataTypes.createArrayType(ENTITY, false), true);
        int text = rows.schema().fieldIndex(column);
        List<String> kinds = List.copyOf(labels);
        if (kinds.isEmpty()) {
            throw new PipelineException("there are no labels: name at least one kind of entity");
        }
        // What is not a probability is refused here, and not by an executor.
        double minScore = ExtractionOptions.DEFAULT.withThreshold(threshold).threshold();
        MapPartitionsFunction<Row, Row> finding =
                partition -> new BatchedRows(partition, text, TEXTS_PER_BATCH, texts -> {
                    List<List<Entity>> found = found(model, filled(texts), kinds, minScore);
                    List<Object[]> entities = new ArrayList<>();
                    for (int i = 0; i < texts.size(); i++) {
                        entities.add(new Object[] {texts.get(i) == null ? null : rows(texts.get(i), found.get(i))});
                    }
                    return entities;
                });
        return rows.mapPartitions(finding, Encoders.row(schema));
    }

    private static List<List<Entity>> found(String model, List<String> texts, List<String> labels, double threshold) {
        if (Gliner2Config.isIn(ExecutorModels.path(model))) {
            SchemaExtractor extractor =
                    ExecutorModels.get(SchemaExtractor.class, model, PipelineOptions.DEFAULT, SchemaExtractor::load);
            return extractor
                    .extract(
                            texts,
                            Schema.ofEntities(labels.stream().distinct().toArray(String[]::new)),
                            SchemaOptions.DEFAULT.withThreshold(threshold))
                    .stream()
                    .map(SchemaAnswer::entitiesInOrder)
                    .toList();
        }
        EntityExtractor extractor =
                ExecutorModels.get(EntityExtractor.class, model, PipelineOptions.DEFAULT, EntityExtractor::load);
        return extractor.extract(texts, labels, ExtractionOptions.DEFAULT.withThreshold(threshold));
    }

    /** Returns the texts with empty ones in the place of those that are null, in which nothing is found. */
    private static List<String> filled(List<String> texts) {
        return texts.stream().map(text -> text == null ? "" : text).toList();
    }

    private static Row[] rows(String text, List<Entity> entities) {
        return entities.stream()
                .map(e -> RowFactory.create(
                        text.codePointCount(0, e.start()),
                        text.codePointCount(0, e.end()),
                        e.word(),
                        e.entity(),
                        e.score()))
                .toArray(Row[]::new);
    }

    /**
     * Adds each text without what was found in it, {@code redacted}. The column of texts stays until it is dropped.
     *
     * @param column of texts
     * @param model a GLiNER or GLiNER2 model, or one for token classification
     * @throws PipelineException if numbers are those of the run: executors do not know each other's
     */
    public static Dataset<Row> redact(
            Dataset<Row> rows, String column, String model, DetectionOptions detection, RedactionPolicy policy) {
        StructType schema = rows.schema().add("redacted", DataTypes.StringType, true);
        int text = rows.schema().fieldIndex(column);
        Redacting redacting = Redacting.of(model, detection, policy);
        MapPartitionsFunction<Row, Row> changing =
                partition -> new BatchedRows(partition, text, TEXTS_PER_BATCH, texts -> {
                    List<String> redacted = redacting.redacted(texts);
                    List<Object[]> values = new ArrayList<>();
                    redacted.forEach(value -> values.add(new Object[] {value}));
                    return values;
                });
        return rows.mapPartitions(changing, Encoders.row(schema));
    }

    /**
     * Returns a function of a column that redacts its texts: {@code rows.withColumn("body",
     * redaction.apply(col("body")))}, or in SQL under a name that {@code spark.udf().register} gives it. Spark calls it
     * with one text at a time, so that {@link #redact} is faster.
     *
     * @param model a GLiNER or GLiNER2 model, or one for token classification
     * @throws PipelineException if numbers are those of the run
     */
    public static UserDefinedFunction redaction(String model, DetectionOptions detection, RedactionPolicy policy) {
        Redacting redacting = Redacting.of(model, detection, policy);
        UDF1<String, String> function = text -> {
            List<String> one = new ArrayList<>();
            one.add(text);
            return redacting.redacted(one).getFirst();
        };
        return functions.udf(function, DataTypes.StringType);
    }

    /**
     * The work that executors are sent.
     *
     * @param threshold the least probability, or nothing
     */
    private record Redacting(String model, List<String> labels, List<Double> threshold, RedactionPolicy policy)
            implements Serializable {
        static Redacting of(String model, DetectionOptions detection, RedactionPolicy policy) {
            if (policy.counters() == CounterScope.RUN) {
                throw new PipelineException("numbers of a run are not given on a cluster, where executors do not know"
                        + " each other's: number within each text, or hash");
            }
            return new Redacting(
                    model,
                    detection.labels(),
                    detection.threshold().stream().boxed().toList(),
                    policy);
        }

        /** Returns the redacted texts; null for a text that is null. */
        List<String> redacted(List<String> texts) {
            Redactor redactor = ExecutorModels.get(Redactor.class, model, PipelineOptions.DEFAULT, Redactor::load);
            DetectionOptions named = DetectionOptions.DEFAULT.withLabels(labels);
            DetectionOptions detection = threshold.isEmpty() ? named : named.withThreshold(threshold.getFirst());
            List<Redaction> redactions = redactor.redact(filled(texts), detection, policy);
            List<String> redacted = new ArrayList<>();
            for (int i = 0; i < texts.size(); i++) {
                redacted.add(texts.get(i) == null ? null : redactions.get(i).text());
            }
            return redacted;
        }
    }
}
