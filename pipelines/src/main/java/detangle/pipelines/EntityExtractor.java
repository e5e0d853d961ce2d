package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.files.ModelFiles;
import detangle.models.gliner.BiLstm;
import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner.GlinerModel;
import detangle.models.gliner.LabelSource;
import detangle.models.gliner.Scoring;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.weights.Weights;
import detangle.pipelines.ExtractionWindows.Window;
import detangle.pipelines.RelationScorer.Related;
import detangle.pipelines.WordSpans.Found;
import detangle.runtime.GlinerArtifact;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Finds entities of any kind that is named, and relations between them, with a GLiNER model (Zaratiana et al. 2024) on
 * a DeBERTa encoder: one that scores spans or words, whose labels stand before the text or have an encoder of their
 * own. A text that is longer than the model takes is read in windows that overlap. Any number of threads may use one
 * extractor.
 *
 * <pre>{@code
 * extractor.extract("Ada lives in London", List.of("person", "city"), ExtractionOptions.DEFAULT)
 * }</pre>
 */
public final class EntityExtractor implements Pipeline {
    /** The number of windows whose words are scored at once. */
    private static final int SCORED_TOGETHER = 16;

    /** The most words times labels of windows that are scored at once, which bounds what is found in them. */
    private static final int WORDS_BY_LABELS = 1 << 16;

    /**
     * The most parts of texts and relations that may reach the threshold in a call of a shared model, such as a
     * server's.
     */
    private static final int MAX_PARTS_FOUND = 100_000;

    private final GlinerConfig config;
    private final TextModel model;
    private final ExtractionWindows windows;
    private final Optional<BiLstm> lstm;
    private final SecondPrograms programs;
    private final WordVectors.Scorer scorer;
    private final Optional<RelationScorer> relations;
    private final Optional<LabelVectors> labelVectors;
    private final Optional<CrossFuser> fuser;

    private EntityExtractor(
            GlinerFolder folder,
            TextModel model,
            Optional<BiLstm> lstm,
            SecondPrograms programs,
            Optional<LabelVectors> labelVectors,
            int maxWords) {
        this.config = folder.config();
        this.model = model;
        this.lstm = lstm;
        this.programs = programs;
        this.scorer = scorer(config, programs);
        this.relations = config.relations().map(r -> new RelationScorer(config, r, programs));
        this.labelVectors = labelVectors;
        this.fuser = config.fusion().map(f -> new CrossFuser(config, f, programs));
        this.windows = new ExtractionWindows(folder, maxWords);
    }

    /**
     * Loads a folder with gliner_config.json and weights on the best backend; see {@link #load(Path, PipelineOptions)}.
     */
    public static EntityExtractor load(Path folder) {
        return load(folder, PipelineOptions.DEFAULT);
    }

    /**
     * Loads a model as {@link #load(Path)} does, with options. Older folders lack a tokenizer and the configuration of
     * the encoder. These then come from the model that the folder names: from a folder of that name beside it, or from
     * the hub or its cache.
     *
     * @throws detangle.models.deberta.ConfigException if the model is of another kind
     * @throws PipelineException if the model that the folder names is not found
     */
    public static EntityExtractor load(Path folder, PipelineOptions options) {
        options.adapter().ifPresent(adapter -> {
            throw new PipelineException(adapter + ": adapters are not applied to GLiNER's models: leave it out");
        });
        GlinerFolder parts = GlinerFolder.open(folder, options.ignoreUnused());
        GlinerConfig config = parts.config();
        Weights weights = parts.weights();
        SessionOptions session = options.session();
        Map<String, Tensor> parameters;
        Optional<LabelVectors> labels;
        try {
            parameters = parameters(weights);
            labels = labelVectors(parts, parameters, options);
        } catch (RuntimeException | Error e) {
            parts.labels().ifPresent(inner -> inner.weights().close());
            weights.close();
            throw e;
        }
        TextModel model;
        try {
            model = TextModel.of(
                    Session.builder()
                            .config(config.encoder())
                            .weights(weights)
                            .options(session)
                            .head(GlinerModel.encoder(config), parameters)
                            .load(),
                    parts.tokenizer(),
                    options);
        } catch (RuntimeException | Error e) {
            labels.ifPresent(LabelVectors::close);
            throw e;
        }
        SecondPrograms programs = new SecondPrograms(weights, parameters, session);
        try {
            return weights.reading(() -> {
                Optional<BiLstm> lstm = config.lstm() ? Optional.of(new BiLstm(config, weights)) : Optional.empty();
                return new EntityExtractor(
                        parts,
                        model,
                        lstm,
                        programs,
                        labels,
                        options.maxLength().orElse(config.maxWords()));
            });
        } catch (RuntimeException | Error e) {
            labels.ifPresent(LabelVectors::close);
            programs.close();
            model.close();
            throw e;
        }
    }

    /**
     * Puts a model into one file, which {@link #load} takes in a folder's place. The tokenizer of labels that have an
     * encoder of their own goes with it.
     *
     * @param options the options, of which only the weight type has an effect
     * @param output a file whose name ends in {@code .dtl}
     * @throws detangle.models.deberta.ConfigException if the model is of another kind
     * @throws PipelineException if the tokenizer of labels is not found
     */
    public static void compile(Path folder, PipelineOptions options, Path output) {
        Optional<ModelFiles> labelModel = GlinerConfig.neededLabelsModel(folder)
                .map(name -> LabelModel.files(folder, name, GlinerFolder.LABELS_ENCODER));
        GlinerArtifact.write(folder, labelModel, output, options.weightType());
    }

    private static Optional<LabelVectors> labelVectors(
            GlinerFolder folder, Map<String, Tensor> parameters, PipelineOptions options) {
        return switch (folder.config().labels()) {
            case LabelSource.Prompt _ -> Optional.empty();
            case LabelSource.OwnEncoder own -> {
                // The encoder of labels reads labels, so a length for texts does not apply to it.
                PipelineOptions ofLabels = options.withoutMaxLength();
                Optional<TextModel> encoder = folder.labels()
                        .map(inner -> TextModel.of(
                                        Session.builder()
                                                .config(inner.config())
                                                .weights(inner.weights())
                                                .options(options.session())
                                                .head(GlinerModel.labels(folder.config()), parameters)
                                                .load(),
                                        inner.tokenizer(),
                                        ofLabels)
                                .cutting());
                yield Optional.of(new LabelVectors(folder.config(), own, encoder));
            }
        };
    }

    private static WordVectors.Scorer scorer(GlinerConfig config, SecondPrograms programs) {
        return switch (config.scoring()) {
            case Scoring.Spans _ -> new SpanScorer(config, programs);
            case Scoring.Tokens _ -> new TokenScorer(config, programs);
            case Scoring.RepresentedSpans _ ->
                new RepresentedSpanScorer(new TokenScorer(config, programs), new SpanScorer(config, programs));
        };
    }

    private static Map<String, Tensor> parameters(Weights weights) {
        return weights.names().stream()
                .filter(name -> weights.isReadable(name) && weights.isFloat(name))
                .collect(Collectors.toMap(Function.identity(), weights::get));
    }

    /**
     * Returns the entities of a text, in order; see {@link #extract(List, List, ExtractionOptions, ProgressListener)}.
     */
    public List<Entity> extract(String text, List<String> labels, ExtractionOptions options) {
        return extract(List.of(text), labels, options).getFirst();
    }

    /** Returns the entities of several texts. */
    public List<List<Entity>> extract(List<String> texts, List<String> labels, ExtractionOptions options) {
        return extract(texts, labels, options, done -> {});
    }

    /**
     * Returns the entities of each text, in order. A text of white space alone has none, and without labels there are
     * none.
     *
     * @param labels what is looked for, in words: {@code person}, {@code credit card number}
     * @param progress told how many windows are done, after each batch
     * @throws PipelineException if a label that stands before the text is empty
     */
    public List<List<Entity>> extract(
            List<String> texts, List<String> labels, ExtractionOptions options, ProgressListener progress) {
        List<ExtractionRequest> requests = texts.stream()
                .map(text -> ExtractionRequest.of(text, labels, options))
                .toList();
        return run(requests, progress).stream().map(Extraction::entities).toList();
    }

    /**
     * Returns the entities and relations of each request, in the order of the requests. Texts with different labels and
     * options share batches, and no text changes the answer to another one.
     *
     * @param progress told how many windows are done, after each batch
     * @throws PipelineException if a label is empty that stands before the text, or relations or probabilities of
     *     labels are asked for that the model does not find
     */
    public List<Extraction> run(List<ExtractionRequest> requests, ProgressListener progress) {
        return run(requests, progress, WindowAnswer::chosen);
    }

    /** Returns all candidates that reach the threshold in any window, also several for the same words. */
    List<List<Entity>> candidates(List<ExtractionRequest> requests, ProgressListener progress) {
        return run(requests, progress, WindowAnswer::candidates);
    }

    /** @param choice makes the answer to a text from the candidates of its windows */
    private <T> List<T> run(
            List<ExtractionRequest> requests,
            ProgressListener progress,
            BiFunction<ExtractionText, List<WindowAnswer>, T> choice) {
        Map<String, int[]> labelTokens = new HashMap<>();
        Set<String> allLabels = new LinkedHashSet<>();
        List<ExtractionText> texts = new ArrayList<>();
        for (ExtractionRequest request : requests) {
            if (request.options().classProbabilities() && config.scoring() instanceof Scoring.Tokens) {
                throw new PipelineException(config.encoder().file()
                        + ": span_mode is token_level: this model scores words, and tells no probabilities of the labels"
                        + " of an entity");
            }
            if (!request.relations().isEmpty() && relations.isEmpty()) {
                throw new PipelineException(config.encoder().file()
                        + ": relations_layer is not set: this model finds entities and no relations");
            }
            int characters = request.text().length();
            ExtractionText text = model.encoded(characters, () -> windows.text(request));
            text.labels().forEach(l -> labelTokens.computeIfAbsent(l, label -> labelTokens("a label", label)));
            text.relations().forEach(r -> labelTokens.computeIfAbsent(r, label -> labelTokens("a relation", label)));
            allLabels.addAll(text.labels());
            texts.add(text);
        }
        Map<String, float[]> vectors =
                labelVectors.map(known -> known.of(allLabels)).orElseGet(Map::of);
        List<Window> all = EncodedRows.of(
                        "text", texts.size(), progress, row -> windows(texts.get(row.index()), labelTokens, row))
                .encodings();
        List<WindowAnswer> answers = new ArrayList<>(Collections.nCopies(all.size(), WindowAnswer.NONE));
        List<Waiting> waiting = new ArrayList<>();
        int[] found = new int[1];
        model.run(all.stream().map(Window::encoding).toList(), progress, (index, row) -> {
            Window window = all.get(index);
            waiting.add(waiting(index, window, row, texts.get(window.text()), vectors));
            if (waiting.size() == SCORED_TOGETHER || isEnough(waiting)) {
                found[0] += answer(waiting, all, texts, answers);
                requireFew(found[0]);
            }
        });
        requireFew(found[0] + answer(waiting, all, texts, answers));
        List<List<WindowAnswer>> ofTexts = new ArrayList<>();
        texts.forEach(text -> ofTexts.add(new ArrayList<>()));
        for (int i = 0; i < all.size(); i++) {
            Window window = all.get(i);
            ofTexts.get(window.text()).add(answers.get(i).at(window.firstWord()));
        }
        List<T> results = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            results.add(choice.apply(texts.get(i), ofTexts.get(i)));
        }
        return results;
    }

    private List<Window> windows(ExtractionText text, Map<String, int[]> labelTokens, InputRow row) {
        int characters = text.request().text().length();
        List<Window> all = model.encoded(characters, () -> windows.of(row.index(), text, labelTokens));
        all.forEach(window -> model.requireRoom(window.encoding(), row));
        return all;
    }

    private static boolean isEnough(List<Waiting> waiting) {
        long numbers = waiting.stream()
                .mapToLong(one ->
                        (long) one.vectors().words().length * one.vectors().labels().length)
                .sum();
        return numbers >= WORDS_BY_LABELS;
    }

    /**
     * Throws a {@link PipelineException} if a call of a shared model finds so much that its answer would have no bound.
     */
    private void requireFew(int found) {
        if (model.isShared() && found > MAX_PARTS_FOUND) {
            throw new PipelineException("more than " + MAX_PARTS_FOUND
                    + " parts of the texts reach the threshold: raise it, name fewer labels, or send less at once");
        }
    }

    /** A window whose states have been computed and which is not scored yet. */
    private record Waiting(int index, WordVectors vectors, float[][] relations) {}

    /** Scores the waiting windows, and returns how much they hold. */
    private int answer(
            List<Waiting> waiting, List<Window> all, List<ExtractionText> texts, List<WindowAnswer> answers) {
        if (waiting.isEmpty()) {
            return 0;
        }
        int count = 0;
        Encoding first = all.get(waiting.getFirst().index()).encoding();
        List<WordVectors> vectors = waiting.stream().map(Waiting::vectors).toList();
        List<List<Found>> found = model.reading(
                first,
                () -> model.inTurn(
                        () -> scorer.found(fuser.map(f -> f.fused(vectors)).orElse(vectors))));
        for (int i = 0; i < found.size(); i++) {
            Waiting one = waiting.get(i);
            Window window = all.get(one.index());
            ExtractionOptions options = texts.get(window.text()).options();
            List<Found> own = found.get(i);
            List<Related> related = relations
                    .map(r -> model.reading(
                            window.encoding(),
                            () -> model.inTurn(() -> r.related(one.vectors(), one.relations(), own, options))))
                    .orElseGet(List::of);
            answers.set(one.index(), new WindowAnswer(own, related));
            count += own.size() + related.size();
        }
        waiting.clear();
        return count;
    }

    /** Returns whether the model finds relations between entities. */
    public boolean findsRelations() {
        return relations.isPresent();
    }

    /**
     * Returns the vectors of labels of a bi-encoder, each {@code hidden_size} numbers: what {@link #giveLabelVectors}
     * takes. They are computed once and kept.
     *
     * @throws PipelineException if the model has no encoder of labels, or has one of a kind that is not supported
     */
    public Map<String, float[]> labelVectors(List<String> labels) {
        labels.forEach(InputRow.alone("a label")::requireText);
        return ofLabels().of(new LinkedHashSet<>(labels));
    }

    /**
     * Gives vectors of labels to a bi-encoder, which are used instead of those that its encoder of labels computes. A
     * model whose encoder of labels is of a kind that is not supported finds these labels.
     *
     * @param vectors by label, {@code hidden_size} numbers each: the mean of the projected states of the label's tokens
     * @throws PipelineException if the model has no encoder of labels, or a vector is of another length or not finite
     */
    public void giveLabelVectors(Map<String, float[]> vectors) {
        ofLabels().give(vectors);
    }

    private LabelVectors ofLabels() {
        return labelVectors.orElseThrow(() -> new PipelineException(
                config.encoder().file() + ": labels_encoder is not set: labels of this model stand before the text"));
    }

    /**
     * Returns the tokens of a label or a relation. In a prompt, a blank label is refused, because the original then
     * takes the first word of the text for the label (gliner/data_processing/utils.py:95-179).
     */
    private int[] labelTokens(String what, String label) {
        int[] tokens = windows.tokens(label);
        if (config.labels() instanceof LabelSource.Prompt) {
            InputRow row = InputRow.alone(what);
            row.requireText(label);
            if (tokens.length == 0) {
                throw row.unanswerable("has no characters that the tokenizer knows");
            }
        }
        return tokens;
    }

    private Waiting waiting(int index, Window window, Row row, ExtractionText text, Map<String, float[]> labelVectors) {
        float[][] words = lstm.map(l -> l.run(new float[][][] {
                    row.floats(GlinerModel.GATES.get(0), window.wordTokens()),
                    row.floats(GlinerModel.GATES.get(1), window.wordTokens())
                }))
                .orElseGet(() -> row.floats(GlinerModel.STATES, window.wordTokens()));
        float[][] labels = switch (config.labels()) {
            case LabelSource.Prompt _ -> row.floats(GlinerModel.STATES, window.labelTokens());
            case LabelSource.OwnEncoder _ ->
                text.labels().stream().map(labelVectors::get).toArray(float[][]::new);
        };
        WordVectors vectors = new WordVectors(
                words,
                labels,
                text.options().threshold(),
                text.request().spans().map(spans -> text.ranges(spans, window.firstWord())));
        return new Waiting(index, vectors, row.floats(GlinerModel.STATES, window.relationTokens()));
    }

    @Override
    public Tokenizer tokenizer() {
        return model.tokenizer();
    }

    @Override
    public int maxLength() {
        return windows.maxWords();
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
        labelVectors.ifPresent(LabelVectors::close);
    }
}
