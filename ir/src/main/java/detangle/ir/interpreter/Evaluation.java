package detangle.ir.interpreter;

import detangle.ir.DType;
import detangle.ir.InternalException;
import detangle.ir.KernelOp;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The value of one tensor-level node from the values of its operands, under one binding of the symbols. */
final class Evaluation {
    private final Precision precision;
    private final Map<String, Long> bindings;
    private final Data data;

    /** Tensors by name. */
    record Data(Map<String, Tensor> inputs, Map<String, Tensor> parameters, Map<String, Tensor> constants) {
        /** Data for nodes that never change. */
        static Data ofConstants(Map<String, Tensor> constants) {
            return new Data(Map.of(), Map.of(), constants);
        }
    }

    Evaluation(Precision precision, Map<String, Long> bindings, Data data) {
        this.precision = precision;
        this.bindings = bindings;
        this.data = data;
    }

    /** Operands that are read in place are null in {@code in}: tables of a gather. */
    Value evaluate(Node node, List<Value> in) {
        Value value = switch (node.op()) {
            case TensorOp op -> compute(op, node, in);
            case KernelOp op -> throw new InternalException(op + " is evaluated through its decomposition");
        };
        return precision == Precision.F32 && value.isFloat() ? rounded(value) : value;
    }

    private static Value rounded(Value value) {
        double[] floats = value.floats();
        for (int i = 0; i < floats.length; i++) {
            if (ScalarMath.round(value.dtype(), floats[i]) != floats[i]) {
                return Value.of(value.dtype(), value.shape(), roundAll(value.dtype(), floats));
            }
        }
        return value;
    }

    private static double[] roundAll(DType dtype, double[] floats) {
        return Arrays.stream(floats).map(x -> ScalarMath.round(dtype, x)).toArray();
    }

    private Value compute(TensorOp op, Node node, List<Value> in) {
        int[] shape = Value.ints(node.shape().evaluate(bindings));
        return switch (op) {
            case TensorOp.Input(var name, var type) -> Value.of(data.inputs().get(name));
            case TensorOp.Param(var name, var type) ->
                Value.of(parameter(name, type)).as(type.dtype());
            case TensorOp.Constant(var literal, var type) -> constant(literal, type, shape);
            case TensorOp.Iota(var type, var axis, var start) ->
                Rearrangement.iota(type.dtype(), shape, axis, start.evaluate(bindings));
            case TensorOp.Unary(var f) -> Elementwise.unary(f, in.get(0));
            case TensorOp.Binary(var f) -> Elementwise.binary(f, in.get(0), in.get(1), shape);
            case TensorOp.Compare(var c) -> Elementwise.compare(c, in.get(0), in.get(1), shape);
            case TensorOp.Select() -> Elementwise.select(in.get(0), in.get(1), in.get(2), shape);
            case TensorOp.Convert(var to) -> Elementwise.convert(in.get(0), to);
            case TensorOp.Reduce(var f, var axis) -> Contraction.reduce(f, in.get(0), axis);
            case TensorOp.Dot(var lhsT, var rhsT) ->
                Contraction.dot(matrix(in.get(0), lhsT), matrix(in.get(1), rhsT), shape);
            case TensorOp.Reshape(var to) -> in.get(0).reshape(shape);
            case TensorOp.Transpose(var permutation) -> Rearrangement.transpose(in.get(0), permutation);
            case TensorOp.Broadcast(var to) -> Rearrangement.broadcast(in.get(0), shape);
            case TensorOp.Slice(var axis, var start, var limit) ->
                Rearrangement.slice(in.get(0), axis, start.evaluate(bindings), limit.evaluate(bindings));
            case TensorOp.Concat(var axis) -> Rearrangement.concat(in, axis);
            case TensorOp.Pad(var axis, var before, var after) ->
                Rearrangement.pad(in.get(0), axis, before.evaluate(bindings), after.evaluate(bindings));
            case TensorOp.Gather() ->
                in.get(0) == null
                        ? Indexing.gather(constantData(node.input(0)), in.get(1))
                                .as(node.type().dtype())
                        : Indexing.gather(in.get(0), in.get(1));
            case TensorOp.ScatterAdd() -> Indexing.scatterAdd(in.get(0), in.get(1), in.get(2));
            case TensorOp.GatherLast() -> Indexing.gatherLast(in.get(0), in.get(1));
            case TensorOp.ScatterAddLast() -> Indexing.scatterAddLast(in.get(0), in.get(1), in.get(2));
            case TensorOp.Toeplitz(var rows, var columns) -> Rearrangement.toeplitz(in.get(0), shape[0], shape[1]);
            case TensorOp.Conv1d(var groups, var padding) ->
                Contraction.conv1d(in.get(0), in.get(1), groups, padding, shape);
            case TensorOp.StopGradient() -> in.get(0);
            case TensorOp.After() -> in.get(0);
            case TensorOp.Transfer t -> in.get(0);
            case TensorOp.RandomUniform(var type, var stream) ->
                randomUniform(type.dtype(), shape, in.get(0).ints()[0], stream);
        };
    }

    private static Value matrix(Value x, boolean transposed) {
        if (!transposed) {
            return x;
        }
        Integer[] permutation = new Integer[x.rank()];
        Arrays.setAll(permutation, i -> i);
        permutation[x.rank() - 2] = x.rank() - 1;
        permutation[x.rank() - 1] = x.rank() - 2;
        return Rearrangement.transpose(x, List.of(permutation));
    }

    private Value constant(Literal literal, TensorType type, int[] shape) {
        Value out = Value.zeros(type.dtype(), shape);
        switch (literal) {
            case Literal.Splat(double value) -> {
                Arrays.fill(out.floats(), value);
                Arrays.fill(out.ints(), (long) value);
            }
            case Literal.Dense(var values) -> {
                for (int i = 0; i < values.size(); i++) {
                    if (out.isFloat()) {
                        out.floats()[i] = values.get(i);
                    } else {
                        out.ints()[i] = values.get(i).longValue();
                    }
                }
            }
            case Literal.Named(String name) -> {
                return Value.of(constantData(name, type)).as(type.dtype());
            }
        }
        return out;
    }

    private Tensor constantData(Node node) {
        return node.op() instanceof TensorOp.Constant(Literal.Named(String name), TensorType type)
                ? constantData(name, type)
                : impossible(node);
    }

    private static Tensor impossible(Node node) {
        throw new InternalException(node + " is not a named constant");
    }

    private Tensor constantData(String name, TensorType type) {
        Tensor tensor = data.constants().get(name);
        if (tensor == null) {
            throw new InterpreterException("the program has no data for the constant '" + name + "'");
        }
        return typed("constant", name, type, tensor);
    }

    private Tensor parameter(String name, TensorType type) {
        Tensor tensor = data.parameters().get(name);
        if (tensor == null) {
            throw new InterpreterException("the parameter '" + name + "' is not bound, and has no value");
        }
        return typed("parameter", name, type, tensor);
    }

    private static Tensor typed(String what, String name, TensorType type, Tensor tensor) {
        // Data that was computed in doubles stays in doubles, whatever float type is declared.
        boolean wider = tensor.dtype() == DType.F64 && type.dtype().isFloat();
        if (!tensor.type().shape().equals(type.shape()) || tensor.dtype() != type.dtype() && !wider) {
            throw new InterpreterException("the " + what + " '" + name + "' is " + tensor.type() + ", not " + type);
        }
        return tensor;
    }

    private static Value randomUniform(DType dtype, int[] shape, long seed, long stream) {
        Value out = Value.zeros(dtype, shape);
        for (int i = 0; i < out.elements(); i++) {
            out.floats()[i] = Philox.uniform(seed, stream, i);
        }
        return out;
    }
}
