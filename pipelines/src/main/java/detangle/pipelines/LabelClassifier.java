package detangle.pipelines;

import detangle.models.files.ModelFiles;
import detangle.models.gliclass.GliclassConfig;
import detangle.models.text.Tokenizer;
import detangle.runtime.GliclassArtifact;
import detangle.runtime.ModelArtifact;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Classifies texts by any labels with a GLiClass model (Knowledgator 2025) on a DeBERTa encoder, in the layout of
 * knowledgator/gliclass-base-v3.0. One pass judges all labels, so many labels cost little. The scores of a text do not
 * depend on the other texts of a batch, as they do in the original. Any number of threads may use one classifier.
 *
 * <pre>{@code
 * classifier.classify("Where is my card?", List.of("banking", "sport"), LabelOptions.DEFAULT)
 * }</pre>
 */
public final class LabelClassifier implements Pipeline {
    private final LabelLogits logits;
    private final boolean refusesEmptyTexts;

    private LabelClassifier(LabelLogits logits, boolean refusesEmptyTexts) {
        this.logits = logits;
        this.refusesEmptyTexts = refusesEmptyTexts;
    }

    /**
     * Returns the same classifier, which cuts prompts that are too long, with a warning. Both share one model: close
     * only one of them.
     */
    public LabelClassifier withTruncation() {
        return new LabelClassifier(logits.cutting(), refusesEmptyTexts);
    }

    /**
     * Returns the same classifier, for which a text of white space alone cannot be answered. It is closed with this
     * one.
     */
    LabelClassifier refusingEmptyTexts() {
        return new LabelClassifier(logits, true);
    }

    /**
     * Loads a folder with config.json, weights and a tokenizer on the best backend; see {@link #load(Path,
     * PipelineOptions)}.
     */
    public static LabelClassifier load(Path folder) {
        return load(folder, PipelineOptions.DEFAULT);
    }

    /**
     * Loads a model as {@link #load(Path)} does, with options. Without a maximum length a prompt has as many tokens as
     * in GLiClass, 1024.
     *
     * @throws detangle.models.deberta.ConfigException if the model is of another kind
     */
    public static LabelClassifier load(Path folder, PipelineOptions options) {
        options.adapter().ifPresent(adapter -> {
            throw new PipelineException(adapter + ": adapters are not applied to GLiClass's models: leave it out");
        });
        GliclassFolder parts = GliclassFolder.open(folder, options.ignoreUnused());
        try {
            return new LabelClassifier(LabelLogits.of(parts, options), false);
        } catch (RuntimeException | Error e) {
            parts.close();
            throw e;
        }
    }

    /**
     * Puts a model into one file, which {@link #load} takes in a folder's place. The tokenizer of labels that have an
     * encoder of their own goes with it.
     *
     * @param options the options, of which weights, weight type and unused tensors have an effect
     * @param output a file whose name ends in {@code .dtl}
     * @throws detangle.models.deberta.ConfigException if the model is of another kind
     * @throws detangle.models.weights.WeightsException if its weights are not those of its configuration
     * @throws PipelineException if the tokenizer of labels is not found
     */
    public static void compile(Path folder, ModelArtifact.Options options, Path output) {
        Optional<ModelFiles> labelModel = GliclassConfig.read(folder)
                .labels()
                .map(labels -> LabelModel.files(folder, labels.model(), GliclassFolder.LABEL_MODEL));
        GliclassArtifact.write(folder, labelModel, output, options);
    }

    /** Returns the number of tokens to which prompts of labels and text are cut, if truncation is allowed. */
    @Override
    public int maxLength() {
        return logits.model().maxLength();
    }

    /** Returns the labels of one text; see {@link #classify(List, List, LabelOptions, ProgressListener)}. */
    public List<Classification> classify(String text, List<String> labels, LabelOptions options) {
        return classify(List.of(text), labels, options, done -> {}).getFirst();
    }

    /**
     * Returns the labels of each text. If each label is judged by itself, these are the labels that reach the
     * threshold, in the order in which they were named; otherwise it is the best one. As in GLiClass, texts and labels
     * may be empty. A label that is named twice has two places in the prompt: the answer has it once, with the score of
     * the last place (gliclass/pipeline.py:251-270).
     *
     * @param progress told how many texts are done, after each batch
     * @throws PipelineException if there are no labels, or more than the model has place for, or prompt and labels and
     *     text are too long
     */
    public List<List<Classification>> classify(
            List<String> texts, List<String> labels, LabelOptions options, ProgressListener progress) {
        return classifyEach(texts, Collections.nCopies(texts.size(), labels), options, progress);
    }

    /**
     * Classifies texts as {@link #classify(List, List, LabelOptions, ProgressListener)} does, with separate labels for
     * each text.
     */
    public List<List<Classification>> classifyEach(
            List<String> texts, List<List<String>> labels, LabelOptions options, ProgressListener progress) {
        return scoredEach(texts, labels, options, progress).stream()
                .map(each -> LabelScores.chosen(options.multiLabel() ? LabelScores.distinct(each) : each, options))
                .toList();
    }

    /**
     * Returns the score of every label of each text, in the order of the labels. A label that is named twice occurs
     * once. The list is empty for a text that cannot be answered.
     */
    public List<List<Classification>> scores(
            List<String> texts, List<List<String>> labels, LabelOptions options, ProgressListener progress) {
        return scoredEach(texts, labels, options, progress).stream()
                .map(LabelScores::distinct)
                .toList();
    }

    private List<List<Classification>> scoredEach(
            List<String> texts, List<List<String>> labels, LabelOptions options, ProgressListener progress) {
        double[][] all = logits.of(texts, labels, options, refusesEmptyTexts, progress);
        return IntStream.range(0, texts.size())
                .mapToObj(i -> LabelScores.of(labels.get(i), all[i], options))
                .toList();
    }

    /**
     * Classifies long texts by many labels: it reads a text in parts and judges labels in groups, and the best score of
     * a label in any part counts. The best label comes first. This is GLiClass's {@code
     * ZeroShotClassificationWithChunkingPipeline}. As there, a label that is named twice occurs once in the answer to a
     * text of several parts, and twice for a text of one part.
     *
     * @param progress told how many parts are done, after each batch
     * @throws PipelineException as {@link #classify(List, List, LabelOptions, ProgressListener)} does
     */
    public List<List<Classification>> classifyInChunks(
            List<String> texts,
            List<String> labels,
            LabelChunks chunks,
            LabelOptions options,
            ProgressListener progress) {
        return new ChunkedLabels(logits, chunks)
                .scores(texts, labels, options, refusesEmptyTexts, progress).stream()
                        .map(scored -> LabelScores.chosen(scored, options).stream()
                                .sorted(Comparator.comparingDouble(Classification::score)
                                        .reversed())
                                .toList())
                        .toList();
    }

    /**
     * Returns the score of every label of each text as {@link #classifyInChunks} computes it, in the order of the
     * labels. The list is empty for a text of which a part cannot be answered.
     */
    public List<List<Classification>> scoresInChunks(
            List<String> texts,
            List<String> labels,
            LabelChunks chunks,
            LabelOptions options,
            ProgressListener progress) {
        return new ChunkedLabels(logits, chunks)
                .scores(texts, labels, options, refusesEmptyTexts, progress).stream()
                        .map(LabelScores::distinct)
                        .toList();
    }

    /**
     * Returns the vectors of labels of a bi-encoder, each {@code hidden_size} numbers: what {@link #giveLabelVectors}
     * takes. They are computed once and kept. If pooling_strategy reads padding, a vector depends on the labels that
     * are asked for together.
     *
     * @throws PipelineException if the labels of the model have no encoder of their own
     */
    public Map<String, float[]> labelVectors(List<String> labels) {
        labels.forEach(InputRow.alone("a label")::requireText);
        Map<String, float[]> copies = new HashMap<>();
        ofLabels()
                .of(List.copyOf(new LinkedHashSet<>(labels)))
                .forEach((label, vector) -> copies.put(label, vector.clone()));
        return copies;
    }

    /**
     * Gives vectors of labels to a bi-encoder, which replace those that its encoder of labels computes.
     *
     * @param vectors the vectors by label, {@code hidden_size} numbers each
     * @throws PipelineException if the labels of the model have no encoder of their own, or a vector has another length
     *     or a number that is not finite
     */
    public void giveLabelVectors(Map<String, float[]> vectors) {
        ofLabels().give(vectors);
    }

    private EncodedLabels ofLabels() {
        return logits.encoded()
                .orElseThrow(
                        () -> new PipelineException(
                                logits.config().encoder().file()
                                        + ": architecture_type is not of a bi-encoder: labels of this model stand beside the text"));
    }

    @Override
    public Tokenizer tokenizer() {
        return logits.model().tokenizer();
    }

    @Override
    public void close() {
        logits.close();
    }
}
