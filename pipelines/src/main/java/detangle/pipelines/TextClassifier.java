package detangle.pipelines;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.OutputNames;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Truncation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Classifies texts, or pairs of them, with a sequence-classification model: HuggingFace's {@code text-classification}.
 * Any number of threads may use one.
 *
 * <pre>{@code
 * try (TextClassifier classifier = TextClassifier.load(Path.of("models/pretrained/banking77-small"))) {
 *     System.out.println(classifier.classify("Where is my card?").getFirst().label());
 * }
 * }</pre>
 *
 * <p>Scores are a softmax over the labels; a sigmoid of each for a model of one label or of several at once; the value
 * itself for regression ({@code problem_type} in config.json). The activation that sentence-transformers noted for a
 * CrossEncoder comes before these, and {@link FunctionToApply} before all.
 */
public final class TextClassifier implements Pipeline {
    private final TextModel model;
    private final Path folder;
    private final ScoreFunction function;

    /** A classifier on a model that is loaded; see {@link TextRanker#classifier}. */
    TextClassifier(TextModel model, Path folder, ScoreFunction function) {
        this.model = model;
        this.folder = folder;
        this.function = function;
    }

    /** Loads a folder with config.json, weights and a tokenizer, on the best backend there is. */
    public static TextClassifier load(Path folder) {
        return load(folder, PipelineOptions.DEFAULT);
    }

    /**
     * Loads a model as {@link #load(Path)} does, with options.
     *
     * @throws PipelineException if the model has another head
     */
    public static TextClassifier load(Path folder, PipelineOptions options) {
        TextModel model = TextModel.load(folder, Architecture.SEQUENCE_CLASSIFICATION, options);
        try {
            return new TextClassifier(model, folder, ScoreFunction.ofClassifier(folder, model.config()));
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    /** Loads a model as {@link #load(Path, PipelineOptions)} does, with a function that makes scores of logits. */
    public static TextClassifier load(Path folder, PipelineOptions options, FunctionToApply function) {
        return new TextClassifier(
                TextModel.load(folder, Architecture.SEQUENCE_CLASSIFICATION, options), folder, function::apply);
    }

    /**
     * Returns the same classifier, which cuts texts that are too long, with a warning. Both share one model: close only
     * one of them.
     */
    public TextClassifier withTruncation() {
        return withTruncation(Truncation.Side.RIGHT);
    }

    /**
     * Returns the same classifier, which cuts off an end of texts that are too long, with a warning. Both share one
     * model: close only one of them.
     */
    public TextClassifier withTruncation(Truncation.Side side) {
        return new TextClassifier(model.cutting(side), folder, function);
    }

    @Override
    public int maxLength() {
        return model.maxLength();
    }

    /**
     * Returns the same classifier, with another function that makes scores of logits. Both share one model: close only
     * one of them.
     */
    public TextClassifier withFunction(FunctionToApply other) {
        return new TextClassifier(model, folder, other::apply);
    }

    /** Returns all labels, in the order in which the model scores them. */
    public List<String> labels() {
        return model.config().labels();
    }

    /**
     * Returns a zero-shot classifier on the same model, if it has a label of entailment. Both share one model: close
     * only one of them.
     */
    public Optional<ZeroShotClassifier> zeroShot() {
        return ZeroShotClassifier.hasEntailment(model.config())
                ? Optional.of(ZeroShotClassifier.of(model))
                : Optional.empty();
    }

    /**
     * Returns a ranker on the same model. Both share one model: close only one of them.
     *
     * @throws PipelineException if the model has more than one label
     */
    public TextRanker ranker() {
        return new TextRanker(model, folder);
    }

    /**
     * Returns all labels of a text, the most probable first.
     *
     * @throws PipelineException if it is empty or too long
     */
    public List<Classification> classify(String text) {
        return classify(List.of(text)).getFirst();
    }

    /**
     * Returns all labels of a pair of texts, the most probable first.
     *
     * @throws PipelineException if one is empty or both are too long
     */
    public List<Classification> classify(TextPair pair) {
        return classifyPairs(List.of(pair)).getFirst();
    }

    /** Returns the labels of several texts. */
    public List<List<Classification>> classify(List<String> texts) {
        return classify(texts, done -> {});
    }

    /**
     * Returns all labels of each text, in the texts' order.
     *
     * @param progress told how many texts are done, after each batch
     */
    public List<List<Classification>> classify(List<String> texts, ProgressListener progress) {
        EncodedRows<Encoding> rows = EncodedRows.of(
                "text", texts.size(), progress, row -> List.of(model.encode(texts.get(row.index()), row)));
        return run(rows, texts.size(), progress);
    }

    /** Returns the labels of several pairs. */
    public List<List<Classification>> classifyPairs(List<TextPair> pairs) {
        return classifyPairs(pairs, done -> {});
    }

    /**
     * Returns all labels of each pair, in the pairs' order.
     *
     * @param progress told how many pairs are done, after each batch
     */
    public List<List<Classification>> classifyPairs(List<TextPair> pairs, ProgressListener progress) {
        EncodedRows<Encoding> rows = EncodedRows.of(
                "pair",
                pairs.size(),
                progress,
                row -> List.of(model.encode(pairs.get(row.index()), Truncation.Strategy.LONGEST_FIRST, row)));
        return run(rows, pairs.size(), progress);
    }

    /**
     * Returns what the strongest window of each text says, in the texts' order. A text that is longer than the model
     * takes is read in windows of {@link #maxLength()} tokens that overlap, so that nothing of it is cut: a guard finds
     * what is hidden in the middle of a page.
     *
     * @param progress told how many windows are done, after each batch
     * @throws PipelineException if a text is empty, windows cannot share so many tokens, or the model does not have a
     *     label that is watched
     */
    public List<StrongestWindow> classifyInWindows(
            List<String> texts, WindowOptions options, ProgressListener progress) {
        requireLabels(options.watched());
        Truncation windows = model.windows(options.stride());
        TextModel.Windows made = model.new Windows();
        EncodedRows<Encoding> rows = EncodedRows.of("text", texts.size(), progress, row -> {
            String text = texts.get(row.index());
            row.requireText(text);
            return made.of(model.encodeWhole(text), windows);
        });
        List<List<Classification>> said =
                new ArrayList<>(Collections.nCopies(rows.encodings().size(), List.of()));
        model.run(rows.encodings(), progress, (index, row) -> said.set(index, ranked(row.values(OutputNames.LOGITS))));
        int[] strongest = new int[texts.size()];
        int[] counts = new int[texts.size()];
        for (int window = 0; window < said.size(); window++) {
            int text = rows.row(window);
            if (counts[text]++ == 0
                    || strength(said.get(window), options) > strength(said.get(strongest[text]), options)) {
                strongest[text] = window;
            }
        }
        return IntStream.range(0, texts.size())
                .mapToObj(i -> counts[i] == 0
                        ? StrongestWindow.NONE
                        : window(texts.get(i), rows.encoding(strongest[i]), said.get(strongest[i]), counts[i]))
                .toList();
    }

    /** Throws a {@link PipelineException} if the model does not have one of these labels. */
    void requireLabels(List<String> asked) {
        List<String> labels = labels();
        asked.stream().filter(label -> !labels.contains(label)).findFirst().ifPresent(label -> {
            throw new PipelineException(
                    "the model has no label '" + label + "'; its labels are " + String.join(", ", labels));
        });
    }

    private static double strength(List<Classification> labels, WindowOptions options) {
        return options.watched().isEmpty()
                ? labels.getFirst().score()
                : labels.stream()
                        .filter(c -> options.watched().contains(c.label()))
                        .mapToDouble(Classification::score)
                        .sum();
    }

    private static StrongestWindow window(String text, Encoding window, List<Classification> labels, int count) {
        int[] tokens = IntStream.range(0, window.length())
                .filter(i -> window.sequences()[i] != Encoding.SPECIAL)
                .toArray();
        Characters.Span part =
                new Characters(text).span(window.starts()[tokens[0]], window.ends()[tokens[tokens.length - 1]]);
        return new StrongestWindow(labels, part.start(), part.end(), count);
    }

    private List<List<Classification>> run(EncodedRows<Encoding> rows, int count, ProgressListener progress) {
        List<List<Classification>> results = new ArrayList<>(Collections.nCopies(count, List.<Classification>of()));
        model.run(
                rows.encodings(),
                progress,
                (index, row) -> results.set(rows.row(index), ranked(row.values(OutputNames.LOGITS))));
        return List.copyOf(results);
    }

    private List<Classification> ranked(double[] logits) {
        double[] scores = function.apply(logits);
        List<String> labels = model.config().labels();
        return IntStream.range(0, scores.length)
                .mapToObj(i -> new Classification(labels.get(i), scores[i]))
                .sorted(Comparator.comparingDouble(Classification::score).reversed())
                .toList();
    }

    @Override
    public Tokenizer tokenizer() {
        return model.tokenizer();
    }

    @Override
    public void close() {
        model.close();
    }
}
