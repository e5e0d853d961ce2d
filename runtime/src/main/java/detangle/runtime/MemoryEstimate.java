package detangle.runtime;

import detangle.backend.MemoryPlan.Layout;
import detangle.backend.Plan;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.KernelOp;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Symbols;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Convention;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import java.util.HashMap;
import java.util.Map;

/**
 * The memory that a model takes, from its configuration alone. Matrices are counted as floats, as kernels read them.
 *
 * @param parameters how many numbers the checkpoint holds for the model
 * @param weightBytes of the parameters as floats
 * @param positionBytes of the projections of relative positions, computed when the model is loaded
 * @param activationBytes of intermediate values at the sizes asked for
 * @param largestArena elements of the largest array for them; more than {@link Integer#MAX_VALUE} does not run at once
 */
public record MemoryEstimate(
        long parameters, long weightBytes, long positionBytes, long activationBytes, long largestArena) {

    /** Layers that are enough to know what one more takes. */
    private static final int MEASURED_LAYERS = 3;

    /**
     * Compiles the model without weights and plans it for a batch of sequences of a length. Of a deep one some layers
     * are compiled, as each further layer brings the same parameters and works in the same memory.
     */
    public static MemoryEstimate of(
            DebertaConfig config, Architecture head, Convention convention, long batch, long length) {
        int layers = config.numHiddenLayers();
        if (layers <= MEASURED_LAYERS) {
            return compiled(config, head, convention, batch, length);
        }
        MemoryEstimate fewer = compiled(config.withLayers(MEASURED_LAYERS - 1), head, convention, batch, length);
        MemoryEstimate some = compiled(config.withLayers(MEASURED_LAYERS), head, convention, batch, length);
        return some.deeper(fewer, layers - MEASURED_LAYERS);
    }

    private MemoryEstimate deeper(MemoryEstimate fewer, long layers) {
        return new MemoryEstimate(
                parameters + layers * (parameters - fewer.parameters),
                weightBytes + layers * (weightBytes - fewer.weightBytes),
                positionBytes + layers * (positionBytes - fewer.positionBytes),
                activationBytes,
                largestArena);
    }

    private static MemoryEstimate compiled(
            DebertaConfig config, Architecture head, Convention convention, long batch, long length) {
        ModelOptions options = ModelOptions.DEFAULT.with(convention).withHiddenStates(false);
        Plan plan = Compiler.compile(
                WithoutWeights.bound(DebertaModel.build(config, head, options)), Passes.packedOptimisations());
        Map<String, Long> parameters = new HashMap<>();
        long positions = 0;
        for (Node node : plan.program().nodes()) {
            if (node.op() instanceof TensorOp.Constant(Literal.Named(String name), var type)) {
                parameters.put(name, Tensor.elements(type.shape().sizes()));
            } else if (node.op() instanceof KernelOp.DisentangledAttention
                    || node.op() instanceof KernelOp.PackedAttention) {
                // The tables of positions are all that has fixed sizes.
                positions += node.inputs().stream()
                        .filter(i -> i.shape().isStatic())
                        .mapToLong(i -> Tensor.elements(i.shape().sizes()))
                        .sum();
            }
        }
        long count = parameters.values().stream().mapToLong(n -> n).sum();
        Layout layout = plan.memory()
                .layout(Map.of(
                        Symbols.BATCH,
                        batch,
                        Symbols.LENGTH,
                        length,
                        Symbols.CHOICES,
                        1L,
                        Symbols.TOKENS,
                        batch * length));
        return new MemoryEstimate(
                count,
                count * Float.BYTES,
                positions * Float.BYTES,
                layout.bytes(),
                layout.arenaElements().values().stream().mapToLong(n -> n).max().orElse(0));
    }
}
