package detangle.pipelines;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.OutputNames;
import detangle.models.text.Encoding;
import detangle.models.text.Truncation;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Labels texts with labels that the model was not trained on: HuggingFace's {@code zero-shot-classification}. The model tells
 * whether one text follows from another (NLI), and is asked whether {@code This example is LABEL.} follows from the text.
 * Any number of threads may use one.
 *
 * <pre>{@code
 * classifier.classify("Where is my card?", List.of("banking", "sport"), ZeroShotClassifier.TEMPLATE, false).labels().getFirst()
 * }</pre>
 */
public final class ZeroShotClassifier implements Pipeline {
    /** The hypothesis that labels are put into. */
    public static final String TEMPLATE = "This example is {}.";

    private static final String BLANK = "{}";

    private final TextModel model;
    private final int entailment;

    private ZeroShotClassifier(TextModel model) {
        this.model = model;
        List<String> labels = model.config().labels();
        this.entailment = IntStream.range(0, labels.size())
                .filter(i -> labels.get(i).toLowerCase(Locale.ROOT).startsWith("entail"))
                .findFirst()
                .orElseThrow(() -> new PipelineException(
                        model.config().file() + ": none of the labels " + String.join(", ", labels)
                                + " is entailment: zero-shot classification needs a model for NLI"));
    }

    /** Loads a folder with config.json, weights and a tokenizer, on the best backend there is. */
    public static ZeroShotClassifier load(Path folder) {
        return load(folder, PipelineOptions.DEFAULT);
    }

    /**
     * As {@link #load(Path)}, as the options say.
     *
     * @throws PipelineException if the model has another head, or no label of entailment
     */
    public static ZeroShotClassifier load(Path folder, PipelineOptions options) {
        TextModel model = TextModel.load(folder, Architecture.SEQUENCE_CLASSIFICATION, options);
        try {
            return new ZeroShotClassifier(model);
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    /** The labels of one text; see {@link #classify(List, List, String, boolean, ProgressListener)}. */
    public ZeroShotResult classify(String text, List<String> labels, String template, boolean multiLabel) {
        return classify(List.of(text), labels, template, multiLabel).getFirst();
    }

    /** Classifies several texts. */
    public List<ZeroShotResult> classify(List<String> texts, List<String> labels, String template, boolean multiLabel) {
        return classify(texts, labels, template, multiLabel, done -> {});
    }

    /**
     * How well labels fit each text.
     *
     * @param labels at least one, and none of them twice
     * @param template a sentence with {@code {}} where a label goes
     * @param multiLabel whether each label is judged by itself, by entailment against contradiction; otherwise the labels share
     *     a probability of 1. One label alone is always judged by itself
     * @param progress told how many pairs of text and label are done, after each batch
     * @throws PipelineException if a text, a label or the list of labels is empty, a label is named twice, or the template has no
     *     place for a label
     */
    public List<ZeroShotResult> classify(
            List<String> texts, List<String> labels, String template, boolean multiLabel, ProgressListener progress) {
        if (labels.isEmpty()) {
            throw new PipelineException("there are no labels to choose from");
        }
        labels.forEach(InputRow.alone("a label")::requireText);
        labels.stream()
                .filter(label -> labels.indexOf(label) != labels.lastIndexOf(label))
                .findFirst()
                .ifPresent(label -> {
                    // It would share its own probability with itself.
                    throw new PipelineException("the label '" + label + "' is named twice: name it once");
                });
        if (!template.contains(BLANK)) {
            throw new PipelineException("the hypothesis '" + template + "' has no {} for the label");
        }
        EncodedRows<Encoding> rows = EncodedRows.of(
                "text",
                texts.size(),
                progress,
                row -> labels.stream()
                        .map(label -> new TextPair(texts.get(row.index()), template.replace(BLANK, label)))
                        .map(pair -> model.encode(pair, Truncation.Strategy.ONLY_FIRST, row))
                        .toList());
        double[][][] logits = new double[texts.size()][labels.size()][];
        // A row that is encoded has an encoding for each label.
        model.run(
                rows.encodings(),
                progress,
                (index, row) -> logits[rows.row(index)][index % labels.size()] = row.values(OutputNames.LOGITS));
        boolean alone = multiLabel || labels.size() == 1;
        return IntStream.range(0, texts.size())
                .mapToObj(i -> logits[i][0] == null
                        ? new ZeroShotResult(texts.get(i), List.of(), List.of())
                        : ranked(texts.get(i), labels, alone ? eachAlone(logits[i]) : together(logits[i])))
                .toList();
    }

    private double[] eachAlone(double[][] logits) {
        // HuggingFace's choice of the other label; models for NLI have contradiction at one end or the other.
        int contradiction = entailment == 0 ? model.config().numLabels() - 1 : 0;
        double[] scores = new double[logits.length];
        for (int label = 0; label < logits.length; label++) {
            scores[label] = Scores.softmax(logits[label][contradiction], logits[label][entailment])[1];
        }
        return scores;
    }

    private double[] together(double[][] logits) {
        double[] entailments = new double[logits.length];
        for (int label = 0; label < logits.length; label++) {
            entailments[label] = logits[label][entailment];
        }
        return Scores.softmax(entailments);
    }

    private static ZeroShotResult ranked(String text, List<String> labels, double[] scores) {
        List<Integer> order = IntStream.range(0, scores.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -scores[i]))
                .toList();
        return new ZeroShotResult(
                text,
                order.stream().map(labels::get).toList(),
                order.stream().map(i -> scores[i]).toList());
    }

    @Override
    public void close() {
        model.close();
    }
}
