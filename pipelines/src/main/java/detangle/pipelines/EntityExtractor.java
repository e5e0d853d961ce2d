package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.gliner.BiLstm;
import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner.GlinerModel;
import detangle.models.gliner.LabelSource;
import detangle.models.gliner.Scoring;
import detangle.models.text.Encoding;
import detangle.models.weights.Weights;
import detangle.pipelines.GlinerFolder.Marks;
import detangle.pipelines.RelationScorer.Related;
import detangle.pipelines.WordSpans.Found;
import detangle.pipelines.WordSpans.Word;
import detangle.pipelines.WordVectors.WordRange;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * Finds entities of any kind that is named, and relations between them, with a GLiNER model (Zaratiana et al. 2024) on a
 * DeBERTa encoder: one that scores spans or words, whose labels stand before the text or have an encoder of their own. A
 * text that is longer than the model takes is read in windows that overlap. Any number of threads may use one.
 *
 * <pre>{@code
 * extractor.extract("Ada lives in London", List.of("person", "city"), ExtractionOptions.DEFAULT)
 * }</pre>
 */
public final class EntityExtractor implements Pipeline {
    /** So many windows wait for each other, so that their words are scored at once. */
    private static final int SCORED_TOGETHER = 16;

    private final GlinerConfig config;
    private final TextModel model;
    private final Optional<BiLstm> lstm;
    private final WordVectors.Scorer scorer;
    private final Optional<RelationScorer> relations;
    private final Optional<Marks> marks;
    private final Optional<LabelVectors> labelVectors;
    private final Optional<CrossFuser> fuser;
    private final int maxWords;

    private EntityExtractor(
            GlinerFolder folder,
            TextModel model,
            Optional<BiLstm> lstm,
            WordVectors.Scorer scorer,
            Optional<RelationScorer> relations,
            Optional<LabelVectors> labelVectors,
            Optional<CrossFuser> fuser,
            int maxWords) {
        this.config = folder.config();
        this.model = model;
        this.lstm = lstm;
        this.scorer = scorer;
        this.relations = relations;
        this.marks = folder.marks();
        this.labelVectors = labelVectors;
        this.fuser = fuser;
        this.maxWords = maxWords;
    }

    /** Loads a folder with gliner_config.json and weights, on the best backend there is. */
    public static EntityExtractor load(Path folder) {
        return load(folder, PipelineOptions.DEFAULT);
    }

    /**
     * As {@link #load(Path)}, as the options say. Tokenizer and encoder configuration that the folder lacks, as older
     * ones do, are those of the model that it names: of a folder of that name beside it, or from the hub or its cache.
     *
     * @throws detangle.models.deberta.ConfigException if the model is of another kind
     * @throws PipelineException if the model that it names cannot be had
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
        try {
            return weights.reading(() -> {
                Optional<BiLstm> lstm = config.lstm() ? Optional.of(new BiLstm(config, weights)) : Optional.empty();
                return new EntityExtractor(
                        parts,
                        model,
                        lstm,
                        scorer(config, weights, parameters, session),
                        config.relations().map(r -> new RelationScorer(config, r, weights, parameters, session)),
                        labels,
                        config.fusion().map(f -> new CrossFuser(config, f, weights, parameters, session)),
                        options.maxLength().orElse(config.maxWords()));
            });
        } catch (RuntimeException | Error e) {
            labels.ifPresent(LabelVectors::close);
            model.close();
            throw e;
        }
    }

    private static Optional<LabelVectors> labelVectors(
            GlinerFolder folder, Map<String, Tensor> parameters, PipelineOptions options) {
        return switch (folder.config().labels()) {
            case LabelSource.Prompt _ -> Optional.empty();
            case LabelSource.OwnEncoder own -> {
                // Its lengths are those of labels.
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

    private static WordVectors.Scorer scorer(
            GlinerConfig config, Weights weights, Map<String, Tensor> parameters, SessionOptions session) {
        return switch (config.scoring()) {
            case Scoring.Spans _ -> new SpanScorer(config, weights, parameters, session);
            case Scoring.Tokens _ -> new TokenScorer(config, weights, parameters, session);
            case Scoring.RepresentedSpans _ ->
                new RepresentedSpanScorer(
                        new TokenScorer(config, weights, parameters, session),
                        new SpanScorer(config, weights, parameters, session));
        };
    }

    private static Map<String, Tensor> parameters(Weights weights) {
        return weights.names().stream()
                .filter(name -> weights.isReadable(name) && weights.isFloat(name))
                .collect(Collectors.toMap(Function.identity(), weights::get));
    }

    /** The entities of a text, in order; see {@link #extract(List, List, ExtractionOptions, ProgressListener)}. */
    public List<Entity> extract(String text, List<String> labels, ExtractionOptions options) {
        return extract(List.of(text), labels, options).getFirst();
    }

    /** The entities of several texts. */
    public List<List<Entity>> extract(List<String> texts, List<String> labels, ExtractionOptions options) {
        return extract(texts, labels, options, done -> {});
    }

    /**
     * The entities of each text, in order. A text of white space alone has none.
     *
     * @param labels what is looked for, in words: {@code person}, {@code credit card number}
     * @param progress told how many windows are done, after each batch
     * @throws PipelineException if a label is empty, or there are no labels
     */
    public List<List<Entity>> extract(
            List<String> texts, List<String> labels, ExtractionOptions options, ProgressListener progress) {
        if (labels.isEmpty()) {
            throw new PipelineException("there are no labels to look for");
        }
        List<ExtractionRequest> requests = texts.stream()
                .map(text -> ExtractionRequest.of(text, labels, options))
                .toList();
        return run(requests, progress).stream().map(Extraction::entities).toList();
    }

    /**
     * What each text holds of what is looked for in it, in the order of the requests. Texts with different labels and
     * options share batches, and no text changes the answer to another one.
     *
     * @param progress told how many windows are done, after each batch
     * @throws PipelineException if a label is empty, or relations are asked for that the model does not find
     */
    public List<Extraction> run(List<ExtractionRequest> requests, ProgressListener progress) {
        Map<String, int[]> labelTokens = new HashMap<>();
        Set<String> allLabels = new LinkedHashSet<>();
        List<Text> texts = new ArrayList<>();
        for (ExtractionRequest request : requests) {
            List<String> labels = request.labels().stream().distinct().toList();
            List<String> asked = request.relations().stream().distinct().toList();
            if (!asked.isEmpty() && relations.isEmpty()) {
                throw new PipelineException(config.encoder().file()
                        + ": relations_layer is not set: this model finds entities and no relations");
            }
            labels.forEach(label -> labelTokens.computeIfAbsent(label, l -> labelTokens("a label", l)));
            allLabels.addAll(labels);
            asked.forEach(relation -> labelTokens.computeIfAbsent(relation, r -> labelTokens("a relation", r)));
            texts.add(new Text(request, labels, asked, labels.isEmpty() ? List.of() : words(request.text())));
        }
        Map<String, float[]> vectors =
                labelVectors.map(known -> known.of(allLabels)).orElseGet(Map::of);
        EncodedRows<Window> rows = EncodedRows.of(
                "text", texts.size(), progress, row -> windows(row.index(), texts.get(row.index()), labelTokens));
        List<Window> windows = rows.encodings();
        List<Answer> answers = new ArrayList<>(Collections.nCopies(windows.size(), Answer.NONE));
        List<Waiting> waiting = new ArrayList<>();
        model.run(windows.stream().map(Window::encoding).toList(), progress, (index, row) -> {
            Window window = windows.get(index);
            waiting.add(waiting(index, window, row, texts.get(window.text()), vectors));
            if (waiting.size() == SCORED_TOGETHER) {
                answer(waiting, windows, texts, answers);
            }
        });
        answer(waiting, windows, texts, answers);
        List<List<Answer>> ofTexts = new ArrayList<>();
        texts.forEach(text -> ofTexts.add(new ArrayList<>()));
        for (int i = 0; i < windows.size(); i++) {
            ofTexts.get(windows.get(i).text())
                    .add(answers.get(i).at(windows.get(i).firstWord()));
        }
        List<Extraction> results = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            results.add(extraction(texts.get(i), ofTexts.get(i)));
        }
        return results;
    }

    /** A window whose states are computed and that is not scored yet. */
    private record Waiting(int index, WordVectors vectors, float[][] relations) {}

    /** What was found in a window, by its words, or by those of its text. */
    private record Answer(List<Found> found, List<Related> related) {
        static final Answer NONE = new Answer(List.of(), List.of());

        Answer at(int firstWord) {
            return new Answer(
                    found.stream()
                            .map(f -> new Found(firstWord + f.first(), firstWord + f.last(), f.label(), f.score()))
                            .toList(),
                    related.stream()
                            .map(r -> new Related(
                                    r.head().after(firstWord), r.tail().after(firstWord), r.relation(), r.score()))
                            .toList());
        }
    }

    private void answer(List<Waiting> waiting, List<Window> windows, List<Text> texts, List<Answer> answers) {
        if (waiting.isEmpty()) {
            return;
        }
        Encoding first = windows.get(waiting.getFirst().index()).encoding();
        List<WordVectors> vectors = waiting.stream().map(Waiting::vectors).toList();
        List<List<Found>> found = model.reading(
                first, () -> scorer.found(fuser.map(f -> f.fused(vectors)).orElse(vectors)));
        for (int i = 0; i < found.size(); i++) {
            Waiting one = waiting.get(i);
            Window window = windows.get(one.index());
            ExtractionOptions options = texts.get(window.text()).request().options();
            List<Found> own = found.get(i);
            List<Related> related = relations
                    .map(r -> model.reading(
                            window.encoding(), () -> r.related(one.vectors(), one.relations(), own, options)))
                    .orElseGet(List::of);
            answers.set(one.index(), new Answer(own, related));
        }
        waiting.clear();
    }

    /** Whether the model finds relations between entities. */
    public boolean findsRelations() {
        return relations.isPresent();
    }

    /**
     * The vectors of labels of a bi-encoder, each {@code hidden_size} numbers: what {@link #giveLabelVectors} takes.
     * They are computed once and kept.
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

    private int[] labelTokens(String what, String label) {
        InputRow.alone(what).requireText(label);
        return tokens(label);
    }

    /**
     * A text with the words that have tokens; a word of which the tokenizer leaves nothing is not a part of an entity.
     *
     * @param labels each once
     * @param relations each once
     */
    private record Text(ExtractionRequest request, List<String> labels, List<String> relations, List<Word> words) {}

    private List<Word> words(String text) {
        return WordSpans.words(text).stream()
                .filter(word -> tokens(word.text()).length > 0)
                .toList();
    }

    private static Extraction extraction(Text text, List<Answer> windows) {
        ExtractionOptions options = text.request().options();
        boolean overlap = windows.size() > 1;
        List<Found> all = windows.stream().flatMap(w -> w.found().stream()).toList();
        List<Found> chosen = WordSpans.chosen(overlap ? once(all, EntityExtractor::key, Found::score) : all, options);
        List<Entity> entities = chosen.stream().map(f -> entity(text, f)).toList();
        List<Related> related =
                windows.stream().flatMap(w -> w.related().stream()).toList();
        List<Entity> merged = options.mergeAdjacent()
                ? WordSpans.merged(entities, text.request().text())
                : entities;
        List<Relation> relations = new ArrayList<>();
        for (Related r : overlap ? once(related, EntityExtractor::key, Related::score) : related) {
            Optional<Entity> head = at(r.head(), chosen, entities);
            Optional<Entity> tail = at(r.tail(), chosen, entities);
            if (head.isPresent() && tail.isPresent()) {
                relations.add(new Relation(
                        text.relations().get(r.relation()),
                        r.score(),
                        WordSpans.holding(merged, head.get()),
                        WordSpans.holding(merged, tail.get())));
            }
        }
        return new Extraction(merged, relations);
    }

    private static Entity entity(Text text, Found found) {
        int start = text.words().get(found.first()).start();
        int end = text.words().get(found.last()).end();
        String word = text.request().text().substring(start, end);
        return new Entity(text.labels().get(found.label()), found.score(), word, start, end);
    }

    /** The first entity of these words. */
    private static Optional<Entity> at(WordRange words, List<Found> chosen, List<Entity> entities) {
        for (int i = 0; i < chosen.size(); i++) {
            if (chosen.get(i).first() == words.first() && chosen.get(i).last() == words.last()) {
                return Optional.of(entities.get(i));
            }
        }
        return Optional.empty();
    }

    private static List<Integer> key(Found f) {
        return List.of(f.first(), f.last(), f.label());
    }

    private static List<Integer> key(Related r) {
        return List.of(
                r.head().first(), r.head().last(), r.tail().first(), r.tail().last(), r.relation());
    }

    /** Windows overlap: what two of them found is one. */
    private static <T> List<T> once(List<T> all, Function<T, List<Integer>> key, ToDoubleFunction<T> score) {
        return List.copyOf(all.stream()
                .collect(Collectors.toMap(
                        key,
                        one -> one,
                        (a, b) -> score.applyAsDouble(a) >= score.applyAsDouble(b) ? a : b,
                        LinkedHashMap::new))
                .values());
    }

    /**
     * Labels and words as the model reads them: {@code [CLS] <<ENT>> label <<ENT>> label <<SEP>> words [SEP]}, or, if
     * it finds relations, {@code [CLS] <<ENT>> label <<SEP>> <<REL>> relation <<SEP>> words [SEP]}.
     *
     * @param text its number
     * @param firstWord the number in the text of the first word
     * @param labelTokens where the state of each label stands
     * @param relationTokens where the state of each relation stands
     * @param wordTokens where each word begins
     */
    private record Window(
            Encoding encoding, int text, int firstWord, int[] labelTokens, int[] relationTokens, int[] wordTokens) {}

    private List<Window> windows(int number, Text text, Map<String, int[]> labelTokens) {
        List<Word> words = text.words();
        int length = Math.min(maxWords, words.size());
        // An entity that one window cuts is whole in the next.
        int overlap = Math.min(maxWords / 2, Math.max(config.maxWidth(), maxWords / 4));
        Map<String, int[]> known = new HashMap<>();
        List<Window> windows = new ArrayList<>();
        for (int first = 0; first < words.size(); first += length - overlap) {
            List<Word> part = words.subList(first, Math.min(words.size(), first + length));
            windows.add(window(number, first, text, part, labelTokens, known));
            if (first + length >= words.size() || text.request().options().longTexts() == LongTexts.CUT) {
                break;
            }
        }
        return windows;
    }

    private Window window(
            int number,
            int first,
            Text text,
            List<Word> words,
            Map<String, int[]> labelTokens,
            Map<String, int[]> known) {
        int[] frame = model.tokenizer().encode("").ids();
        Ids ids = new Ids();
        ids.add(frame[0]);
        int[] labels = new int[0];
        int[] relations = new int[0];
        switch (config.labels()) {
            case LabelSource.Prompt prompt -> {
                Marks tokens = marks.orElseThrow();
                labels = ids.addMarked(tokens.ent(), prompt(text.labels(), labelTokens), prompt.embedEntToken());
                ids.add(tokens.sep());
                if (prompt.relations().isPresent()) {
                    boolean atMark = prompt.relations().get().embedRelToken();
                    relations =
                            ids.addMarked(tokens.rel().orElseThrow(), prompt(text.relations(), labelTokens), atMark);
                    ids.add(tokens.sep());
                }
            }
            case LabelSource.OwnEncoder _ -> {}
        }
        int[] wordTokens = new int[words.size()];
        for (int word = 0; word < wordTokens.length; word++) {
            wordTokens[word] = ids.size();
            ids.add(known.computeIfAbsent(words.get(word).text(), this::tokens));
        }
        ids.add(frame[frame.length - 1]);
        return new Window(ids.encoding(), number, first, labels, relations, wordTokens);
    }

    private static List<int[]> prompt(List<String> labels, Map<String, int[]> labelTokens) {
        return labels.stream().map(labelTokens::get).toList();
    }

    private int[] tokens(String word) {
        return GlinerFolder.tokens(model.tokenizer(), word);
    }

    private Waiting waiting(int index, Window window, Row row, Text text, Map<String, float[]> labelVectors) {
        float[][] states = row.floats(GlinerModel.STATES);
        float[][] words = lstm.map(l -> l.run(new float[][][] {
                    picked(row.floats(GlinerModel.GATES.get(0)), window.wordTokens()),
                    picked(row.floats(GlinerModel.GATES.get(1)), window.wordTokens())
                }))
                .orElseGet(() -> picked(states, window.wordTokens()));
        float[][] labels = switch (config.labels()) {
            case LabelSource.Prompt _ -> picked(states, window.labelTokens());
            case LabelSource.OwnEncoder _ ->
                text.labels().stream().map(labelVectors::get).toArray(float[][]::new);
        };
        WordVectors vectors = new WordVectors(
                words,
                labels,
                text.request().options().threshold(),
                text.request().spans().map(spans -> ranges(spans, text.words(), window.firstWord())));
        return new Waiting(index, vectors, picked(states, window.relationTokens()));
    }

    /** Parts of a text as words of a window; those that do not begin and end with words are left out. */
    private static Set<WordRange> ranges(List<TextSpan> spans, List<Word> words, int firstWord) {
        Map<Integer, Integer> starts = new HashMap<>();
        Map<Integer, Integer> ends = new HashMap<>();
        for (int i = 0; i < words.size(); i++) {
            starts.put(words.get(i).start(), i - firstWord);
            ends.put(words.get(i).end(), i - firstWord);
        }
        return spans.stream()
                .filter(span -> starts.containsKey(span.start()) && ends.containsKey(span.end()))
                .map(span -> new WordRange(starts.get(span.start()), ends.get(span.end())))
                .collect(Collectors.toSet());
    }

    private static float[][] picked(float[][] rows, int[] indices) {
        float[][] picked = new float[indices.length][];
        for (int i = 0; i < picked.length; i++) {
            picked[i] = rows[indices[i]];
        }
        return picked;
    }

    /** Collects ids. */
    private static final class Ids {
        private int[] ids = new int[64];
        private int size;

        int size() {
            return size;
        }

        void add(int... more) {
            if (size + more.length > ids.length) {
                ids = Arrays.copyOf(ids, 2 * (size + more.length));
            }
            System.arraycopy(more, 0, ids, size, more.length);
            size += more.length;
        }

        /**
         * Adds words with a token before each.
         *
         * @param atMark whether a word's state is that of the token before it
         * @return where the words' states stand
         */
        int[] addMarked(int mark, List<int[]> words, boolean atMark) {
            int[] places = new int[words.size()];
            for (int i = 0; i < places.length; i++) {
                places[i] = size + (atMark ? 0 : 1);
                add(mark);
                add(words.get(i));
            }
            return places;
        }

        Encoding encoding() {
            int[] none = new int[size];
            return new Encoding(Arrays.copyOf(ids, size), none, List.of(), none, none, none, none);
        }
    }

    @Override
    public void close() {
        relations.ifPresent(RelationScorer::close);
        fuser.ifPresent(CrossFuser::close);
        labelVectors.ifPresent(LabelVectors::close);
        scorer.close();
        model.close();
    }
}
