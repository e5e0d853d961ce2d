package detangle.pipelines.task;

import detangle.models.gliner2.OverlapPolicy;
import detangle.pipelines.PipelineException;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.SchemaExtractor;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaAnswer;
import detangle.pipelines.schema.SchemaJson;
import detangle.pipelines.schema.SchemaOptions;
import detangle.pipelines.schema.SchemaReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.json.JsonMapper;

/**
 * Finds entities, relations, structures and classes by a schema with GLiNER2 models, in the words of GLiNER2's own
 * code.
 */
public final class SchemaExtraction extends TextTask<SchemaExtractor> {
    static final Field SCHEMA = Field.required(
            "schema",
            "what is looked for: an object of entities, relations, structures, classifications, as extract --schema"
                    + " takes it",
            new Field.Json());

    private static final SchemaOptions STANDARD = SchemaOptions.DEFAULT;
    private static final SchemaOptions.Windows WINDOWS = STANDARD.windows().orElseThrow();
    private static final Field THRESHOLD = Field.optional(
            "threshold",
            "the least probability of what has no threshold of its own in the schema",
            new Field.Number(0, 1),
            STANDARD.threshold());
    private static final Field CHUNK_SIZE = Field.optional(
            "chunk_size", "words of a window of a long text; " + WINDOWS.words() + " by default", new Field.Whole(1));
    private static final Field CHUNK_OVERLAP = Field.optional(
            "chunk_overlap",
            "words that two windows share; " + WINDOWS.overlap() + ", or a sixth of short windows, by default",
            new Field.Whole(0));
    private static final Field OVERLAP_POLICY = Field.optional(
            "overlap_policy",
            "which entities of one kind may overlap, by a model of the boundary architecture; what its configuration"
                    + " says by default",
            Field.Word.of(OverlapPolicy.class));
    private static final Field INCLUDE_CONFIDENCE =
            Field.optional("include_confidence", "whether the answer has probabilities", new Field.Flag(), true);
    private static final Field INCLUDE_SPANS =
            Field.optional("include_spans", "whether the answer has places in the text", new Field.Flag(), true);

    /** Short windows share a sixth of their words. */
    private static final int WINDOW_LENGTHS_PER_OVERLAP = 6;

    SchemaExtraction() {}

    @Override
    public String name() {
        return "schema-extraction";
    }

    @Override
    public String description() {
        return "Entities, relations, structures and classes by a schema, by a GLiNER2 model. Long texts are read in"
                + " windows";
    }

    @Override
    public List<Field> inputs() {
        return List.of(TEXT);
    }

    @Override
    public List<Field> options() {
        return List.of(
                SCHEMA,
                THRESHOLD,
                CHUNK_SIZE,
                CHUNK_OVERLAP,
                OVERLAP_POLICY,
                INCLUDE_CONFIDENCE,
                INCLUDE_SPANS,
                OFFSETS);
    }

    /** Returns the type of an answer, whose properties have the names of the schema's parts. */
    @Override
    public Column.Type answer() {
        return new Column.ObjectOf();
    }

    /** Returns false: the first task of a GLiNER2 model is {@link EntityExtraction}, and it does this task as well. */
    @Override
    public boolean suits(ModelFacts model) {
        return false;
    }

    @Override
    public SchemaExtractor load(Path model, PipelineOptions options) {
        return SchemaExtractor.load(model, options);
    }

    @Override
    public List<Object> answer(
            SchemaExtractor extractor, List<Fields> rows, Fields options, AnswerForm form, ProgressListener progress) {
        Schema schema = SchemaReader.of(JsonMapper.shared().valueToTree(options.json(SCHEMA.name())));
        List<String> texts = texts(rows);
        List<SchemaAnswer> all = extractor.extract(texts, schema, asked(options), progress);
        List<Object> answers = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            AnswerForm.Places places = form.with(options).new Places(texts.get(i));
            answers.add(new SchemaJson(
                            options.flag(INCLUDE_CONFIDENCE.name())
                                    ? Optional.of(form.score()::apply)
                                    : Optional.empty(),
                            options.flag(INCLUDE_SPANS.name()) ? Optional.of(places::of) : Optional.empty())
                    .write(schema, all.get(i)));
        }
        return answers;
    }

    private static SchemaOptions asked(Fields options) {
        SchemaOptions asked = options.optionalText(OVERLAP_POLICY.name())
                .map(policy -> STANDARD.withOverlaps(OverlapPolicy.valueOf(policy.toUpperCase(Locale.ROOT))))
                .orElse(STANDARD)
                .withThreshold(options.number(THRESHOLD.name()));
        OptionalInt size = options.optionalWhole(CHUNK_SIZE.name());
        OptionalInt overlap = options.optionalWhole(CHUNK_OVERLAP.name());
        if (size.isEmpty() && overlap.isEmpty()) {
            return asked;
        }
        int words = size.orElse(WINDOWS.words());
        int shared = overlap.orElse(Math.min(WINDOWS.overlap(), words / WINDOW_LENGTHS_PER_OVERLAP));
        if (shared >= words) {
            throw new PipelineException("windows of " + words + " words cannot share " + shared + ": "
                    + CHUNK_OVERLAP.name() + " is below " + CHUNK_SIZE.name());
        }
        return asked.withWindows(words, shared);
    }
}
