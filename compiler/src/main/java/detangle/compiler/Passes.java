package detangle.compiler;

import detangle.compiler.pass.BindParameters;
import detangle.compiler.pass.Canonicalise;
import detangle.compiler.pass.CommonSubexpressions;
import detangle.compiler.pass.DeadConstants;
import detangle.compiler.pass.FoldConstants;
import detangle.compiler.pass.FuseAttention;
import detangle.compiler.pass.FuseElementwise;
import detangle.compiler.pass.FuseEmbedding;
import detangle.compiler.pass.FuseLayerNorm;
import detangle.compiler.pass.FuseLinear;
import detangle.compiler.pass.FuseSoftmax;
import detangle.compiler.pass.FuseSumOfSquares;
import detangle.compiler.pass.JoinRegions;
import detangle.compiler.pass.LowerConvolution;
import detangle.compiler.pass.NarrowActivations;
import detangle.compiler.pass.NarrowWeights;
import detangle.compiler.pass.NeededRows;
import detangle.compiler.pass.PackTokens;
import detangle.compiler.pass.RecomputeElementwise;
import detangle.compiler.pass.RelativeIndexTable;
import detangle.ir.DType;
import detangle.ir.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** All passes, in the order they run in. */
public final class Passes {
    private Passes() {}

    /** Returns the passes from a tensor-level program with parameters to a kernel-level one without. */
    public static List<Pass> inference(Map<String, Tensor> weights) {
        return bound(weights, optimisations());
    }

    /**
     * Returns the passes of {@link #inference} for batches whose tokens are packed: see {@link PackedInputs} for the
     * inputs that come with it.
     */
    public static List<Pass> packedInference(Map<String, Tensor> weights) {
        return bound(weights, packedOptimisations());
    }

    /**
     * Returns the pass that makes parameters constants but for some names, for programs that train a part of a model.
     *
     * @param weights the data of the other parameters, in the type in which it is kept
     */
    public static List<Pass> binding(Map<String, Tensor> weights, Set<String> variables) {
        return List.of(new BindParameters(weights, variables));
    }

    /** Returns the same passes, with constants folded by an evaluator of one's own. */
    public static List<Pass> withEvaluator(List<Pass> passes, ConstantEvaluator evaluator) {
        return with(new FoldConstants(evaluator), passes);
    }

    /**
     * Returns what {@link #withEvaluator} returns, for a device that {@linkplain
     * detangle.backend.Device#projectsPositions() computes} the tables of relative positions that attention reads.
     */
    public static List<Pass> leavingPositions(List<Pass> passes, ConstantEvaluator evaluator) {
        return with(FoldConstants.leavingPositions(evaluator), passes);
    }

    private static List<Pass> with(FoldConstants fold, List<Pass> passes) {
        return passes.stream().map(p -> p instanceof FoldConstants ? fold : p).toList();
    }

    /** Returns the same passes, after which weights of linear layers take 16 bits. */
    public static List<Pass> withNarrowWeights(List<Pass> passes, DType dtype) {
        List<Pass> all = new ArrayList<>(passes);
        all.add(all.size() - 1, new NarrowWeights(dtype)); // dead-constants then lets go of what was rounded
        return all;
    }

    /**
     * Returns the pass that gives values a type of 16 bits, for a part of a compiled program that a device runs.
     *
     * @param dtype f16 or bf16, see {@link detangle.backend.Device#activations}
     */
    public static Pass narrowActivations(DType dtype) {
        return new NarrowActivations(dtype);
    }

    private static List<Pass> bound(Map<String, Tensor> weights, List<Pass> optimisations) {
        List<Pass> passes = new ArrayList<>();
        passes.add(new BindParameters(weights)); // first: everything below sees constants
        passes.addAll(optimisations);
        return passes;
    }

    /**
     * Returns the passes from a tensor-level program with parameters to one that other runtimes have operators for:
     * attention is not fused.
     */
    public static List<Pass> export(Map<String, Tensor> weights) {
        return List.of(
                new BindParameters(weights),
                new Canonicalise(), // patterns below match one form
                new CommonSubexpressions(), // layers share index, mask and positions
                new RelativeIndexTable(), // an index of 2*S-1 differences is computed faster than one of S*S pairs
                new FoldConstants(), // the projections of positions
                new FuseSoftmax(),
                new FuseLayerNorm(),
                new FuseLinear(),
                new CommonSubexpressions(),
                new DeadConstants()); // lets go of weights that are folded
    }

    /**
     * Returns a pass that needs no weights, by its name.
     *
     * @throws CompileException if no pass has the name; it lists the names
     */
    public static Pass named(String name) {
        List<Pass> passes = packedOptimisations();
        passes.add(new JoinRegions());
        passes.add(new NarrowWeights(DType.F16));
        passes.add(new NarrowWeights(DType.BF16));
        passes.add(new NarrowActivations(DType.F16));
        passes.add(new NarrowActivations(DType.BF16));
        passes.add(new RecomputeElementwise());
        return passes.stream()
                .filter(p -> p.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new CompileException("there is no pass '" + name + "'; there are "
                        + passes.stream().map(Pass::name).distinct().collect(Collectors.joining(", "))));
    }

    /** Returns the passes that need no weights. */
    public static List<Pass> optimisations() {
        List<Pass> passes = new ArrayList<>(FUSIONS);
        passes.addAll(KERNELS);
        return passes;
    }

    /** Returns the passes of {@link #optimisations} for batches whose tokens are packed. */
    public static List<Pass> packedOptimisations() {
        List<Pass> passes = new ArrayList<>(FUSIONS);
        passes.add(new PackTokens()); // once all that mixes rows is attention; before regions swallow the masks
        passes.addAll(KERNELS);
        return passes;
    }

    /**
     * Returns the passes from a tensor-level program with its loss to the program that is differentiated: kernels, and
     * the primitives that are left. Parameters stay variables. {@link #afterGradients} follows the differentiation.
     *
     * @param packed whether the tokens of batches are packed: see {@link PackedInputs} for the inputs that come with it
     */
    public static List<Pass> training(boolean packed) {
        List<Pass> passes = new ArrayList<>(List.of(
                new Canonicalise(), // patterns below match one form
                new CommonSubexpressions(), // layers share index, mask and positions
                new RelativeIndexTable(), // its table is what attention reads
                new FuseAttention(), // the order of the fusions has the same reasons as in inference
                new FuseSoftmax(),
                new FuseLayerNorm(),
                new LowerConvolution(), // products have fast gradients
                FuseLinear.withoutActivation(), // the gradient of an activation reads its operand
                new FuseEmbedding(),
                new Canonicalise(), // the transposes that attention brought meet those of the model
                new NeededRows())); // rows that are not computed need no gradient either
        if (packed) {
            passes.add(new PackTokens()); // forwards and losses are packed, and the gradients follow
        }
        return passes;
    }

    /** Returns the passes from a program with gradients and updates to one for a backend. */
    public static List<Pass> afterGradients() {
        return List.of(
                new Canonicalise(), // gradients of moves meet the moves
                new CommonSubexpressions(), // values that forward and backward both compute, before regions swallow
                // them
                new FuseSumOfSquares(), // the norm of gradients, before regions square them
                new RecomputeElementwise(), // cheap values are computed again, and not kept from forward to backward
                new FuseElementwise(),
                new CommonSubexpressions(),
                new JoinRegions(), // an optimizer's step of a parameter, once its parts are regions
                new DeadConstants());
    }

    private static final List<Pass> FUSIONS = List.of(
            new Canonicalise(), // patterns below match one form
            new CommonSubexpressions(), // layers share index, mask and positions: patterns compare by identity
            new RelativeIndexTable(), // before folding: the index has symbolic sizes, its table is what attention reads
            new FuseAttention(), // first of the fusions: softmax and products inside it belong to it
            new FoldConstants(), // PK and PQ become tables, unless attention reads them and the device computes them;
            // before other fusions, which would hide their products in kernels
            new FuseSoftmax(), // what softmax attention left
            new FuseLayerNorm(), // before linear: both match a sum, and gamma and beta are not a bias
            new LowerConvolution(), // before linear, which takes the product
            new FuseLinear(), // after normalisation
            new FuseEmbedding(), // reads layer_norm
            new FuseSumOfSquares(), // sums of squares that are not part of a layer norm
            new Canonicalise(), // the transposes that attention brought meet those of the model
            new NeededRows()); // rows are rows of kernels by now

    private static final List<Pass> KERNELS = List.of(
            new FuseElementwise(), // it takes whatever is left
            new CommonSubexpressions(), // kernels that have become equal
            new DeadConstants()); // lets go of weights that are folded
}
