package detangle.pipelines;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.OutputNames;
import detangle.models.gliclass.GliclassConfig;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Truncation;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Classifies texts by labels that the model was not trained on: HuggingFace's {@code zero-shot-classification}. A model
 * for natural language inference (NLI) decides whether {@code This example is LABEL.} follows from the text. A GLiClass
 * model ({@link LabelClassifier}) reads all labels at once. Any number of threads may use one classifier.
 *
 * <pre>{@code
 * classifier.classify("Where is my card?", List.of("banking", "sport"), ZeroShotClassifier.TEMPLATE, false).labels().getFirst()
 * }</pre>
 */
public final class ZeroShotClassifier implements Pipeline {
    /** The default hypothesis; a label takes the place of the braces. */
    public static final String TEMPLATE = "This example is {}.";

    private static final String BLANK = "{}";

    /** The largest count of prompts: it exceeds every limit of a server, and sums of such counts do not overflow. */
    private static final int MAX_READINGS = 1 << 20;

    private final Judge judge;

    /** Scores labels for texts, by a model of one kind. */
    private sealed interface Judge {
        /**
         * Returns the scores of the labels of each text, in the order of the labels; nothing for a text that cannot be
         * answered. The options say whether each label is judged by itself.
         */
        double[][] scores(List<String> texts, List<String> labels, ZeroShotOptions options, ProgressListener progress);

        /** Returns how many texts the model reads for a text with a number of labels. */
        int texts(int labels);

        /** Takes vectors of labels; see {@link LabelClassifier#giveLabelVectors}. */
        void give(Map<String, float[]> labelVectors);

        /** Returns the same judge, which cuts off an end of texts that are too long. */
        Judge cutting(Truncation.Side side);

        Tokenizer tokenizer();

        int maxLength();

        void close();
    }

    private ZeroShotClassifier(Judge judge) {
        this.judge = judge;
    }

    /** Returns a classifier on a model for NLI that is loaded; see {@link TextClassifier#zeroShot}. */
    static ZeroShotClassifier of(TextModel model) {
        return new ZeroShotClassifier(Entailment.of(model));
    }

    private static OptionalInt entailment(List<String> labels) {
        return IntStream.range(0, labels.size())
                .filter(i -> labels.get(i).toLowerCase(Locale.ROOT).startsWith("entail"))
                .findFirst();
    }

    /** Returns whether a model has a label of entailment, which zero-shot classification needs. */
    static boolean hasEntailment(DebertaConfig config) {
        return entailment(config.labels()).isPresent();
    }

    /**
     * Loads a folder with config.json, weights and a tokenizer on the best backend; see {@link #load(Path,
     * PipelineOptions)}.
     */
    public static ZeroShotClassifier load(Path folder) {
        return load(folder, PipelineOptions.DEFAULT);
    }

    /**
     * Loads a model as {@link #load(Path)} does, with options.
     *
     * @throws PipelineException if the model has another head, or no label of entailment
     */
    public static ZeroShotClassifier load(Path folder, PipelineOptions options) {
        if (GliclassConfig.isIn(folder)) {
            return new ZeroShotClassifier(
                    new Named(LabelClassifier.load(folder, options).refusingEmptyTexts()));
        }
        TextModel model = TextModel.load(folder, Architecture.SEQUENCE_CLASSIFICATION, options);
        try {
            return new ZeroShotClassifier(Entailment.of(model));
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    /** Returns the labels of one text; see {@link #classify(List, List, String, boolean, ProgressListener)}. */
    public ZeroShotResult classify(String text, List<String> labels, String template, boolean multiLabel) {
        return classify(List.of(text), labels, template, multiLabel).getFirst();
    }

    /** Classifies several texts. */
    public List<ZeroShotResult> classify(List<String> texts, List<String> labels, String template, boolean multiLabel) {
        return classify(texts, labels, template, multiLabel, done -> {});
    }

    /**
     * Returns the scores of labels for each text; see {@link #classify(List, List, ZeroShotOptions, ProgressListener)}.
     */
    public List<ZeroShotResult> classify(
            List<String> texts, List<String> labels, String template, boolean multiLabel, ProgressListener progress) {
        return classify(
                texts, labels, ZeroShotOptions.DEFAULT.withTemplate(template).withMultiLabel(multiLabel), progress);
    }

    /**
     * Returns the scores of labels for each text, between 0 and 1.
     *
     * @param labels at least one label, each once
     * @param progress told how many pairs of text and label are done, after each batch
     * @throws PipelineException if a text, a label or the list of labels is empty, a label is named twice, the template
     *     has no place for a label, or a model for NLI is given a prompt, examples or chunks
     */
    public List<ZeroShotResult> classify(
            List<String> texts, List<String> labels, ZeroShotOptions options, ProgressListener progress) {
        String template = options.template();
        if (labels.isEmpty()) {
            throw new PipelineException("there are no labels to choose from");
        }
        labels.forEach(InputRow.alone("a label")::requireText);
        requireDistinct(labels);
        if (!template.contains(BLANK)) {
            throw new PipelineException("the hypothesis '" + template + "' has no {} for the label");
        }
        boolean alone = options.multiLabel() || labels.size() == 1;
        double[][] scores = judge.scores(texts, labels, options.withMultiLabel(alone), progress);
        return IntStream.range(0, texts.size())
                .mapToObj(i -> scores[i].length == 0
                        ? new ZeroShotResult(texts.get(i), List.of(), List.of())
                        : ranked(texts.get(i), labels, scores[i]))
                .toList();
    }

    /** Refuses a label that is named twice, because the two would share one probability. */
    private static void requireDistinct(List<String> labels) {
        Set<String> known = new HashSet<>();
        for (String label : labels) {
            if (!known.add(label)) {
                throw new PipelineException("the label '" + label + "' is named twice: name it once");
            }
        }
    }

    /**
     * Returns how many texts the model reads for a text with a number of labels, at least one: one for each label if
     * the model is for NLI.
     */
    public int texts(int labels) {
        return Math.max(1, judge.texts(labels));
    }

    /**
     * Returns how many texts the model reads for a text, one at least.
     *
     * @param labels the number of labels
     * @param chunks the parts in which the model reads long texts and many labels; empty for all at once
     */
    public int texts(String text, int labels, Optional<LabelChunks> chunks) {
        long readings = chunks.map(parts -> parts.readings(text, labels)).orElseGet(() -> (long) texts(labels));
        return (int) Math.min(readings, MAX_READINGS);
    }

    /** A judge with a model for NLI, which decides whether a sentence with the label follows from the text. */
    private record Entailment(TextModel model, int entailment) implements Judge {
        static Entailment of(TextModel model) {
            List<String> labels = model.config().labels();
            int entailment = ZeroShotClassifier.entailment(labels)
                    .orElseThrow(() -> new PipelineException(
                            model.config().file() + ": none of the labels " + String.join(", ", labels)
                                    + " is entailment: zero-shot classification needs a model for NLI"));
            return new Entailment(model, entailment);
        }

        @Override
        public double[][] scores(
                List<String> texts, List<String> labels, ZeroShotOptions options, ProgressListener progress) {
            if (!options.prompt().isEmpty()
                    || !options.examples().isEmpty()
                    || options.chunks().isPresent()) {
                throw new PipelineException(model.config().file()
                        + " is of a model for NLI, which takes neither a prompt nor examples nor chunks: leave them"
                        + " out, or choose a GLiClass model");
            }
            String template = options.template();
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
            return Arrays.stream(logits)
                    .map(all -> all[0] == null ? new double[0] : options.multiLabel() ? eachAlone(all) : together(all))
                    .toArray(double[][]::new);
        }

        @Override
        public void give(Map<String, float[]> labelVectors) {
            throw new PipelineException(
                    model.config().file() + " is of a model for NLI, which takes no vectors of labels: leave them out");
        }

        private double[] eachAlone(double[][] logits) {
            // HuggingFace's choice of the label of contradiction: it is the first or the last label of models for NLI.
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

        @Override
        public int texts(int labels) {
            return labels;
        }

        @Override
        public Judge cutting(Truncation.Side side) {
            return new Entailment(model.cutting(side), entailment);
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
            model.close();
        }
    }

    /** A judge with a GLiClass model, which reads all labels at once. */
    private record Named(LabelClassifier classifier) implements Judge {
        @Override
        public void give(Map<String, float[]> labelVectors) {
            classifier.giveLabelVectors(labelVectors);
        }

        @Override
        public double[][] scores(
                List<String> texts, List<String> labels, ZeroShotOptions options, ProgressListener progress) {
            String template = options.template();
            List<String> told = template.equals(TEMPLATE)
                    ? labels
                    : labels.stream()
                            .map(label -> template.replace(BLANK, label))
                            .toList();
            LabelOptions asked = new LabelOptions(options.multiLabel(), 0, options.prompt(), options.examples());
            // The progress counts pairs of text and label, so parts of texts are reported at the end.
            int pairs = options.chunks().isPresent() ? 0 : labels.size();
            ProgressListener ofPairs = new ProgressListener() {
                @Override
                public void done(int done) {
                    progress.done(done * pairs);
                }

                @Override
                public void unanswerable(RowMessage message) {
                    progress.unanswerable(message);
                }

                @Override
                public void cut(RowMessage message) {
                    progress.cut(message);
                }
            };
            List<List<Classification>> scores = options.chunks()
                    .map(chunks -> classifier.scoresInChunks(texts, told, chunks, asked, ofPairs))
                    .orElseGet(() -> classifier.scores(texts, Collections.nCopies(texts.size(), told), asked, ofPairs));
            progress.done(texts.size() * labels.size());
            return scores.stream()
                    .map(scored ->
                            scored.stream().mapToDouble(Classification::score).toArray())
                    .toArray(double[][]::new);
        }

        @Override
        public int texts(int labels) {
            return 1;
        }

        @Override
        public Judge cutting(Truncation.Side side) {
            if (side == Truncation.Side.LEFT) {
                throw new PipelineException(
                        "the labels of a GLiClass model stand before the text, so that its end alone is"
                                + " cut off: leave out truncation_direction");
            }
            return new Named(classifier.withTruncation());
        }

        @Override
        public Tokenizer tokenizer() {
            return classifier.tokenizer();
        }

        @Override
        public int maxLength() {
            return classifier.maxLength();
        }

        @Override
        public void close() {
            classifier.close();
        }
    }

    /**
     * Gives vectors of labels to a GLiClass bi-encoder.
     *
     * @throws PipelineException as {@link LabelClassifier#giveLabelVectors} does, and if the model is one for NLI
     */
    public void giveLabelVectors(Map<String, float[]> vectors) {
        judge.give(vectors);
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

    /**
     * Returns the same classifier, which cuts texts that are too long, with a warning. Both share one model: close only
     * one of them.
     */
    public ZeroShotClassifier withTruncation() {
        return withTruncation(Truncation.Side.RIGHT);
    }

    /**
     * Returns the same classifier, which cuts off an end of texts that are too long, with a warning. Both share one
     * model: close only one of them.
     */
    public ZeroShotClassifier withTruncation(Truncation.Side side) {
        return new ZeroShotClassifier(judge.cutting(side));
    }

    @Override
    public Tokenizer tokenizer() {
        return judge.tokenizer();
    }

    @Override
    public int maxLength() {
        return judge.maxLength();
    }

    @Override
    public void close() {
        judge.close();
    }
}
