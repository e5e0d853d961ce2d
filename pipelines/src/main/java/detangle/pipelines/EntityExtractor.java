package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.gliner.BiLstm;
import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner.GlinerModel;
import detangle.models.text.Encoding;
import detangle.models.weights.Weights;
import detangle.pipelines.WordSpans.Found;
import detangle.pipelines.WordSpans.Word;
import detangle.runtime.CompiledProgram;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    private final GlinerConfig config;
    private final TextModel model;
    private final Optional<BiLstm> lstm;
    private final CompiledProgram spans;
    private final Weights weights;
    private final int entId;
    private final int sepId;
    private final int maxWords;

    private EntityExtractor(
            GlinerFolder folder, TextModel model, Optional<BiLstm> lstm, CompiledProgram spans, int maxWords) {
        this.config = folder.config();
        this.model = model;
        this.lstm = lstm;
        this.spans = spans;
        this.weights = folder.weights();
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
                CompiledProgram spans = CompiledProgram.load(GlinerModel.spans(config), parameters, session);
                return new EntityExtractor(
                        parts, model, lstm, spans, options.maxLength().orElse(config.maxWords()));
            });
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
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
     * The entities of each text, in order.
     *
     * @param labels what is looked for, in words: {@code person}, {@code credit card number}
     * @param progress told how many windows are done, after each batch
     * @throws PipelineException if a text or a label is empty, or there are no labels
     */
    public List<List<Entity>> extract(
            List<String> texts, List<String> labels, ExtractionOptions options, ProgressListener progress) {
        if (labels.isEmpty()) {
            throw new PipelineException("there are no labels to look for");
        }
        List<String> distinct = labels.stream().distinct().toList();
        distinct.forEach(InputRow.alone("a label")::requireText);
        List<int[]> prompt = distinct.stream().map(this::tokens).toList();
        EncodedRows<Window> rows = EncodedRows.of("text", texts.size(), progress, row -> {
            String text = texts.get(row.index());
            row.requireText(text);
            return windows(row.index(), text, prompt);
        });
        List<Window> windows = rows.encodings();
        List<List<Found>> found = new ArrayList<>();
        texts.forEach(t -> found.add(new ArrayList<>()));
        model.run(windows.stream().map(Window::encoding).toList(), progress, (index, row) -> {
            Window window = windows.get(index);
            found.get(window.text()).addAll(candidates(window, row, options.threshold()));
        });
        List<List<Entity>> results = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            results.add(entities(texts.get(i), found.get(i), distinct, options));
        }
        return results;
    }

    private List<Entity> entities(String text, List<Found> found, List<String> labels, ExtractionOptions options) {
        List<Word> words = words(text);
        // Windows overlap: what two of them found is one.
        List<Found> once = List.copyOf(found.stream()
                .collect(Collectors.toMap(
                        f -> List.of(f.first(), f.last(), f.label()),
                        f -> f,
                        (a, b) -> a.score() >= b.score() ? a : b,
                        LinkedHashMap::new))
                .values());
        return WordSpans.chosen(once, options).stream()
                .map(f -> {
                    int start = words.get(f.first()).start();
                    int end = words.get(f.last()).end();
                    return new Entity(labels.get(f.label()), f.score(), text.substring(start, end), start, end);
                })
                .toList();
    }

    /** The words that have tokens; a word of which the tokenizer leaves nothing is not a part of an entity. */
    private List<Word> words(String text) {
        return WordSpans.words(text).stream()
                .filter(word -> tokens(word.text()).length > 0)
                .toList();
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

    private List<Window> windows(int number, String text, List<int[]> prompt) {
        List<Word> words = words(text);
        int length = Math.min(maxWords, words.size());
        // An entity that one window cuts is whole in the next.
        int overlap = Math.min(maxWords / 2, Math.max(config.maxWidth(), maxWords / 4));
        Map<String, int[]> known = new HashMap<>();
        List<Window> windows = new ArrayList<>();
        for (int first = 0; first < words.size(); first += length - overlap) {
            List<Word> part = words.subList(first, Math.min(words.size(), first + length));
            windows.add(window(number, first, prompt, part, known));
            if (first + length >= words.size()) {
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

    private List<Found> candidates(Window window, Row row, double threshold) {
        float[][] states = row.floats(GlinerModel.STATES);
        float[][] words = lstm.map(l -> l.run(new float[][][] {
                    picked(row.floats(GlinerModel.GATES.get(0)), window.wordTokens()),
                    picked(row.floats(GlinerModel.GATES.get(1)), window.wordTokens())
                }))
                .orElseGet(() -> picked(states, window.wordTokens()));
        int count = words.length;
        List<Found> all = new ArrayList<>();
        if (count == 0) {
            return all;
        }
        long[] starts = new long[count * config.maxWidth()];
        long[] ends = new long[starts.length];
        int size = 0;
        for (int first = 0; first < count; first++) {
            for (int last = first; last < Math.min(count, first + config.maxWidth()); last++) {
                starts[size] = first;
                ends[size++] = last;
            }
        }
        Map<String, Tensor> inputs = Map.of(
                GlinerModel.WORDS, tensor(words),
                GlinerModel.STARTS, Tensor.of(Arrays.copyOf(starts, size), size),
                GlinerModel.ENDS, Tensor.of(Arrays.copyOf(ends, size), size),
                GlinerModel.LABELS, tensor(picked(states, window.labelTokens())));
        Tensor scores = weights.reading(() -> spans.run(inputs)).get(GlinerModel.SCORES);
        int labels = window.labelTokens().length;
        for (int i = 0; i < size * labels; i++) {
            double score = Scores.sigmoid(Row.finite(scores.getDouble(i)));
            if (score > threshold) {
                int first = window.firstWord() + (int) starts[i / labels];
                int last = window.firstWord() + (int) ends[i / labels];
                all.add(new Found(first, last, i % labels, score));
            }
        }
        return all;
    }

    private static float[][] picked(float[][] rows, int[] indices) {
        float[][] picked = new float[indices.length][];
        for (int i = 0; i < picked.length; i++) {
            picked[i] = rows[indices[i]];
        }
        return picked;
    }

    private static Tensor tensor(float[][] rows) {
        int width = rows[0].length;
        float[] values = new float[rows.length * width];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i], 0, values, i * width, width);
        }
        return Tensor.of(values, rows.length, width);
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
        spans.close();
        model.close();
    }
}
