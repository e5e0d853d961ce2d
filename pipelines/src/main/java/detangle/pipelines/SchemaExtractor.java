package detangle.pipelines;

import detangle.models.deberta.Checkpoint;
import detangle.models.gliner2.BoundaryHead;
import detangle.models.gliner2.Gliner2Config;
import detangle.models.gliner2.Gliner2Programs;
import detangle.models.gliner2.SpanHead;
import detangle.models.text.Tokenizer;
import detangle.models.weights.Weights;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaAnswer;
import detangle.pipelines.schema.SchemaOptions;
import detangle.runtime.ModelArtifact;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds entities, relations, structures and classes by a schema, with a GLiNER2 model (Zaratiana et al. 2025) of the
 * span or the boundary architecture on a DeBERTa encoder, in the layout of fastino/gliner2-base-v1. Any number of
 * threads may use one extractor.
 *
 * <pre>{@code
 * Schema schema = Schema.ofEntities("person", "city").and(RelationKind.of("lives in"));
 * extractor.extract("Ada lives in London", schema, SchemaOptions.DEFAULT)
 * }</pre>
 */
public final class SchemaExtractor implements Pipeline {
    private final Gliner2Config config;
    private final TextModel model;
    private final HeadPrograms programs;
    private final SchemaArchitecture architecture;

    private SchemaExtractor(Gliner2Config config, TextModel model, HeadPrograms programs) {
        this.config = config;
        this.model = model;
        this.programs = programs;
        this.architecture = switch (config.head()) {
            case SpanHead head -> new SpanArchitecture(head, programs);
            case BoundaryHead head -> new BoundaryArchitecture(head, programs);
        };
    }

    /**
     * Loads a folder with config.json, encoder_config/config.json, weights and a tokenizer on the best backend; see
     * {@link #load(Path, PipelineOptions)}.
     */
    public static SchemaExtractor load(Path folder) {
        return load(folder, PipelineOptions.DEFAULT);
    }

    /**
     * Loads a model as {@link #load(Path)} does, with options. {@link SchemaOptions} say how long texts are read.
     *
     * @throws detangle.models.deberta.ConfigException if the model is of another kind
     * @throws detangle.models.weights.WeightsException if its weights are not those of its configuration
     */
    public static SchemaExtractor load(Path folder, PipelineOptions options) {
        Gliner2Folder parts = Gliner2Folder.open(folder, options.adapter(), options.ignoreUnused());
        SessionOptions session = options.withoutAdapter().session();
        TextModel model = TextModel.of(
                Session.builder()
                        .config(parts.config().encoder())
                        .weights(parts.weights())
                        .options(session)
                        .head(Gliner2Programs.encoder(), Map.of())
                        .load(),
                parts.tokenizer(),
                options);
        try {
            HeadPrograms programs = HeadPrograms.load(
                    model, parts.weights(), Gliner2Programs.all(parts.config()), parts.parameters(), session);
            return new SchemaExtractor(parts.config(), model, programs);
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    /**
     * Puts a model into one file, which {@link #load} takes in a folder's place. An adapter is merged into its weights.
     *
     * @param options the options, of which adapter, weight type and unused tensors have an effect
     * @param output a file whose name ends in {@code .dtl}
     * @throws detangle.models.deberta.ConfigException if the model is of another kind
     * @throws detangle.models.weights.WeightsException if its weights are not those of its configuration
     */
    public static void compile(Path folder, PipelineOptions options, Path output) {
        Gliner2Folder parts = Gliner2Folder.open(folder, options.adapter(), options.ignoreUnused());
        try (Weights weights = parts.weights()) {
            Checkpoint.checkSizes(weights, parts.config().encoder());
            ModelArtifact.write(folder, "gliner2", weights, options.weightType(), output);
        }
    }

    /** Returns the answer for a text; see {@link #extract(List, Schema, SchemaOptions, ProgressListener)}. */
    public SchemaAnswer extract(String text, Schema schema, SchemaOptions options) {
        return extract(List.of(text), schema, options).getFirst();
    }

    /** Returns the answers for several texts. */
    public List<SchemaAnswer> extract(List<String> texts, Schema schema, SchemaOptions options) {
        return extract(texts, schema, options, done -> {});
    }

    /**
     * Returns the answer for each text. An empty text is read as a full stop, as GLiNER2 does.
     *
     * @param progress told how many texts and windows are done, after each batch
     * @throws detangle.pipelines.schema.SchemaException if a validator takes too long for a value, or the schema has a
     *     part that models of this architecture do not support
     */
    public List<SchemaAnswer> extract(
            List<String> texts, Schema schema, SchemaOptions options, ProgressListener progress) {
        return extract(texts, schema, options, progress, SchemaMerge::of);
    }

    /** Returns all entities that are found in any window of each text. Entities of overlapping windows may overlap. */
    List<List<Entity>> candidates(List<String> texts, Schema schema, SchemaOptions options, ProgressListener progress) {
        return extract(texts, schema, options, progress, SchemaMerge::candidates);
    }

    /** Merges the answers to the pieces of a text into one. */
    private interface Merge<T> {
        T of(SchemaMerge text, List<SchemaPiece> pieces, List<SchemaAnswer> answers);
    }

    private <T> List<T> extract(
            List<String> texts, Schema schema, SchemaOptions options, ProgressListener progress, Merge<T> merge) {
        architecture.check(schema, options);
        Map<String, int[]> known = new HashMap<>();
        SchemaPrompt prompt = SchemaPrompt.of(schema, word -> tokens(word, known));
        List<List<SchemaPiece>> pieces = new ArrayList<>();
        List<SchemaInput> inputs = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            int number = i;
            String text = texts.get(i);
            InputRow row = InputRow.alone(TextModel.name("text", i, texts.size()));
            List<SchemaInput> own = model.encoded(
                    text.length(),
                    () -> SchemaPiece.of(number, text, options).stream()
                            .map(piece -> input(piece, prompt, known))
                            .toList());
            own.forEach(input -> model.requireRoom(input.encoding(), row));
            pieces.add(own.stream().map(SchemaInput::piece).toList());
            inputs.addAll(own);
        }
        SchemaAnswer[] answers = new SchemaAnswer[inputs.size()];
        model.run(
                inputs.stream().map(SchemaInput::encoding).toList(),
                progress,
                (index, row) -> answers[index] = answer(inputs.get(index), prompt, row, options));
        List<T> all = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < texts.size(); i++) {
            int end = next + pieces.get(i).size();
            all.add(merge.of(
                    new SchemaMerge(schema, texts.get(i)),
                    pieces.get(i),
                    List.of(answers).subList(next, end)));
            next = end;
        }
        return all;
    }

    private SchemaInput input(SchemaPiece piece, SchemaPrompt prompt, Map<String, int[]> known) {
        List<String> words = new ArrayList<>(prompt.choices());
        piece.words().forEach(word -> words.add(word.lower()));
        PromptTokens ids = new PromptTokens();
        ids.add(prompt.ids());
        int[] starts = new int[words.size() + 1];
        for (int i = 0; i < words.size(); i++) {
            starts[i] = ids.size();
            ids.add(tokens(words.get(i), known));
        }
        starts[words.size()] = ids.size();
        return new SchemaInput(piece, ids.encoding(), starts);
    }

    private int[] tokens(String word, Map<String, int[]> known) {
        return known.computeIfAbsent(word, w -> GlinerFolder.tokens(model.tokenizer(), w));
    }

    private SchemaAnswer answer(SchemaInput input, SchemaPrompt prompt, Row row, SchemaOptions options) {
        if (prompt.groups().isEmpty()) {
            return SchemaAnswer.NOTHING;
        }
        float[][] tokens = row.floats(Gliner2Programs.TOKENS);
        return architecture.answer(input, prompt, tokens, words(input.starts(), tokens), options);
    }

    /**
     * Returns the states of words, pooled from those of their tokens. A word without tokens has the state of the token
     * behind it.
     */
    private float[][] words(int[] starts, float[][] tokens) {
        float[][] words = new float[starts.length - 1][];
        for (int i = 0; i < words.length; i++) {
            int first = Math.min(starts[i], tokens.length - 1);
            words[i] = States.pooled(tokens, first, Math.max(first + 1, starts[i + 1]), config.pooling());
        }
        return words;
    }

    @Override
    public Tokenizer tokenizer() {
        return model.tokenizer();
    }

    @Override
    public int maxLength() {
        return SchemaOptions.DEFAULT.windows().orElseThrow().words();
    }

    @Override
    public LengthUnit lengthUnit() {
        return LengthUnit.WORDS;
    }

    @Override
    public void close() {
        // The model ends first: its waiting calls need the other parts.
        model.close();
        programs.close();
    }
}
