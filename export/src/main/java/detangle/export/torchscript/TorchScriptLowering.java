package detangle.export.torchscript;

import detangle.export.ExportException;
import detangle.ir.Activation;
import detangle.ir.BinaryFunction;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Decomposition;
import detangle.ir.Dim;
import detangle.ir.InternalException;
import detangle.ir.KernelOp;
import detangle.ir.Level;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.UnaryFunction;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A program in the functions of PyTorch: what has a function becomes it, kernels without one are written in primitives
 * first. Source: github.com/pytorch/pytorch, aten/src/ATen/native/native_functions.yaml.
 */
final class TorchScriptLowering {
    /** Channels that one vector holds, at most. */
    private static final int CHANNEL_UNIT = 16;

    private final Program program;
    private final TorchModule module;
    private final TorchDims dims;
    private final Map<Node, String> values = new IdentityHashMap<>();

    private TorchScriptLowering(Program program) {
        this.program = program;
        Set<String> names = new LinkedHashSet<>();
        for (Node input : program.inputs()) {
            String name = ((TensorOp.Input) input.op()).name();
            // Other names are not identifiers, or stand for something else in the method.
            String parameter = name.matches("[a-z]\\w*_\\w+") ? name : "input_" + names.size();
            if (!names.add(parameter)) {
                throw new ExportException("two inputs would be called '" + parameter + "'");
            }
            values.put(input, parameter);
        }
        this.module = new TorchModule(List.copyOf(names));
        this.dims = new TorchDims(module);
    }

    static TorchModule lower(Program program) {
        Level.EXPORTED.check(program);
        Program known = Decomposition.decompose(program, op -> !has(op));
        return new TorchScriptLowering(known).lower();
    }

    private static boolean has(KernelOp op) {
        return switch (op) {
            case KernelOp.Linear l -> true;
            case KernelOp.LayerNorm n -> true;
            case KernelOp.MaskedSoftmax s -> true;
            case KernelOp.Elementwise e -> false;
            case KernelOp.LayerNormGrad g -> false;
            case KernelOp.Embedding e -> false;
            case KernelOp.SumOfSquares s -> false;
            case KernelOp.DisentangledAttention a -> false;
            case KernelOp.PackedAttention a -> false;
            case KernelOp.DisentangledAttentionGrad g -> false;
            case KernelOp.PackedAttentionGrad g -> false;
        };
    }

    private TorchModule lower() {
        program.inputs().forEach(input -> dims.learn(input, values.get(input)));
        for (Node node : program.nodes()) {
            if (!values.containsKey(node)) {
                List<String> in = node.inputs().stream().map(values::get).toList();
                values.put(
                        node,
                        switch (node.op()) {
                            case TensorOp op -> tensorOp(op, node, in);
                            case KernelOp op -> kernelOp(op, node, in);
                        });
            }
        }
        SequencedMap<String, String> outputs = new LinkedHashMap<>();
        program.outputs().forEach(o -> outputs.put(o.name(), values.get(o.node())));
        module.result(outputs);
        return module;
    }

    private String tensorOp(TensorOp op, Node node, List<String> in) {
        return switch (op) {
            case TensorOp.Input i -> throw new ExportException("'" + i.name() + "' is not an input of the program");
            case TensorOp.Param p -> throw Level.EXPORTED.unexpected(node);
            case TensorOp.Constant(var literal, var type) -> constant(literal, node, type.dtype());
            case TensorOp.Iota(var type, var axis, var start) -> iota(node, axis, start);
            case TensorOp.Unary(var f) -> module.call(name(f), in.getFirst());
            case TensorOp.Binary(var f) -> binary(f, node.type().dtype(), in);
            case TensorOp.Compare(var c) -> module.call(name(c), in.get(0), in.get(1));
            case TensorOp.Select() -> module.call("where", in.get(0), in.get(1), in.get(2));
            case TensorOp.Convert(var to) -> convert(node.input(0), in.getFirst(), to);
            case TensorOp.Reduce(var f, var axis) -> reduce(f, axis, node, in.getFirst());
            case TensorOp.Dot(var lhsT, var rhsT) ->
                module.call("matmul", matrix(in.get(0), lhsT), matrix(in.get(1), rhsT));
            case TensorOp.Reshape(var shape) -> module.call("reshape", in.getFirst(), dims.of(shape));
            case TensorOp.Transpose(var permutation) -> module.call("permute", in.getFirst(), permutation);
            case TensorOp.Broadcast(var shape) -> expand(in.getFirst(), shape);
            case TensorOp.Slice(var axis, var start, var limit) ->
                module.call("slice", in.getFirst(), axis, dims.of(start), dims.of(limit), 1);
            case TensorOp.Concat(var axis) -> module.call("cat", in, axis);
            case TensorOp.Pad(var axis, var before, var after) ->
                module.call(
                        "constant_pad_nd", in.getFirst(), padding(node.type().rank(), axis, before, after), 0);
            case TensorOp.Gather() -> gather(node, in);
            case TensorOp.ScatterAdd() -> scatterAdd(node, in);
            case TensorOp.GatherLast() ->
                module.call("gather", in.get(0), -1, expand(longs(node.input(1), in.get(1)), node.shape()));
            case TensorOp.ScatterAddLast() ->
                module.call(
                        "scatter_add",
                        in.get(0),
                        -1,
                        expand(longs(node.input(1), in.get(1)), node.input(2).shape()),
                        in.get(2));
            case TensorOp.Toeplitz(var rows, var columns) -> {
                // Windows of the table run the other way along columns.
                String windows = module.call("unfold", in.getFirst(), 0, dims.of(columns), 1);
                yield module.call("flip", windows, "[1]");
            }
            case TensorOp.Conv1d(var groups, var padding) -> {
                String x = in.get(0);
                String weight = in.get(1);
                long missing = missingChannels(node, groups);
                if (missing > 0) {
                    x = module.call("constant_pad_nd", x, "[0, " + missing + "]", 0);
                    weight = module.call("constant_pad_nd", weight, "[0, 0, 0, " + missing + "]", 0);
                }
                String channelsSecond = module.call("permute", x, "[0, 2, 1]");
                String y = module.call("conv1d", channelsSecond, weight, "None", "[1]", list(padding), "[1]", groups);
                yield module.call("permute", y, "[0, 2, 1]");
            }
            case TensorOp.StopGradient() -> in.getFirst();
            case TensorOp.After() -> in.getFirst();
            case TensorOp.Transfer t -> throw Level.EXPORTED.unexpected(node);
            case TensorOp.RandomUniform r -> throw Level.EXPORTED.unexpected(node);
        };
    }

    /**
     * Returns how many zero channels make PyTorch's kernels right: over a batch of several sequences with 31 channels,
     * version 2.7 computes something else on processors with AVX2 or AVX-512.
     */
    private static long missingChannels(Node convolution, int groups) {
        Dim channels = convolution.input(1).type().dim(1);
        return groups == 1 && channels.isStatic() ? Math.floorMod(-channels.size(), CHANNEL_UNIT) : 0;
    }

    private String kernelOp(KernelOp op, Node node, List<String> in) {
        DType dtype = node.type().dtype();
        return switch (op) {
            case KernelOp.Linear(var bias, var activation) ->
                activation(
                        activation,
                        module.call(
                                "linear",
                                in.get(0),
                                as(dtype, node.input(1), in.get(1)),
                                bias ? as(dtype, node.input(2), in.get(2)) : "None"));
            case KernelOp.LayerNorm(var epsilon, var residual) -> {
                String x = residual ? module.call("add", in.get(0), in.get(1)) : in.get(0);
                int gamma = in.size() - 2;
                yield module.call(
                        "layer_norm",
                        x,
                        "[" + dims.of(node.type().dim(node.type().rank() - 1)) + "]",
                        as(dtype, node.input(gamma), in.get(gamma)),
                        as(dtype, node.input(gamma + 1), in.get(gamma + 1)),
                        epsilon);
            }
            case KernelOp.MaskedSoftmax() -> {
                String nothing = module.scalar(dtype, Double.NEGATIVE_INFINITY);
                String masked = module.call("where", in.get(1), in.get(0), nothing);
                // A row without any place is NaN until here.
                yield module.call("where", in.get(1), module.call("softmax", masked, -1), module.scalar(dtype, 0));
            }
            case KernelOp.Elementwise e -> throw inPrimitives(op);
            case KernelOp.LayerNormGrad g -> throw inPrimitives(op);
            case KernelOp.Embedding e -> throw inPrimitives(op);
            case KernelOp.SumOfSquares s -> throw inPrimitives(op);
            case KernelOp.DisentangledAttention a -> throw inPrimitives(op);
            case KernelOp.PackedAttention a -> throw inPrimitives(op);
            case KernelOp.DisentangledAttentionGrad g -> throw inPrimitives(op);
            case KernelOp.PackedAttentionGrad g -> throw inPrimitives(op);
        };
    }

    private static InternalException inPrimitives(KernelOp op) {
        return new InternalException(op + " was to be written in primitives");
    }

    private String activation(Activation activation, String x) {
        return switch (activation) {
            case NONE -> x;
            case GELU -> module.call("gelu", x);
            case TANH -> module.call("tanh", x);
            case RELU -> module.call("relu", x);
            case SILU -> module.call("silu", x);
        };
    }

    private String constant(Literal literal, Node node, DType dtype) {
        return switch (literal) {
            case Literal.Splat(double value) -> {
                String scalar = module.scalar(dtype, value);
                yield node.type().rank() == 0 ? scalar : expand(scalar, node.shape());
            }
            case Literal.Dense(var list) -> {
                double[] data = list.stream().mapToDouble(v -> v).toArray();
                yield module.buffer(
                        node, Tensor.ofDoubles(dtype, data, node.shape().sizes()), dtype);
            }
            case Literal.Named(String name) ->
                module.buffer(
                        name,
                        Optional.ofNullable(program.constants().get(name))
                                .orElseThrow(
                                        () -> new ExportException("there is no data for the constant '" + name + "'")),
                        dtype);
        };
    }

    private String iota(Node node, int axis, Dim start) {
        Dim extent = node.type().dim(axis);
        String range = module.call("arange", dims.of(start), dims.of(start.plus(extent)));
        List<Dim> line = new ArrayList<>(Collections.nCopies(node.type().rank(), Dim.of(1)));
        line.set(axis, extent);
        String placed = module.call("reshape", to(range, node.type().dtype()), dims.of(new Shape(line)));
        return expand(placed, node.shape());
    }

    private String expand(String x, Shape shape) {
        return module.call("expand", x, dims.of(shape));
    }

    private String to(String x, DType dtype) {
        return module.call("to", x, TorchType.of(dtype).number());
    }

    private static String name(UnaryFunction function) {
        return switch (function) {
            case NEG -> "neg";
            case ABS -> "abs";
            case SIGN -> "sign";
            case NOT -> "logical_not";
            case EXP -> "exp";
            case LOG -> "log";
            case SQRT -> "sqrt";
            case RSQRT -> "rsqrt";
            case ERF -> "erf";
            case TANH -> "tanh";
            case CEIL -> "ceil";
            case FLOOR -> "floor";
            case SILU -> "silu";
        };
    }

    private String binary(BinaryFunction function, DType dtype, List<String> in) {
        String a = in.get(0);
        String b = in.get(1);
        return switch (function) {
            case ADD -> module.call("add", a, b);
            case SUB -> module.call("sub", a, b);
            case MUL -> module.call("mul", a, b);
            case DIV ->
                dtype.isFloat() ? module.call("div", a, b) : module.call("div", a, b, "rounding_mode=\"trunc\"");
            case MAX -> module.call("maximum", a, b);
            case MIN -> module.call("minimum", a, b);
            case AND -> module.call("logical_and", a, b);
            case OR -> module.call("logical_or", a, b);
        };
    }

    private static String name(Comparison comparison) {
        return switch (comparison) {
            case EQ -> "eq";
            case NE -> "ne";
            case LT -> "lt";
            case LE -> "le";
            case GT -> "gt";
            case GE -> "ge";
        };
    }

    /** Writes a conversion. It defines what a float beyond an integer type becomes, as the runtime does not. */
    private String convert(Node from, String x, DType to) {
        DType dtype = from.type().dtype();
        if (!dtype.isFloat() || !to.isInteger()) {
            return as(to, from, x);
        }
        double high = Math.pow(2, 8 * to.bytes() - 1);
        long highest = to == DType.I64 ? Long.MAX_VALUE : (long) high - 1;
        String cast = to(x, to);
        String above = module.call("ge", x, module.scalar(dtype, high));
        String below = module.call("le", x, module.scalar(dtype, -high));
        String capped = module.call("where", above, limit(highest, to), cast);
        String bounded = module.call("where", below, limit(-highest - 1, to), capped);
        return module.call("where", module.call("isnan", x), module.scalar(to, 0), bounded);
    }

    private String limit(long value, DType dtype) {
        return module.buffer("limit " + value, Tensor.ofLongs(dtype, new long[] {value}), dtype);
    }

    /** Returns a value in another type; data is written in that type rather than converted at each run. */
    private String as(DType dtype, Node node, String x) {
        if (node.type().dtype() == dtype) {
            return x;
        }
        return node.op() instanceof TensorOp.Constant(Literal.Named named, var type)
                ? constant(named, node, dtype)
                : to(x, dtype);
    }

    private String longs(Node node, String x) {
        return as(DType.I64, node, x);
    }

    private String reduce(ReduceFunction function, int axis, Node node, String x) {
        return switch (function) {
            case SUM ->
                module.call(
                        "sum",
                        x,
                        list(axis),
                        "True",
                        "dtype=" + TorchType.of(node.type().dtype()).number());
            case MAX -> module.call("amax", x, list(axis), "True");
        };
    }

    private static String list(Object element) {
        return "[" + element + "]";
    }

    private String matrix(String x, boolean transposed) {
        return transposed ? module.call("transpose", x, -2, -1) : x;
    }

    /** Returns the padding before and after each axis, from the last axis to the first. */
    private String padding(int rank, int axis, Dim before, Dim after) {
        List<String> widths = new ArrayList<>();
        IntStream.range(axis + 1, rank).forEach(i -> widths.addAll(List.of("0", "0")));
        widths.addAll(List.of(dims.of(before), dims.of(after)));
        return widths.toString();
    }

    private String gather(Node node, List<String> in) {
        String ids = longs(node.input(1), in.get(1));
        if (node.input(0).type().rank() == 2) {
            return module.call("embedding", in.get(0), ids);
        }
        String rows = module.call("index_select", in.get(0), 0, module.call("reshape", ids, "[-1]"));
        return module.call("reshape", rows, dims.of(node.shape()));
    }

    private String scatterAdd(Node node, List<String> in) {
        String ids = module.call("reshape", longs(node.input(1), in.get(1)), "[-1]");
        List<String> sizes = new ArrayList<>(List.of(module.call("numel", ids)));
        node.shape().dims().stream().skip(1).map(dims::of).forEach(sizes::add);
        return module.call("index_add", in.get(0), 0, ids, module.call("reshape", in.get(2), sizes));
    }
}
