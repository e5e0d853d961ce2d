package detangle.runtime;

import detangle.ir.DType;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Convention;
import detangle.models.deberta.ModelOptions;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** How to load a model. Values do not change: each {@code with} gives another. */
public final class SessionOptions {
    /** The best backend, the head of config.json, hidden states too. */
    public static final SessionOptions DEFAULT = new SessionOptions();

    private Optional<String> backend = Optional.empty();
    private Optional<Architecture> head = Optional.empty();
    private Optional<Convention> convention = Optional.empty();
    private Optional<Path> weights = Optional.empty();
    private Optional<DType> weightType = Optional.empty();
    private boolean hiddenStates = true;
    private boolean attentions;
    private boolean maskedRows;
    private boolean packing = true;
    private boolean uniformPadding;
    private boolean ignoreUnused;
    private Set<String> hostOperations = Set.of();

    private SessionOptions() {}

    private SessionOptions with(Consumer<SessionOptions> change) {
        SessionOptions copy = new SessionOptions();
        copy.backend = backend;
        copy.head = head;
        copy.convention = convention;
        copy.weights = weights;
        copy.weightType = weightType;
        copy.hiddenStates = hiddenStates;
        copy.attentions = attentions;
        copy.maskedRows = maskedRows;
        copy.packing = packing;
        copy.uniformPadding = uniformPadding;
        copy.ignoreUnused = ignoreUnused;
        copy.hostOperations = hostOperations;
        change.accept(copy);
        return copy;
    }

    /**
     * What to run on: {@code vector}, {@code reference}, {@code tornado} or one of its devices such as
     * {@code tornado:opencl:0}, {@code hybrid}, {@code auto}; empty for the best backend on the CPU.
     */
    public Optional<String> backend() {
        return backend;
    }

    public SessionOptions withBackend(Optional<String> value) {
        return with(o -> o.backend = value);
    }

    /** What stands on the encoder; empty for what config.json says, or the checkpoint holds where that says nothing. */
    public Optional<Architecture> head() {
        return head;
    }

    public SessionOptions withHead(Optional<Architecture> value) {
        return with(o -> o.head = value);
    }

    /** Whose reading of far distances is taken; empty for that of the head's origin. */
    public Optional<Convention> convention() {
        return convention;
    }

    public SessionOptions withConvention(Optional<Convention> value) {
        return with(o -> o.convention = value);
    }

    /** The file of the weights; empty for the one in the model's folder. */
    public Optional<Path> weights() {
        return weights;
    }

    public SessionOptions withWeights(Optional<Path> value) {
        return with(o -> o.weights = value);
    }

    /** F16 or bf16 to keep the weights of linear layers in; empty for the type that they are stored in. */
    public Optional<DType> weightType() {
        return weightType;
    }

    public SessionOptions withWeightType(Optional<DType> value) {
        return with(o -> o.weightType = value);
    }

    /** Whether the outputs include the hidden states. */
    public boolean hiddenStates() {
        return hiddenStates;
    }

    public SessionOptions withHiddenStates(boolean value) {
        return with(o -> o.hiddenStates = value);
    }

    /** Whether the outputs include the attention probabilities, which makes attention slower. */
    public boolean attentions() {
        return attentions;
    }

    public SessionOptions withAttentions(boolean value) {
        return with(o -> o.attentions = value);
    }

    /** Whether a masked LM predicts the tokens of the input {@code masked_rows} alone; see {@link ModelOptions}. */
    public boolean maskedRows() {
        return maskedRows;
    }

    public SessionOptions withMaskedRows(boolean value) {
        return with(o -> o.maskedRows = value);
    }

    /** Whether nothing is computed for padding; outputs of the head then hold zeros there. */
    public boolean packing() {
        return packing;
    }

    public SessionOptions withPacking(boolean value) {
        return with(o -> o.packing = value);
    }

    /** Whether padded positions are computed as HuggingFace does; see {@link ModelOptions}. */
    public boolean uniformPadding() {
        return uniformPadding;
    }

    public SessionOptions withUniformPadding(boolean value) {
        return with(o -> o.uniformPadding = value);
    }

    /**
     * Whether tensors of the encoder and of the head that no parameter takes are passed over. They are a fault otherwise: a model of
     * twelve layers whose configuration says six would run, and answer otherwise than it was trained to.
     */
    public boolean ignoreUnused() {
        return ignoreUnused;
    }

    public SessionOptions withIgnoreUnused(boolean value) {
        return with(o -> o.ignoreUnused = value);
    }

    /** Operations that a device beside the host leaves to it, as they are written in the IR: {@code packed_attention}. */
    public Set<String> hostOperations() {
        return hostOperations;
    }

    public SessionOptions withHostOperations(Set<String> value) {
        return with(o -> o.hostOperations = Set.copyOf(value));
    }
}
