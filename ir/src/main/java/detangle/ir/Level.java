package detangle.ir;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The stages of a program on its way from a model to the one who runs it. Each level has a table of the operations
 * that its programs may hold: {@link #holds}. The interpreter, which defines all operations, takes programs of every
 * level.
 */
public enum Level {
    /** The level that builders of models write: primitives. */
    MODEL(Constraint.LEVEL_MODEL),

    /** The level that passes take and leave: primitives, and kernels as far as passes have made them. */
    PASSES(Constraint.LEVEL_PASSES),

    /**
     * The level that a backend takes: each elementwise primitive is in a region, as a backend would interpret it
     * otherwise.
     */
    COMPILED(Constraint.LEVEL_COMPILED),

    /** A compiled program that is divided between a device and its host. */
    PLACED(Constraint.LEVEL_PLACED),

    /** The level that an exporter takes: values that follow from inputs and constants, and nothing that changes. */
    EXPORTED(Constraint.LEVEL_EXPORTED),

    /** A compiled program in an artifact, which has all data that it reads. */
    STORED(Constraint.LEVEL_STORED);

    private static final Set<Level> ALL = EnumSet.allOf(Level.class);
    private static final Set<Level> IN_PRIMITIVES = EnumSet.of(MODEL, PASSES, EXPORTED);
    private static final Set<Level> WITH_VARIABLES = EnumSet.of(MODEL, PASSES, COMPILED, PLACED);
    private static final Set<Level> WITH_KERNELS = EnumSet.complementOf(EnumSet.of(MODEL));
    private static final Set<Level> NOT_EXPORTED = EnumSet.complementOf(EnumSet.of(EXPORTED));

    private static final Set<Level> WITH_RANDOM_KERNELS = EnumSet.of(PASSES, COMPILED, PLACED, STORED);

    private final Constraint constraint;

    Level(Constraint constraint) {
        this.constraint = constraint;
    }

    /** Returns whether a program of this level may hold a node. */
    public boolean holds(Node node) {
        Set<Level> levels = switch (node.op()) {
            case TensorOp op -> of(op, node);
            case KernelOp op -> of(op);
        };
        return levels.contains(this);
    }

    private static Set<Level> of(TensorOp op, Node node) {
        return switch (op) {
            case TensorOp.Param o -> WITH_VARIABLES;
            case TensorOp.Unary o -> IN_PRIMITIVES;
            case TensorOp.Binary o -> IN_PRIMITIVES;
            case TensorOp.Compare o -> IN_PRIMITIVES;
            case TensorOp.Select o -> IN_PRIMITIVES;
            // The kernel that reads a stored weight converts it.
            case TensorOp.Convert o -> isConstant(node.inputs()) ? ALL : IN_PRIMITIVES;
            case TensorOp.RandomUniform o -> NOT_EXPORTED;
            case TensorOp.Transfer o -> EnumSet.of(PLACED);
            case TensorOp.Input o -> ALL;
            case TensorOp.Constant o -> ALL;
            case TensorOp.Iota o -> ALL;
            case TensorOp.Reduce o -> ALL;
            case TensorOp.Dot o -> ALL;
            case TensorOp.Reshape o -> ALL;
            case TensorOp.Transpose o -> ALL;
            case TensorOp.Broadcast o -> ALL;
            case TensorOp.Slice o -> ALL;
            case TensorOp.Concat o -> ALL;
            case TensorOp.Pad o -> ALL;
            case TensorOp.Gather o -> ALL;
            case TensorOp.ScatterAdd o -> ALL;
            case TensorOp.GatherLast o -> ALL;
            case TensorOp.ScatterAddLast o -> ALL;
            case TensorOp.Toeplitz o -> ALL;
            case TensorOp.Conv1d o -> ALL;
            case TensorOp.StopGradient o -> ALL;
            case TensorOp.After o -> ALL;
        };
    }

    private static boolean isConstant(List<Node> operands) {
        return operands.stream().allMatch(operand -> operand.op() instanceof TensorOp.Constant);
    }

    /** Exporters write those in primitives that other runtimes have no operator for. */
    private static Set<Level> of(KernelOp op) {
        return switch (op) {
            case KernelOp.Elementwise o -> o.region().isRandom() ? WITH_RANDOM_KERNELS : WITH_KERNELS;
            case KernelOp.Linear o -> WITH_KERNELS;
            case KernelOp.LayerNorm o -> WITH_KERNELS;
            case KernelOp.LayerNormGrad o -> WITH_KERNELS;
            case KernelOp.Embedding o -> WITH_KERNELS;
            case KernelOp.MaskedSoftmax o -> WITH_KERNELS;
            case KernelOp.SumOfSquares o -> WITH_KERNELS;
            case KernelOp.DisentangledAttention o -> WITH_KERNELS;
            case KernelOp.PackedAttention o -> WITH_KERNELS;
            case KernelOp.DisentangledAttentionGrad o -> WITH_KERNELS;
            case KernelOp.PackedAttentionGrad o -> WITH_KERNELS;
        };
    }

    /** Returns a diagnostic for each node that does not belong to this level, in program order. */
    public List<Diagnostic> verify(Program program) {
        List<Diagnostic> errors = new ArrayList<>();
        for (Node node : program.nodes()) {
            if (!holds(node)) {
                errors.add(error(node, node.toString()));
            }
        }
        if (!WITH_VARIABLES.contains(this)) {
            program.updates().forEach(update -> errors.add(error(update.parameter(), "updated")));
        }
        return errors;
    }

    private Diagnostic error(Node node, String what) {
        String name = node.name().isEmpty() ? "a value" : "%" + node.name();
        return new Diagnostic(
                node.location(), constraint, OneLine.of(name + " is " + what + ", but " + constraint.meaning()));
    }

    /** Returns the exception for a node that this level does not hold, in a program that was checked for this level. */
    public InternalException unexpected(Node node) {
        return new InternalException(node + " does not belong in a program of the level " + this);
    }

    /**
     * Checks that a program belongs to this level.
     *
     * @throws IrException if anything in it does not; it names the first such thing
     */
    public void check(Program program) {
        Verifier.check(verify(program));
    }
}
