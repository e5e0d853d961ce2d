package detangle.compiler.pass;

import detangle.compiler.CompileException;
import detangle.compiler.Pass;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.TensorOp;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Values that are computed at each run in f32 get a type of 16 bits, and so do the weights that they are computed with:
 * a device keeps them in half the memory, and multiplies them by its matrix units. Kernels still compute in f32 and
 * round their results. Inputs and outputs of the program keep their types, as do sums along an axis, and values that
 * whole numbers or truth values are made of.
 *
 * <pre>
 * %y = linear %x, %w, %b : f32[T,64]      =>   %0 = elementwise %x {convert&lt;f16&gt;(a0)} : f16[T,64]
 * return y = %y                                %1 = linear %0, convert %w, convert %b : f16[T,64]
 *                                              %2 = elementwise %1 {convert&lt;f32&gt;(a0)} : f32[T,64]
 *                                              return y = %2
 * </pre>
 */
public final class NarrowActivations implements Pass {
    private final DType dtype;

    /** @param dtype f16 or bf16 */
    public NarrowActivations(DType dtype) {
        if (dtype != DType.F16 && dtype != DType.BF16) {
            throw new IllegalArgumentException("values are kept in f16 or bf16, not in " + dtype.text());
        }
        this.dtype = dtype;
    }

    @Override
    public String name() {
        return "narrow-activations-" + dtype.text();
    }

    /** @throws CompileException if the program updates parameters */
    @Override
    public Program run(Program program) {
        if (!program.updates().isEmpty()) {
            throw new CompileException("a program that updates parameters is computed in f32, and not in "
                    + dtype.text() + ": choose the precision fp32");
        }
        Run run = new Run(program);
        List<Output> outputs = program.outputs().stream()
                .map(o -> new Output(
                        o.name(),
                        run.typed(run.rebuilt.get(o.node()), o.node().type().dtype())))
                .toList();
        return new CommonSubexpressions()
                .run(new Program(program.name(), program.inputs(), outputs, program.constants()));
    }

    /** A program on its way to narrow types. */
    private final class Run {
        private final Builder b = new Builder();
        private final Map<Node, Node> rebuilt = new IdentityHashMap<>();

        /** What each value has been converted to, by the value; a value is read in one other type at most. */
        private final Map<Node, Map<DType, Node>> converted = new IdentityHashMap<>();

        Run(Program program) {
            Set<Node> eachRun = program.eachRun();
            Set<Node> exact = exact(program);
            for (Node node : program.nodes()) {
                boolean computed = eachRun.contains(node) && !node.inputs().isEmpty();
                rebuilt.put(node, computed ? rebuild(node, exact.contains(node)) : node);
            }
        }

        private Node rebuild(Node node, boolean exact) {
            List<Node> operands = node.inputs().stream().map(rebuilt::get).toList();
            Node same = switch (kind(node)) {
                case REGION -> region(((KernelOp.Elementwise) node.op()).region(), operands, exact);
                case MOVE -> exact ? wide(node, operands) : narrow(node, operands);
                case KERNEL -> narrow(node, operands);
                case OTHER -> wide(node, operands);
            };
            return same.withName(node.name());
        }

        /** Returns an operation whose floats have 16 bits. */
        private Node narrow(Node node, List<Node> operands) {
            return b.op(
                    node.op(),
                    operands.stream()
                            .map(x -> x.type().dtype().isFloat() ? typed(x, dtype) : x)
                            .toList());
        }

        /** Returns an operation whose operands have the types that they had. */
        private Node wide(Node node, List<Node> operands) {
            List<Node> typed = new ArrayList<>();
            for (int i = 0; i < operands.size(); i++) {
                typed.add(typed(operands.get(i), node.input(i).type().dtype()));
            }
            return node.withInputs(typed);
        }

        /** A region reads each operand in the type that it has, computes in f32, and rounds its result. */
        private Node region(Region region, List<Node> operands, boolean exact) {
            List<DType> types = operands.stream().map(x -> x.type().dtype()).toList();
            List<ScalarExpr> arguments = new ArrayList<>();
            for (int i = 0; i < types.size(); i++) {
                ScalarExpr argument = new ScalarExpr.Arg(i, types.get(i));
                DType before = region.arguments().get(i);
                arguments.add(types.get(i) == before ? argument : new ScalarExpr.Convert(argument, before));
            }
            ScalarExpr body = region.body().withArguments(arguments);
            boolean rounds = !exact && body.dtype() == DType.F32;
            return b.op(
                    new KernelOp.Elementwise(new Region(types, rounds ? new ScalarExpr.Convert(body, dtype) : body)),
                    operands);
        }

        /** Returns the value in a type. */
        Node typed(Node x, DType to) {
            if (x.type().dtype() == to) {
                return x;
            }
            return converted
                    .computeIfAbsent(x, n -> new EnumMap<>(DType.class))
                    .computeIfAbsent(to, t -> convert(x, t));
        }

        /** A constant is converted before it is copied to a device, and any other value by a region. */
        private Node convert(Node x, DType to) {
            DType from = x.type().dtype();
            Node stored = x.op() instanceof TensorOp.Convert ? x.input(0) : x;
            return stored.op() instanceof TensorOp.Constant
                    ? b.convert(stored, to)
                    : b.op(
                            new KernelOp.Elementwise(
                                    new Region(List.of(from), new ScalarExpr.Convert(new ScalarExpr.Arg(0, from), to))),
                            x);
        }
    }

    /** How an operation is given narrow types. */
    private enum Kind {
        /** An expression over elements. */
        REGION,
        /** Elements in another order, or some of them. */
        MOVE,
        /** A kernel that computes in f32 whatever the type of its operands is. */
        KERNEL,
        /** What stays as it is. */
        OTHER
    }

    private static Kind kind(Node node) {
        if (node.type().dtype() != DType.F32) {
            return node.op() instanceof KernelOp.Elementwise e && !e.region().hasSeveralResults()
                    ? Kind.REGION
                    : Kind.OTHER;
        }
        return switch (node.op()) {
            case KernelOp op -> of(op);
            case TensorOp op -> of(op);
        };
    }

    private static Kind of(KernelOp op) {
        return switch (op) {
            case KernelOp.Elementwise(Region region) -> region.hasSeveralResults() ? Kind.OTHER : Kind.REGION;
            case KernelOp.Linear o -> Kind.KERNEL;
            case KernelOp.LayerNorm o -> Kind.KERNEL;
            case KernelOp.MaskedSoftmax o -> Kind.KERNEL;
            case KernelOp.DisentangledAttention o -> Kind.KERNEL;
            case KernelOp.PackedAttention o -> Kind.KERNEL;
            // Its result is f32, of whatever type its table is.
            case KernelOp.Embedding o -> Kind.OTHER;
            case KernelOp.SumOfSquares o -> Kind.OTHER;
            case KernelOp.LayerNormGrad o -> Kind.OTHER;
            case KernelOp.DisentangledAttentionGrad o -> Kind.OTHER;
            case KernelOp.PackedAttentionGrad o -> Kind.OTHER;
        };
    }

    private static Kind of(TensorOp op) {
        return switch (op) {
            case TensorOp.Reshape o -> Kind.MOVE;
            case TensorOp.Transpose o -> Kind.MOVE;
            case TensorOp.Broadcast o -> Kind.MOVE;
            case TensorOp.Slice o -> Kind.MOVE;
            case TensorOp.Concat o -> Kind.MOVE;
            case TensorOp.Pad o -> Kind.MOVE;
            case TensorOp.Gather o -> Kind.MOVE;
            case TensorOp.GatherLast o -> Kind.MOVE;
            case TensorOp.StopGradient o -> Kind.MOVE;
            case TensorOp.After o -> Kind.MOVE;
            case TensorOp.Dot o -> Kind.KERNEL;
            case TensorOp.Conv1d o -> Kind.KERNEL;
            // Sums of many rows pass what 16 bits can hold.
            case TensorOp.Reduce o -> Kind.OTHER;
            case TensorOp.ScatterAdd o -> Kind.OTHER;
            case TensorOp.ScatterAddLast o -> Kind.OTHER;
            // These are in regions, or have no floats that are computed.
            case TensorOp.Unary o -> Kind.OTHER;
            case TensorOp.Binary o -> Kind.OTHER;
            case TensorOp.Compare o -> Kind.OTHER;
            case TensorOp.Select o -> Kind.OTHER;
            case TensorOp.Convert o -> Kind.OTHER;
            case TensorOp.RandomUniform o -> Kind.OTHER;
            case TensorOp.Toeplitz o -> Kind.OTHER;
            case TensorOp.Transfer o -> Kind.OTHER;
            case TensorOp.Input o -> Kind.OTHER;
            case TensorOp.Param o -> Kind.OTHER;
            case TensorOp.Constant o -> Kind.OTHER;
            case TensorOp.Iota o -> Kind.OTHER;
        };
    }

    /**
     * Returns the values of which whole numbers or truth values are made without a product between: an index that is
     * computed in floats would be another one if they were rounded.
     */
    private static Set<Node> exact(Program program) {
        Set<Node> exact = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Node node : program.nodes().reversed()) {
            boolean demands = !node.type().dtype().isFloat() || exact.contains(node);
            if (demands && kind(node) != Kind.KERNEL) {
                node.inputs().stream().filter(x -> x.type().dtype().isFloat()).forEach(exact::add);
            }
        }
        return exact;
    }
}
