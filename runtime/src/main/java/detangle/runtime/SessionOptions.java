package detangle.runtime;

import detangle.backend.ComputePrecision;
import detangle.ir.DType;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Convention;
import detangle.models.deberta.ModelOptions;
import detangle.models.deberta.PaddedStates;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The options of loading a model: {@code SessionOptions.DEFAULT.withBackend("vector").withHiddenStates(false)}.
 *
 * @param backend what to run on: {@code vector}, {@code reference}, {@code tornado} or one of its devices such as
 *     {@code tornado:opencl:0}, {@code hybrid}, {@code auto}; empty for the best backend on the CPU
 * @param hostOperations operations that a device beside the host leaves to it, as they are written in the IR: {@code
 *     packed_attention}
 * @param precision in which the backend computes; fp32 by default. A backend that lacks it is refused
 * @param head what stands on the encoder; empty for what config.json says, or the checkpoint holds where that says
 *     nothing
 * @param convention whose reading of far distances is taken; empty for that of the head's origin
 * @param weights the file of the weights; empty for the one in the model's folder
 * @param adapter the folder of a LoRA adapter in PEFT's files, which is merged into the weights while they are loaded;
 *     empty for none
 * @param weightType f16 or bf16 to keep the weights of linear layers in; empty for the type that they are stored in
 * @param hiddenStates whether the outputs include the hidden states
 * @param attentions whether the outputs include the attention probabilities, which makes attention slower
 * @param maskedRows whether a masked LM predicts the tokens of the input {@code masked_rows} alone; see {@link
 *     ModelOptions}
 * @param packing whether nothing is computed for padding; outputs of the head then hold zeros there
 * @param padding what is computed at padded positions; batches are packed only where that is nothing
 * @param ignoreUnused whether tensors of the encoder and of the head that no parameter takes are passed over. They
 *     are a fault otherwise: a model of twelve layers whose configuration says six would run, and answer otherwise
 *     than it was trained to
 * @param warmUp whether loading compiles the device's kernels and waits for that, so that each answer takes the same
 *     time. Otherwise the first answers come sooner and from slower loops, with the same bits, and kernels are compiled
 *     beside the second run: for a process that has one answer to give
 */
public record SessionOptions(
        Optional<String> backend,
        Set<String> hostOperations,
        ComputePrecision precision,
        Optional<Architecture> head,
        Optional<Convention> convention,
        Optional<Path> weights,
        Optional<Path> adapter,
        Optional<DType> weightType,
        boolean hiddenStates,
        boolean attentions,
        boolean maskedRows,
        boolean packing,
        PaddedStates padding,
        boolean ignoreUnused,
        boolean warmUp) {
    /** The best backend, the head of config.json, hidden states too. */
    public static final SessionOptions DEFAULT = new SessionOptions(
            Optional.empty(),
            Set.of(),
            ComputePrecision.FP32,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            true,
            false,
            false,
            true,
            PaddedStates.NOTHING,
            false,
            true);

    /** Keeps copies. */
    public SessionOptions {
        hostOperations = Set.copyOf(hostOperations);
    }

    public SessionOptions withBackend(String value) {
        return with(o -> o.backend = Optional.of(value));
    }

    public SessionOptions withHostOperations(Set<String> value) {
        return with(o -> o.hostOperations = value);
    }

    public SessionOptions withPrecision(ComputePrecision value) {
        return with(o -> o.precision = value);
    }

    public SessionOptions withHead(Architecture value) {
        return with(o -> o.head = Optional.of(value));
    }

    public SessionOptions withConvention(Convention value) {
        return with(o -> o.convention = Optional.of(value));
    }

    public SessionOptions withWeights(Path value) {
        return with(o -> o.weights = Optional.of(value));
    }

    public SessionOptions withAdapter(Path value) {
        return with(o -> o.adapter = Optional.of(value));
    }

    public SessionOptions withWeightType(DType value) {
        return with(o -> o.weightType = Optional.of(value));
    }

    public SessionOptions withHiddenStates(boolean value) {
        return with(o -> o.hiddenStates = value);
    }

    public SessionOptions withAttentions(boolean value) {
        return with(o -> o.attentions = value);
    }

    public SessionOptions withMaskedRows(boolean value) {
        return with(o -> o.maskedRows = value);
    }

    public SessionOptions withPacking(boolean value) {
        return with(o -> o.packing = value);
    }

    public SessionOptions withPadding(PaddedStates value) {
        return with(o -> o.padding = value);
    }

    public SessionOptions withIgnoreUnused(boolean value) {
        return with(o -> o.ignoreUnused = value);
    }

    public SessionOptions withWarmUp(boolean value) {
        return with(o -> o.warmUp = value);
    }

    private SessionOptions with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.options();
    }

    /** The components as fields, so that one of them can be set by its name. */
    private static final class Draft {
        private Optional<String> backend;
        private Set<String> hostOperations;
        private ComputePrecision precision;
        private Optional<Architecture> head;
        private Optional<Convention> convention;
        private Optional<Path> weights;
        private Optional<Path> adapter;
        private Optional<DType> weightType;
        private boolean hiddenStates;
        private boolean attentions;
        private boolean maskedRows;
        private boolean packing;
        private PaddedStates padding;
        private boolean ignoreUnused;
        private boolean warmUp;

        Draft(SessionOptions options) {
            backend = options.backend;
            hostOperations = options.hostOperations;
            precision = options.precision;
            head = options.head;
            convention = options.convention;
            weights = options.weights;
            adapter = options.adapter;
            weightType = options.weightType;
            hiddenStates = options.hiddenStates;
            attentions = options.attentions;
            maskedRows = options.maskedRows;
            packing = options.packing;
            padding = options.padding;
            ignoreUnused = options.ignoreUnused;
            warmUp = options.warmUp;
        }

        SessionOptions options() {
            return new SessionOptions(
                    backend,
                    hostOperations,
                    precision,
                    head,
                    convention,
                    weights,
                    adapter,
                    weightType,
                    hiddenStates,
                    attentions,
                    maskedRows,
                    packing,
                    padding,
                    ignoreUnused,
                    warmUp);
        }
    }
}
