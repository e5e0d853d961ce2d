package detangle.pipelines;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.Checkpoint;
import detangle.models.gliner2.Gliner2Config;
import detangle.models.gliner2.SpanPrograms;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.weights.Weights;
import detangle.pipelines.SchemaDecoder.Scored;
import detangle.pipelines.SchemaPrompt.Group;
import detangle.pipelines.schema.ClassificationTask;
import detangle.pipelines.schema.Entities;
import detangle.pipelines.schema.EntityMention;
import detangle.pipelines.schema.Instances;
import detangle.pipelines.schema.RelationKind;
import detangle.pipelines.schema.RelationMention;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaAnswer;
import detangle.pipelines.schema.SchemaOptions;
import detangle.pipelines.schema.ScoredLabel;
import detangle.pipelines.schema.Structure;
import detangle.runtime.CompiledProgram;
import detangle.runtime.ModelArtifact;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Finds entities, relations, structures and classes by a schema, with a GLiNER2 model (Zaratiana et al. 2025) of the span architecture on
 * a DeBERTa encoder, in the layout of fastino/gliner2-base-v1. Any number of threads may use one.
 *
 * <pre>{@code
 * Schema schema = Schema.ofEntities("person", "city").and(RelationKind.of("lives in"));
 * extractor.extract("Ada lives in London", schema, SchemaOptions.DEFAULT)
 * }</pre>
 */
public final class SchemaExtractor implements Pipeline {
    private final Gliner2Config config;
    private final TextModel model;
    private final Weights weights;
    private final Map<String, CompiledProgram> programs;

    private SchemaExtractor(Gliner2Folder folder, TextModel model, Map<String, CompiledProgram> programs) {
        this.config = folder.config();
        this.model = model;
        this.weights = folder.weights();
        this.programs = programs;
    }

    /** Loads a folder with config.json, encoder_config/config.json, weights and a tokenizer, on the best backend there is. */
    public static SchemaExtractor load(Path folder) {
        return load(folder, PipelineOptions.DEFAULT);
    }

    /**
     * Loads as {@link #load(Path)}, as the options say. {@link SchemaOptions} say how long texts are read.
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
                        .head(SpanPrograms.encoder(), Map.of())
                        .load(),
                parts.tokenizer(),
                options);
        Map<String, CompiledProgram> programs = new HashMap<>();
        try {
            return parts.weights().reading(() -> {
                for (Program program : SpanPrograms.all(parts.config())) {
                    programs.put(program.name(), CompiledProgram.load(program, parts.parameters(), session));
                }
                return new SchemaExtractor(parts, model, programs);
            });
        } catch (RuntimeException | Error e) {
            programs.values().forEach(CompiledProgram::close);
            model.close();
            throw e;
        }
    }

    /**
     * Puts a model into one file, which {@link #load} takes in a folder's place. An adapter is merged into its weights.
     *
     * @param options of which adapter, weight type and unused tensors are heeded
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

    /** What a text holds; see {@link #extract(List, Schema, SchemaOptions, ProgressListener)}. */
    public SchemaAnswer extract(String text, Schema schema, SchemaOptions options) {
        return extract(List.of(text), schema, options).getFirst();
    }

    /** What each of several texts holds. */
    public List<SchemaAnswer> extract(List<String> texts, Schema schema, SchemaOptions options) {
        return extract(texts, schema, options, done -> {});
    }

    /**
     * What each text holds. An empty text is read as a full stop, as GLiNER2 reads it.
     *
     * @param progress told how many texts and windows are done, after each batch
     * @throws detangle.pipelines.schema.SchemaException if a validator takes too long for a value
     */
    public List<SchemaAnswer> extract(
            List<String> texts, Schema schema, SchemaOptions options, ProgressListener progress) {
        Map<String, int[]> known = new HashMap<>();
        SchemaPrompt prompt = SchemaPrompt.of(schema, word -> tokens(word, known));
        List<List<SchemaPiece>> pieces = new ArrayList<>();
        List<Input> inputs = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            int number = i;
            String text = texts.get(i);
            InputRow row = InputRow.alone(TextModel.name("text", i, texts.size()));
            List<Input> own = model.encoded(
                    text.length(),
                    () -> SchemaPiece.of(number, text, options).stream()
                            .map(piece -> input(piece, prompt, known))
                            .toList());
            own.forEach(input -> model.requireRoom(input.encoding(), row));
            pieces.add(own.stream().map(Input::piece).toList());
            inputs.addAll(own);
        }
        SchemaAnswer[] answers = new SchemaAnswer[inputs.size()];
        model.run(
                inputs.stream().map(Input::encoding).toList(),
                progress,
                (index, row) -> answers[index] = answer(inputs.get(index), prompt, row, options));
        List<SchemaAnswer> all = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < texts.size(); i++) {
            int end = next + pieces.get(i).size();
            all.add(new SchemaMerge(schema, texts.get(i))
                    .of(pieces.get(i), List.of(answers).subList(next, end)));
            next = end;
        }
        return all;
    }

    /**
     * A piece as the model reads it.
     *
     * @param starts where the tokens of each word begin, choices before the text included, and where those of the last end
     */
    private record Input(SchemaPiece piece, Encoding encoding, int[] starts) {}

    private Input input(SchemaPiece piece, SchemaPrompt prompt, Map<String, int[]> known) {
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
        return new Input(piece, ids.encoding(), starts);
    }

    private int[] tokens(String word, Map<String, int[]> known) {
        return known.computeIfAbsent(word, w -> GlinerFolder.tokens(model.tokenizer(), w));
    }

    private SchemaAnswer answer(Input input, SchemaPrompt prompt, Row row, SchemaOptions options) {
        float[][] tokens = row.floats(SpanPrograms.TOKENS);
        SequencedMap<String, Instances> structures = new LinkedHashMap<>();
        SequencedMap<String, List<EntityMention>> entities = new LinkedHashMap<>();
        SequencedMap<String, List<RelationMention>> relations = new LinkedHashMap<>();
        SequencedMap<String, List<ScoredLabel>> classifications = new LinkedHashMap<>();
        SpanGrid grid = new SpanGrid(input.starts().length - 1, config.maxWidth());
        SchemaDecoder decoder = new SchemaDecoder(input.piece(), prompt.choices(), grid, options.threshold());
        for (Scored scored : scored(input, prompt, tokens, grid)) {
            boolean any = scored.instances() > 0;
            switch (scored.group().part()) {
                case Structure s ->
                    structures.put(s.name(), any ? decoder.structures(scored, s) : new Instances(false, List.of()));
                case Entities e -> entities.putAll(any ? decoder.entities(scored, e) : new LinkedHashMap<>());
                case RelationKind r -> relations.put(r.name(), any ? decoder.relations(scored, r) : List.of());
                case ClassificationTask c ->
                    classifications.put(
                            c.task(),
                            SchemaDecoder.classes(
                                    c,
                                    classes(States.picked(tokens, scored.group().marks()))));
            }
        }
        return new SchemaAnswer(structures, entities, relations, classifications);
    }

    /** All groups; of those of spans, the instances that the model expects, whose spans the grid then scores. */
    private List<Scored> scored(Input input, SchemaPrompt prompt, float[][] tokens, SpanGrid grid) {
        int[] counts = counts(prompt.groups(), tokens);
        List<Scored> all = new ArrayList<>();
        List<float[]> vectors = new ArrayList<>();
        for (int i = 0; i < counts.length; i++) {
            Group group = prompt.groups().get(i);
            all.add(new Scored(group, vectors.size(), counts[i]));
            if (counts[i] > 0) {
                vectors.addAll(instances(States.picked(tokens, group.marks()), counts[i]));
            }
        }
        if (!vectors.isEmpty()) {
            requireFew((long) vectors.size() * grid.spans(), vectors.size());
            Tensor scores = run(
                    SpanPrograms.SPANS,
                    Map.of(
                            SpanPrograms.WORDS, States.tensor(words(input.starts(), tokens)),
                            SpanPrograms.STARTS, Tensor.of(grid.starts(), grid.spans()),
                            SpanPrograms.ENDS, Tensor.of(grid.ends(), grid.spans()),
                            SpanPrograms.VECTORS, States.tensor(vectors.toArray(float[][]::new))),
                    SpanPrograms.SCORES);
            grid.set(Row.finite(scores.toFloats()), vectors.size());
        }
        return all;
    }

    /** Refuses what a stranger asks that takes memory of any size. */
    private void requireFew(long scores, int fields) {
        if (model.isShared() && scores > Groups.MOST_NUMBERS) {
            throw new PipelineException("the schema's fields make " + fields + " questions to each span of a text, "
                    + scores + " scores together, and at most " + Groups.MOST_NUMBERS
                    + " are computed at once: name fewer fields, or let texts be read in shorter windows");
        }
    }

    /** How many instances of each group there are; none of a classification. */
    private int[] counts(List<Group> groups, float[][] tokens) {
        int[] marks = groups.stream().mapToInt(Group::mark).toArray();
        float[][] logits = States.rows(run(
                SpanPrograms.COUNTS_OF_GROUPS,
                Map.of(SpanPrograms.MARKS, States.tensor(States.picked(tokens, marks))),
                SpanPrograms.LOGITS));
        int[] counts = new int[marks.length];
        for (int i = 0; i < counts.length; i++) {
            if (!(groups.get(i).part() instanceof ClassificationTask)) {
                counts[i] = States.greatest(logits[i]);
            }
        }
        return counts;
    }

    private double[] classes(float[][] labels) {
        float[][] logits = States.rows(
                run(SpanPrograms.CLASSES, Map.of(SpanPrograms.MARKS, States.tensor(labels)), SpanPrograms.LOGITS));
        double[] all = new double[logits.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = Row.finite(logits[i][0]);
        }
        return all;
    }

    /** Vectors of the fields of each instance: a GRU goes over instances from the fields' states. */
    private List<float[]> instances(float[][] fields, int count) {
        Tensor state = States.tensor(fields);
        List<float[]> states = new ArrayList<>();
        List<float[]> repeated = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            state = run(
                    SpanPrograms.STEP,
                    Map.of(SpanPrograms.STATES, state, SpanPrograms.POSITION, Tensor.of(new long[] {i}, 1)),
                    SpanPrograms.NEXT);
            states.addAll(List.of(States.rows(state)));
            repeated.addAll(List.of(fields));
        }
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put(SpanPrograms.STATES, States.tensor(states.toArray(float[][]::new), count));
        if (config.counting().readsFields()) {
            inputs.put(SpanPrograms.FIELDS, States.tensor(repeated.toArray(float[][]::new), count));
        }
        return List.of(States.rows(run(SpanPrograms.INSTANCES, inputs, SpanPrograms.VECTORS)));
    }

    private Tensor run(String program, Map<String, Tensor> inputs, String output) {
        return model.inTurn(() -> weights.reading(() -> programs.get(program).run(inputs)))
                .get(output);
    }

    /** The states of words, of those of their tokens. A word without tokens has the state of the token behind it. */
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
        return model.maxLength();
    }

    @Override
    public void close() {
        // First what waits, which needs the rest.
        model.close();
        programs.values().forEach(CompiledProgram::close);
    }
}
