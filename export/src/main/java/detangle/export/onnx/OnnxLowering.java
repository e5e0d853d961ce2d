package detangle.export.onnx;

import detangle.export.ExportException;
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
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.UnaryFunction;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A program in the operators of ONNX, opset {@value #OPSET}: what has an operator becomes it, kernels without one are
 * written in primitives first. Source: github.com/onnx/onnx, docs/Operators.md.
 */
final class OnnxLowering {
    static final int OPSET = 18;

    private final OnnxGraph graph;
    private final OnnxDims dims;
    private final OnnxKernels kernels;
    private final Program program;
    private final Map<Node, String> values = new IdentityHashMap<>();
    private final Map<String, String> constants = new HashMap<>();

    private OnnxLowering(Program program, OnnxGraph graph) {
        this.program = program;
        this.graph = graph;
        this.dims = new OnnxDims(graph);
        this.kernels = new OnnxKernels(graph);
    }

    /**
     * Adds a program to a graph.
     *
     * @param inputs values of the graph by the names of the program's inputs
     * @return values of the graph by the names of the program's outputs
     */
    static Map<String, String> lower(Program program, OnnxGraph graph, Map<String, String> inputs) {
        Level.EXPORTED.check(program);
        Program known = Decomposition.decompose(program, op -> !OnnxKernels.has(op));
        return new OnnxLowering(known, graph).lower(inputs);
    }

    private Map<String, String> lower(Map<String, String> inputs) {
        for (Node input : program.inputs()) {
            String name = ((TensorOp.Input) input.op()).name();
            String value = Optional.ofNullable(inputs.get(name))
                    .orElseThrow(() -> new InternalException("nothing was given for the input '" + name + "'"));
            values.put(input, value);
            dims.learn(value, input.type());
        }
        for (Node node : program.nodes()) {
            if (!values.containsKey(node)) {
                graph.at(node.name());
                List<String> in = node.inputs().stream().map(values::get).toList();
                values.put(
                        node,
                        switch (node.op()) {
                            case TensorOp op -> tensorOp(op, node, in);
                            case KernelOp op -> kernels.lower(op, node, in);
                        });
            }
        }
        Map<String, String> outputs = new LinkedHashMap<>();
        program.outputs().forEach(output -> outputs.put(output.name(), values.get(output.node())));
        return outputs;
    }

    private String tensorOp(TensorOp op, Node node, List<String> in) {
        return switch (op) {
            case TensorOp.Input i -> throw new ExportException("'" + i.name() + "' is not an input of the program");
            case TensorOp.Param p -> throw Level.EXPORTED.unexpected(node);
            case TensorOp.Constant(var literal, var type) -> constant(literal, node);
            case TensorOp.Iota(var type, var axis, var start) -> iota(node, axis, start);
            case TensorOp.Unary(var f) -> unary(f, node.type().dtype(), in.get(0));
            case TensorOp.Binary(var f) -> graph.add(name(f), in);
            case TensorOp.Compare(var c) -> compare(c, node.input(0).type().dtype(), in);
            case TensorOp.Select() -> select(node.type().dtype(), in);
            case TensorOp.Convert(var to) ->
                convert(in.get(0), node.input(0).type().dtype(), to);
            case TensorOp.Reduce(var f, var axis) ->
                graph.add(
                        switch (f) {
                            case SUM -> "ReduceSum";
                            case MAX -> "ReduceMax";
                        },
                        List.of(in.get(0), graph.longs(List.of((long) axis))));
            case TensorOp.Dot(var lhsT, var rhsT) ->
                graph.add(
                        "MatMul",
                        List.of(matrix(node.input(0), in.get(0), lhsT), matrix(node.input(1), in.get(1), rhsT)));
            case TensorOp.Reshape r -> reshape(node, in.get(0));
            case TensorOp.Transpose(var permutation) -> transpose(in.get(0), permutation);
            case TensorOp.Broadcast(var shape) -> expand(in.get(0), shape);
            case TensorOp.Slice(var axis, var start, var limit) ->
                graph.add("Slice", List.of(in.get(0), dims.vector(start), dims.vector(limit), graph.longs(List.of((long)
                        axis))));
            case TensorOp.Concat(var axis) -> graph.add("Concat", in, Attribute.of("axis", axis));
            case TensorOp.Pad(var axis, var before, var after) ->
                graph.add("Pad", List.of(in.get(0), padding(node.type().rank(), axis, before, after)));
            case TensorOp.Gather() -> graph.add("Gather", in, Attribute.of("axis", 0));
            case TensorOp.ScatterAdd() -> scatterAdd(node, in);
            case TensorOp.GatherLast() ->
                graph.add(
                        "GatherElements",
                        List.of(in.get(0), expand(in.get(1), node.shape())),
                        Attribute.of("axis", -1));
            case TensorOp.ScatterAddLast() ->
                graph.add(
                        "ScatterElements",
                        List.of(in.get(0), expand(in.get(1), node.input(2).shape()), in.get(2)),
                        Attribute.of("axis", -1),
                        Attribute.of("reduction", "add"));
            case TensorOp.Toeplitz(var rows, var columns) -> toeplitz(in.get(0), rows, columns);
            case TensorOp.Conv1d(var groups, var padding) -> conv1d(in, groups, padding);
            case TensorOp.StopGradient() -> in.get(0);
            case TensorOp.After() -> in.get(0);
            case TensorOp.Transfer t -> throw Level.EXPORTED.unexpected(node);
            case TensorOp.RandomUniform r -> throw Level.EXPORTED.unexpected(node);
        };
    }

    private String constant(Literal literal, Node node) {
        DType dtype = node.type().dtype();
        return switch (literal) {
            case Literal.Splat(double value) -> {
                String scalar = graph.scalar(dtype, value);
                yield node.type().rank() == 0 ? scalar : expand(scalar, node.shape());
            }
            case Literal.Dense(var list) -> {
                double[] data = list.stream().mapToDouble(v -> v).toArray();
                Tensor tensor = Tensor.ofDoubles(dtype, data, node.shape().sizes());
                yield graph.initializer(node.name().isEmpty() ? "dense" : node.name(), tensor, dtype);
            }
            case Literal.Named(String name) ->
                constants.computeIfAbsent(name + " " + dtype.text(), key -> {
                    Tensor tensor = Optional.ofNullable(program.constants().get(name))
                            .orElseThrow(() -> new ExportException("there is no data for the constant '" + name + "'"));
                    return graph.initializer(name, tensor, dtype);
                });
        };
    }

    /** {@code start + i} along an axis, as a line that is expanded. */
    private String iota(Node node, int axis, Dim start) {
        Dim extent = node.type().dim(axis);
        String range = graph.add(
                "Range", List.of(dims.scalar(start), dims.scalar(start.plus(extent)), graph.scalar(DType.I64, 1)));
        String typed = convert(range, DType.I64, node.type().dtype());
        if (node.type().rank() == 1) {
            return typed;
        }
        List<Long> others = IntStream.range(0, node.type().rank())
                .filter(i -> i != axis)
                .mapToObj(i -> (long) i)
                .toList();
        return expand(graph.add("Unsqueeze", List.of(typed, graph.longs(others))), node.shape());
    }

    private String expand(String x, Shape shape) {
        return graph.add("Expand", List.of(x, dims.shape(shape)));
    }

    private String unary(UnaryFunction function, DType dtype, String x) {
        return switch (function) {
            case NEG -> graph.add("Neg", x);
            case ABS -> graph.add("Abs", x);
            case SIGN -> graph.add("Sign", x);
            case NOT -> graph.add("Not", x);
            case EXP -> graph.add("Exp", x);
            case LOG -> graph.add("Log", x);
            case SQRT -> graph.add("Sqrt", x);
            case RSQRT -> graph.add("Div", List.of(graph.scalar(dtype, 1), graph.add("Sqrt", x)));
            case ERF -> graph.add("Erf", x);
            case TANH -> graph.add("Tanh", x);
            case CEIL -> graph.add("Ceil", x);
            case FLOOR -> graph.add("Floor", x);
            case SILU -> graph.add("Mul", List.of(x, graph.add("Sigmoid", x)));
        };
    }

    private static String name(BinaryFunction function) {
        return switch (function) {
            case ADD -> "Add";
            case SUB -> "Sub";
            case MUL -> "Mul";
            case DIV -> "Div";
            case MAX -> "Max";
            case MIN -> "Min";
            case AND -> "And";
            case OR -> "Or";
        };
    }

    private String select(DType dtype, List<String> in) {
        if (dtype != DType.I1) {
            return graph.add("Where", in);
        }
        // ONNX Runtime does not choose between truth values.
        String chosen = graph.add("And", List.of(in.get(0), in.get(1)));
        String other = graph.add("And", List.of(graph.add("Not", in.get(0)), in.get(2)));
        return graph.add("Or", List.of(chosen, other));
    }

    private String compare(Comparison comparison, DType dtype, List<String> in) {
        List<String> operands = in;
        // Order is defined for numbers alone there.
        if (dtype == DType.I1 && comparison != Comparison.EQ && comparison != Comparison.NE) {
            operands = in.stream().map(x -> convert(x, DType.I1, DType.I32)).toList();
        }
        return switch (comparison) {
            case EQ -> graph.add("Equal", operands);
            case NE -> graph.add("Not", graph.add("Equal", operands));
            case LT -> graph.add("Less", operands);
            case LE -> graph.add("LessOrEqual", operands);
            case GT -> graph.add("Greater", operands);
            case GE -> graph.add("GreaterOrEqual", operands);
        };
    }

    /** Writes a conversion. It defines what a float beyond an integer type becomes, as the runtime does not. */
    private String convert(String x, DType from, DType to) {
        String cast = graph.add("Cast", x, Attribute.of("to", OnnxType.of(to)));
        if (!from.isFloat() || !to.isInteger()) {
            return cast;
        }
        double high = Math.pow(2, 8 * to.bytes() - 1);
        long highest = to == DType.I64 ? Long.MAX_VALUE : (long) high - 1;
        String above = graph.add("GreaterOrEqual", List.of(x, graph.scalar(from, high)));
        String below = graph.add("LessOrEqual", List.of(x, graph.scalar(from, -high)));
        String top = graph.longs(List.of(highest));
        String bottom = graph.longs(List.of(-highest - 1));
        String noNumber = graph.add("IsNaN", x);
        String zero = graph.scalar(to, 0);
        String capped = graph.add("Where", List.of(above, convert(top, DType.I64, to), cast));
        String bounded = graph.add("Where", List.of(below, convert(bottom, DType.I64, to), capped));
        return graph.add("Where", List.of(noNumber, zero, bounded));
    }

    private String matrix(Node node, String x, boolean transposed) {
        if (!transposed) {
            return x;
        }
        List<Integer> permutation =
                new ArrayList<>(IntStream.range(0, node.type().rank()).boxed().toList());
        Collections.swap(permutation, permutation.size() - 1, permutation.size() - 2);
        return transpose(x, permutation);
    }

    private String transpose(String x, List<Integer> permutation) {
        return graph.add(
                "Transpose",
                x,
                Attribute.of(
                        "perm", permutation.stream().map(Integer::longValue).toList()));
    }

    /** Leading sizes that stay are copied (0), which spares computing them. */
    private String reshape(Node node, String x) {
        Shape from = node.input(0).shape();
        List<Long> copied = new ArrayList<>();
        for (int i = 0; i < node.type().rank(); i++) {
            Dim dim = node.type().dim(i);
            if (i < from.rank() && dim.equals(from.dim(i)) && !dim.isStatic()) {
                copied.add(0L);
            } else if (dim.isStatic() && dim.size() > 0) {
                copied.add(dim.size());
            } else {
                return graph.add("Reshape", List.of(x, dims.shape(node.shape())), Attribute.of("allowzero", 1));
            }
        }
        return graph.add("Reshape", List.of(x, graph.longs(copied)));
    }

    /** {@code int64[2*rank]}: before each axis, then after each. */
    private String padding(int rank, int axis, Dim before, Dim after) {
        List<Dim> widths = new ArrayList<>(Collections.nCopies(2 * rank, Dim.of(0)));
        widths.set(axis, before);
        widths.set(rank + axis, after);
        return dims.shape(new Shape(widths));
    }

    private String scatterAdd(Node node, List<String> in) {
        String ids = convert(in.get(1), node.input(1).type().dtype(), DType.I64);
        String places = graph.add("Unsqueeze", List.of(ids, graph.longs(List.of(-1L))));
        return graph.add("ScatterND", List.of(in.get(0), places, in.get(2)), Attribute.of("reduction", "add"));
    }

    /** {@code table[i - j + columns - 1]}. */
    private String toeplitz(String table, Dim rows, Dim columns) {
        String zero = graph.scalar(DType.I64, 0);
        String one = graph.scalar(DType.I64, 1);
        String i = graph.add("Range", List.of(zero, dims.scalar(rows), one));
        String j = graph.add("Range", List.of(zero, dims.scalar(columns), one));
        String down = graph.add("Unsqueeze", List.of(i, graph.longs(List.of(1L))));
        String difference = graph.add("Sub", List.of(down, j));
        String place = graph.add("Add", List.of(difference, dims.vector(columns.plus(-1))));
        return graph.add("Gather", List.of(table, place), Attribute.of("axis", 0));
    }

    /** Channels stand last here and second there. */
    private String conv1d(List<String> in, int groups, int padding) {
        String channelsSecond = transpose(in.get(0), List.of(0, 2, 1));
        String y = graph.add(
                "Conv",
                List.of(channelsSecond, in.get(1)),
                Attribute.of("group", groups),
                Attribute.of("pads", List.of((long) padding, (long) padding)));
        return transpose(y, List.of(0, 2, 1));
    }
}
