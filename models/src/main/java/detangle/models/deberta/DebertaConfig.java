package detangle.models.deberta;

import detangle.models.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The hyper-parameters of a DeBERTa model as its config.json states them, checked, with HuggingFace's defaults where
 * it is silent. What a model type does not have reads as its neutral value: v1 has no buckets, no shared keys, no
 * normalised position table, no convolution.
 *
 * @param file where it was read from, for messages
 * @param architecture the head that the file names; empty where it names none, several or one that is not
 *     transformers'. See {@link CheckpointHeads}
 * @param vocabSize rows of the word table; may exceed the tokenizer's vocabulary
 * @param embeddingSize width of the embedding tables; a projection follows where it is not {@code hiddenSize}
 * @param headSize width of an attention head; {@code headSize * numAttentionHeads = hiddenSize}
 * @param maxPositionEmbeddings rows of the position table, and the longest input of a model that has one
 * @param positionBiasedInput whether absolute positions are added to the embeddings
 * @param typeVocabSize rows of the segment table; 0: there is none
 * @param relativeAttention whether the score has position terms
 * @param posAttType the position terms; each counts in {@link #scoreTerms()} even without relative attention
 * @param maxRelativePositions distances are clamped to less than this; never below 1
 * @param positionBuckets logarithmic buckets to each side; 0: distances are not bucketed
 * @param normalizeRelativeEmbeddings whether the position table goes through {@code encoder.LayerNorm}
 * @param shareAttKey whether positions use the content's query and key projections
 * @param convolution the convolution after the first layer, of v2-xlarge and v2-xxlarge
 * @param poolerActivation applied to the projected state of the first token
 * @param dropout how much training drops; inference drops nothing
 * @param legacyHead masked LM: the head's weights are named {@code cls.predictions} and not {@code lm_predictions}
 * @param tieWordEmbeddings masked LM: the output matrix is the word table
 * @param labelNames what the file says of labels; {@link #labels()} are they
 * @param statedProblemType what the file says; see {@link #problemType()}
 */
public record DebertaConfig(
        Path file,
        ModelType modelType,
        Optional<Architecture> architecture,
        int vocabSize,
        int embeddingSize,
        int hiddenSize,
        int numHiddenLayers,
        int numAttentionHeads,
        int headSize,
        int intermediateSize,
        HiddenActivation hiddenActivation,
        int maxPositionEmbeddings,
        boolean positionBiasedInput,
        int typeVocabSize,
        int padTokenId,
        double layerNormEps,
        double initializerRange,
        boolean relativeAttention,
        Set<PositionTerm> posAttType,
        int maxRelativePositions,
        int positionBuckets,
        boolean normalizeRelativeEmbeddings,
        boolean shareAttKey,
        Optional<Convolution> convolution,
        HiddenActivation poolerActivation,
        DropoutRates dropout,
        boolean legacyHead,
        boolean tieWordEmbeddings,
        LabelNames labelNames,
        Optional<ProblemType> statedProblemType) {

    /** A 1-d convolution over the sequence, same length out; {@code kernelSize} is odd. */
    public record Convolution(int kernelSize, int groups, HiddenActivation activation) {}

    public DebertaConfig {
        posAttType = Set.copyOf(posAttType);
    }

    /**
     * Returns what the file says, or what the number of labels suggests: one is a value, several exclude each other.
     */
    public ProblemType problemType() {
        return statedProblemType.orElse(
                numLabels() == 1 ? ProblemType.REGRESSION : ProblemType.SINGLE_LABEL_CLASSIFICATION);
    }

    /**
     * Reads a config.json, or that of a folder.
     *
     * @throws ConfigException if it is not well formed; it names the file and the field at fault
     */
    public static DebertaConfig read(Path fileOrFolder) {
        return ConfigReader.read(fileOrFolder);
    }

    /** Returns the configuration that an object inside another file states. */
    public static DebertaConfig of(ConfigFields fields) {
        return ConfigReader.read(fields);
    }

    /**
     * Refuses a tokenizer that has ids without an embedding, before texts are read that have such tokens.
     *
     * @param origin the folder or the artifact of the tokenizer, for the message
     * @throws ConfigException if the tokenizer does not fit
     */
    public void checkTokenizer(Tokenizer tokenizer, Path origin) {
        if (tokenizer.vocabSize() > vocabSize) {
            throw new ConfigException(
                    file,
                    "vocab_size is " + vocabSize + ", and the tokenizer in " + origin + " has ids up to "
                            + (tokenizer.vocabSize() - 1) + ": name the tokenizer that goes with the model");
        }
    }

    /** Returns the same model with another number of layers. Layers are alike, so a few tell what all are. */
    public DebertaConfig withLayers(int layers) {
        return with(architecture, layers, dropout, labelNames, statedProblemType);
    }

    /** Returns the same model, of which training drops other parts. */
    public DebertaConfig withDropout(DropoutRates rates) {
        return with(architecture, numHiddenLayers, rates, labelNames, statedProblemType);
    }

    /** Returns the same encoder under another head, or trained for other labels. */
    public DebertaConfig withHead(
            Optional<Architecture> head, LabelNames labels, Optional<ProblemType> problemTypeOfLabels) {
        return with(head, numHiddenLayers, dropout, labels, problemTypeOfLabels);
    }

    private DebertaConfig with(
            Optional<Architecture> head,
            int layers,
            DropoutRates rates,
            LabelNames labels,
            Optional<ProblemType> problem) {
        return new DebertaConfig(
                file,
                modelType,
                head,
                vocabSize,
                embeddingSize,
                hiddenSize,
                layers,
                numAttentionHeads,
                headSize,
                intermediateSize,
                hiddenActivation,
                maxPositionEmbeddings,
                positionBiasedInput,
                typeVocabSize,
                padTokenId,
                layerNormEps,
                initializerRange,
                relativeAttention,
                posAttType,
                maxRelativePositions,
                positionBuckets,
                normalizeRelativeEmbeddings,
                shareAttKey,
                convolution,
                poolerActivation,
                rates,
                legacyHead,
                tieWordEmbeddings,
                labels,
                problem);
    }

    /** S: relative indices run over [0, 2 S), the rows of the position table. */
    public int attSpan() {
        return positionBuckets > 0 ? positionBuckets : maxRelativePositions;
    }

    public boolean has(PositionTerm term) {
        return posAttType.contains(term);
    }

    /** Terms of the attention score: content to content, and each position term. */
    public int scoreTerms() {
        return 1 + posAttType.size();
    }

    /** Returns what every term of the score is multiplied by: 1 / sqrt(headSize * scoreTerms). */
    public double scoreScale() {
        return 1 / Math.sqrt((double) headSize * scoreTerms());
    }

    /**
     * Returns the labels' names by class index: those of {@code id2label}, or {@code LABEL_0} and so on.
     *
     * @throws ConfigException if what the file says of labels is not understood; a model without labels may say
     *     anything
     */
    public List<String> labels() {
        labelNames.fault().ifPresent(fault -> {
            throw new ConfigException(file, fault);
        });
        return labelNames.names();
    }

    /** Returns how many labels there are; exceptions as those of {@link #labels()}. */
    public int numLabels() {
        return labels().size();
    }

    /** Returns how many labels there are, if the file says so in a way that is understood. */
    Optional<Integer> labelCount() {
        return labelNames.stated() && labelNames.fault().isEmpty()
                ? Optional.of(labelNames.names().size())
                : Optional.empty();
    }
}
