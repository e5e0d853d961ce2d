package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.gliner.BiLstm;
import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner.GlinerModel;
import detangle.models.gliner.Scoring;
import detangle.models.text.Encoding;
import detangle.models.weights.Weights;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Finds entities of any kind that is named, with a GLiNER model (Zaratiana et al. 2024) on a DeBERTa encoder, in the layout of
 * urchade/gliner_small-v2.1. A text that is longer than the model takes is read in windows that overlap. Any number of threads may use
 * one.
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
    private final int entId;
    private final int sepId;
    private final int maxWords;

    private EntityExtractor(
            GlinerFolder folder, TextModel model, Optional<BiLstm> lstm, WordVectors.Scorer scorer, int maxWords) {
        this.config = folder.config();
        this.model = model;
        this.lstm = lstm;
        this.scorer = scorer;
        this.entId = folder.entId();
        this.sepId = folder.sepId();
        this.maxWords = maxWords;
    }

    /** Loads a folder with gliner_config.json and weights, on the best backend there is. */
    public static EntityExtractor load(Path folder) {
        return load(folder, PipelineOptions.DEFAULT);
    }

    /**
     * As {@link #load(Path)}, as the options say. Tokenizer and encoder configuration that the folder lacks, as older ones do, are those
     * of the model that it names: of a folder of that name beside it, or from the hub or its cache.
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
        Map<String, Tensor> parameters = parameters(weights);
        TextModel model = TextModel.of(
                Session.builder()
                        .config(config.encoder())
                        .weights(weights)
                        .options(session)
                        .head(GlinerModel.encoder(config), parameters)
                        .load(),
                parts.tokenizer(),
                options);
        try {
            return weights.reading(() -> {
                Optional<BiLstm> lstm = config.lstm() ? Optional.of(new BiLstm(config, weights)) : Optional.empty();
                return new EntityExtractor(
                        parts,
                        model,
                        lstm,
                        scorer(config, weights, parameters, session),
                        options.maxLength().orElse(config.maxWords()));
            });
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
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
        try {
            return weights.names().stream()
                    .filter(name -> weights.isReadable(name) && weights.isFloat(name))
                    .collect(Collectors.toMap(Function.identity(), weights::get));
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
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
     * What each text holds of what is looked for in it, in the order of the requests. Texts with different labels and options share batches,
     * and no text changes the answer to another one.
     *
     * @param progress told how many windows are done, after each batch
     * @throws PipelineException if a label is empty
     */
    public List<Extraction> run(List<ExtractionRequest> requests, ProgressListener progress) {
        Map<String, int[]> labelTokens = new HashMap<>();
        List<Text> texts = new ArrayList<>();
        for (ExtractionRequest request : requests) {
            List<String> labels = request.labels().stream().distinct().toList();
            labels.forEach(label -> labelTokens.computeIfAbsent(label, this::labelTokens));
            texts.add(new Text(request, labels, labels.isEmpty() ? List.of() : words(request.text())));
        }
        EncodedRows<Window> rows = EncodedRows.of(
                "text", texts.size(), progress, row -> windows(row.index(), texts.get(row.index()), labelTokens));
        List<Window> windows = rows.encodings();
        List<List<Found>> found = new ArrayList<>(Collections.nCopies(windows.size(), List.of()));
        List<Integer> waiting = new ArrayList<>();
        List<WordVectors> vectors = new ArrayList<>();
        Runnable score = () -> {
            if (!waiting.isEmpty()) {
                Encoding first = windows.get(waiting.getFirst()).encoding();
                List<List<Found>> all = model.reading(first, () -> scorer.found(vectors));
                for (int i = 0; i < all.size(); i++) {
                    found.set(waiting.get(i), all.get(i));
                }
                waiting.clear();
                vectors.clear();
            }
        };
        model.run(windows.stream().map(Window::encoding).toList(), progress, (index, row) -> {
            Window window = windows.get(index);
            waiting.add(index);
            vectors.add(vectors(window, row, texts.get(window.text())));
            if (waiting.size() == SCORED_TOGETHER) {
                score.run();
            }
        });
        score.run();
        List<List<List<Found>>> ofTexts = new ArrayList<>();
        texts.forEach(text -> ofTexts.add(new ArrayList<>()));
        for (int i = 0; i < windows.size(); i++) {
            ofTexts.get(windows.get(i).text()).add(inText(windows.get(i), found.get(i)));
        }
        List<Extraction> results = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            results.add(new Extraction(entities(texts.get(i), ofTexts.get(i))));
        }
        return results;
    }

    private int[] labelTokens(String label) {
        InputRow.alone("a label").requireText(label);
        return tokens(label);
    }

    /**
     * A text with the words that have tokens; a word of which the tokenizer leaves nothing is not a part of an entity.
     *
     * @param labels each once
     */
    private record Text(ExtractionRequest request, List<String> labels, List<Word> words) {}

    private List<Word> words(String text) {
        return WordSpans.words(text).stream()
                .filter(word -> tokens(word.text()).length > 0)
                .toList();
    }

    private static List<Found> inText(Window window, List<Found> found) {
        return found.stream()
                .map(f ->
                        new Found(window.firstWord() + f.first(), window.firstWord() + f.last(), f.label(), f.score()))
                .toList();
    }

    private static List<Entity> entities(Text text, List<List<Found>> windows) {
        ExtractionOptions options = text.request().options();
        List<Found> all = windows.size() == 1 ? windows.getFirst() : once(windows);
        List<Entity> entities = WordSpans.chosen(all, options).stream()
                .map(f -> {
                    int start = text.words().get(f.first()).start();
                    int end = text.words().get(f.last()).end();
                    String word = text.request().text().substring(start, end);
                    return new Entity(text.labels().get(f.label()), f.score(), word, start, end);
                })
                .toList();
        return options.mergeAdjacent()
                ? WordSpans.merged(entities, text.request().text())
                : entities;
    }

    /** Windows overlap: what two of them found is one. */
    private static List<Found> once(List<List<Found>> windows) {
        return List.copyOf(windows.stream()
                .flatMap(List::stream)
                .collect(Collectors.toMap(
                        f -> List.of(f.first(), f.last(), f.label()),
                        f -> f,
                        (a, b) -> a.score() >= b.score() ? a : b,
                        LinkedHashMap::new))
                .values());
    }

    /**
     * Labels and words as the model reads them: {@code [CLS] <<ENT>> label <<ENT>> label <<SEP>> words [SEP]}.
     *
     * @param text its number
     * @param firstWord the number in the text of the first word
     * @param labelTokens where the state of each label stands
     * @param wordTokens where each word begins
     */
    private record Window(Encoding encoding, int text, int firstWord, int[] labelTokens, int[] wordTokens) {}

    private List<Window> windows(int number, Text text, Map<String, int[]> labelTokens) {
        List<int[]> prompt = text.labels().stream().map(labelTokens::get).toList();
        List<Word> words = text.words();
        int length = Math.min(maxWords, words.size());
        // An entity that one window cuts is whole in the next.
        int overlap = Math.min(maxWords / 2, Math.max(config.maxWidth(), maxWords / 4));
        Map<String, int[]> known = new HashMap<>();
        List<Window> windows = new ArrayList<>();
        for (int first = 0; first < words.size(); first += length - overlap) {
            List<Word> part = words.subList(first, Math.min(words.size(), first + length));
            windows.add(window(number, first, prompt, part, known));
            if (first + length >= words.size() || text.request().options().longTexts() == LongTexts.CUT) {
                break;
            }
        }
        return windows;
    }

    private Window window(int number, int first, List<int[]> prompt, List<Word> words, Map<String, int[]> known) {
        int[] frame = model.tokenizer().encode("").ids();
        Ids ids = new Ids();
        int[] labelTokens = new int[prompt.size()];
        int[] wordTokens = new int[words.size()];
        ids.add(frame[0]);
        for (int label = 0; label < labelTokens.length; label++) {
            labelTokens[label] = ids.size() + (config.embedEntToken() ? 0 : 1);
            ids.add(entId);
            ids.add(prompt.get(label));
        }
        ids.add(sepId);
        for (int word = 0; word < wordTokens.length; word++) {
            wordTokens[word] = ids.size();
            ids.add(known.computeIfAbsent(words.get(word).text(), this::tokens));
        }
        ids.add(frame[frame.length - 1]);
        return new Window(ids.encoding(), number, first, labelTokens, wordTokens);
    }

    private int[] tokens(String word) {
        return GlinerFolder.tokens(model.tokenizer(), word);
    }

    private WordVectors vectors(Window window, Row row, Text text) {
        float[][] states = row.floats(GlinerModel.STATES);
        float[][] words = lstm.map(l -> l.run(new float[][][] {
                    picked(row.floats(GlinerModel.GATES.get(0)), window.wordTokens()),
                    picked(row.floats(GlinerModel.GATES.get(1)), window.wordTokens())
                }))
                .orElseGet(() -> picked(states, window.wordTokens()));
        return new WordVectors(
                words,
                picked(states, window.labelTokens()),
                text.request().options().threshold(),
                text.request().spans().map(spans -> ranges(spans, text.words(), window.firstWord())));
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

        Encoding encoding() {
            int[] none = new int[size];
            return new Encoding(Arrays.copyOf(ids, size), none, List.of(), none, none, none, none);
        }
    }

    @Override
    public void close() {
        scorer.close();
        model.close();
    }
}
