package detangle.ir;

import detangle.ir.scalar.RegionTyping;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The result type of an operation over operands of given types, by the rules of docs/IR.md. A broken constraint is
 * recorded, and no type results.
 */
public final class Inference {
    private final List<Violation> violations = new ArrayList<>();

    private Inference() {}

    /** Either a type and no violations, or violations and no type. */
    public record Result(Optional<TensorType> type, List<Violation> violations) {}

    public static Result infer(Op op, List<TensorType> in) {
        Inference inference = new Inference();
        Optional<TensorType> type = Optional.empty();
        try {
            OperandTypes operands = new OperandTypes(in, inference::require);
            type = switch (op) {
                case TensorOp t -> inference.tensorOp(t, operands);
                case KernelOp k -> new KernelInference(inference::require).infer(k, operands);
            };
        } catch (SizeException e) {
            inference.violations.add(new Violation(Constraint.SIZE_C1, e.getMessage()));
        }
        return new Result(inference.violations.isEmpty() ? type : Optional.empty(), List.copyOf(inference.violations));
    }

    /** The detail is a {@link String#format} one, as programs are checked often and seldom break anything. */
    private boolean require(boolean holds, Constraint constraint, String detail, Object... values) {
        if (!holds) {
            violations.add(new Violation(constraint, OneLine.of(String.format(Locale.ROOT, detail, values))));
        }
        return holds;
    }

    private Optional<TensorType> tensorOp(TensorOp op, OperandTypes in) {
        return switch (op) {
            case TensorOp.Input(var name, var type) -> in.none(() -> Optional.of(type));
            case TensorOp.Param(var name, var type) -> in.none(() -> Optional.of(type));
            case TensorOp.Constant o -> in.none(() -> constant(o));
            case TensorOp.Iota o -> in.none(() -> iota(o));
            case TensorOp.Unary(var f) -> in.one(x -> unary(f, x));
            case TensorOp.Binary(var f) -> in.two((a, b) -> binary(f, a, b));
            case TensorOp.Compare o -> in.two(this::compare);
            case TensorOp.Select() -> in.three(this::select);
            case TensorOp.Convert(var to) -> in.one(x -> Optional.of(x.withDType(to)));
            case TensorOp.Reduce(var f, var axis) -> in.one(x -> reduce(axis, x));
            case TensorOp.Dot o -> in.two((a, b) -> dot(o, a, b));
            case TensorOp.Reshape(var shape) -> in.one(x -> reshape(shape, x));
            case TensorOp.Transpose(var permutation) -> in.one(x -> transpose(permutation, x));
            case TensorOp.Broadcast(var shape) -> in.one(x -> broadcast(shape, x));
            case TensorOp.Slice o -> in.one(x -> slice(o, x));
            case TensorOp.Concat(var axis) -> in.any(all -> concat(axis, all));
            case TensorOp.Pad o -> in.one(x -> pad(o, x));
            case TensorOp.Gather() -> in.two(this::gather);
            case TensorOp.ScatterAdd() -> in.three(this::scatterAdd);
            case TensorOp.GatherLast() ->
                in.two((data, index) -> gatherLast(data, index, Constraint.GATHER_LAST_C1, Constraint.GATHER_LAST_C2));
            case TensorOp.ScatterAddLast() -> in.three(this::scatterAddLast);
            case TensorOp.Toeplitz o -> in.one(table -> toeplitz(o, table));
            case TensorOp.Conv1d o -> in.two((x, weight) -> conv1d(o, x, weight));
            case TensorOp.StopGradient() -> in.one(Optional::of);
            case TensorOp.After() -> in.any(this::after);
            case TensorOp.Transfer o -> in.one(Optional::of);
            case TensorOp.RandomUniform(var type, var stream) -> in.one(seed -> randomUniform(type, seed));
        };
    }

    private Optional<TensorType> constant(TensorOp.Constant constant) {
        DType dtype = constant.type().dtype();
        switch (constant.value()) {
            case Literal.Splat(double value) -> holds(dtype, value);
            case Literal.Dense(var values) -> {
                Shape shape = constant.type().shape();
                require(
                        shape.isStatic() && shape.elements().size() == values.size(),
                        Constraint.CONSTANT_C1,
                        "%s values for shape %s",
                        values.size(),
                        shape);
                values.stream()
                        .filter(value -> !RegionTyping.holds(dtype, value))
                        .findFirst()
                        .ifPresent(value -> holds(dtype, value));
            }
            case Literal.Named name -> {}
        }
        return Optional.of(constant.type());
    }

    private void holds(DType dtype, double value) {
        require(
                RegionTyping.holds(dtype, value),
                Constraint.CONSTANT_C2,
                "%s is not a number of %s",
                value,
                dtype.text());
    }

    private Optional<TensorType> iota(TensorOp.Iota iota) {
        require(iota.type().dtype().isInteger(), Constraint.IOTA_C1, "the type is %s", iota.type());
        axis(iota.axis(), iota.type(), Constraint.IOTA_C2);
        return Optional.of(iota.type());
    }

    private boolean axis(int axis, TensorType type, Constraint constraint) {
        return require(axis >= 0 && axis < type.rank(), constraint, "axis %s of %s", axis, type);
    }

    private Optional<TensorType> unary(UnaryFunction function, TensorType x) {
        require(
                RegionTyping.takes(function, x.dtype()),
                Constraint.UNARY_C1,
                "%s does not take %s",
                function.text(),
                x.dtype().text());
        return Optional.of(x);
    }

    private Optional<TensorType> binary(BinaryFunction function, TensorType a, TensorType b) {
        require(
                a.dtype() == b.dtype() && RegionTyping.takes(function, a.dtype()),
                Constraint.BINARY_C1,
                "%s of %s and %s",
                function.text(),
                a,
                b);
        return broadcast(a, b, Constraint.BINARY_C2).map(s -> new TensorType(a.dtype(), s));
    }

    private Optional<Shape> broadcast(TensorType a, TensorType b, Constraint constraint) {
        Optional<Shape> shape = Shape.broadcast(a.shape(), b.shape());
        require(shape.isPresent(), constraint, "shapes %s and %s do not broadcast", a.shape(), b.shape());
        return shape;
    }

    private Optional<TensorType> compare(TensorType a, TensorType b) {
        require(a.dtype() == b.dtype(), Constraint.COMPARE_C1, "operands are %s and %s", a, b);
        return broadcast(a, b, Constraint.COMPARE_C2).map(s -> new TensorType(DType.I1, s));
    }

    private Optional<TensorType> select(TensorType c, TensorType a, TensorType b) {
        require(c.dtype() == DType.I1, Constraint.SELECT_C1, "the condition is %s", c);
        require(a.dtype() == b.dtype(), Constraint.SELECT_C2, "choices are %s and %s", a, b);
        Optional<Shape> choices = broadcast(a, b, Constraint.SELECT_C3);
        return choices.flatMap(s -> broadcast(c, a.withShape(s), Constraint.SELECT_C3))
                .map(a::withShape);
    }

    private Optional<TensorType> reduce(int axis, TensorType x) {
        require(x.dtype() != DType.I1, Constraint.REDUCE_C2, "the operand is %s", x);
        return axis(axis, x, Constraint.REDUCE_C1)
                ? Optional.of(x.withShape(x.shape().with(axis, Dim.of(1))))
                : Optional.empty();
    }

    private Optional<TensorType> dot(TensorOp.Dot dot, TensorType a, TensorType b) {
        if (!require(
                a.rank() >= 2
                        && b.rank() >= 2
                        && a.dtype() == b.dtype()
                        && a.dtype().isFloat(),
                Constraint.DOT_C1,
                "operands are %s and %s",
                a,
                b)) {
            return Optional.empty();
        }
        Dim m = a.dim(dot.transposeLhs() ? -1 : -2);
        Dim kA = a.dim(dot.transposeLhs() ? -2 : -1);
        Dim kB = b.dim(dot.transposeRhs() ? -1 : -2);
        Dim n = b.dim(dot.transposeRhs() ? -2 : -1);
        require(kA.equals(kB), Constraint.DOT_C2, "contracted dims %s and %s differ", kA, kB);
        Optional<Shape> batch =
                Shape.broadcast(a.shape().sub(0, a.rank() - 2), b.shape().sub(0, b.rank() - 2));
        require(batch.isPresent(), Constraint.DOT_C3, "batch axes of %s and %s do not broadcast", a, b);
        return batch.map(s -> a.withShape(s.concat(Shape.of(m, n))));
    }

    private Optional<TensorType> reshape(Shape shape, TensorType x) {
        Dim before = x.shape().elements();
        Dim after = shape.elements();
        require(
                before.equals(after),
                Constraint.RESHAPE_C1,
                "%s has %s elements, %s has %s",
                x.shape(),
                before,
                shape,
                after);
        return Optional.of(x.withShape(shape));
    }

    private Optional<TensorType> transpose(List<Integer> permutation, TensorType x) {
        boolean valid = permutation.size() == x.rank()
                && permutation.stream().distinct().count() == x.rank()
                && permutation.stream().allMatch(p -> p >= 0 && p < x.rank());
        return require(valid, Constraint.TRANSPOSE_C1, "%s of %s", permutation, x)
                ? Optional.of(x.withShape(
                        new Shape(permutation.stream().map(p -> x.dim(p)).toList())))
                : Optional.empty();
    }

    private Optional<TensorType> broadcast(Shape shape, TensorType x) {
        require(x.shape().broadcastsTo(shape), Constraint.BROADCAST_C1, "%s to %s", x.shape(), shape);
        return Optional.of(x.withShape(shape));
    }

    private Optional<TensorType> slice(TensorOp.Slice slice, TensorType x) {
        if (!axis(slice.axis(), x, Constraint.SLICE_C1)) {
            return Optional.empty();
        }
        Dim extent = x.dim(slice.axis());
        Dim length = slice.limit().minus(slice.start());
        boolean inside = notNegative(slice.start()) && notNegative(length) && notNegative(extent.minus(slice.limit()));
        require(inside, Constraint.SLICE_C2, "[%s, %s) of an axis of extent %s", slice.start(), slice.limit(), extent);
        return Optional.of(x.withShape(x.shape().with(slice.axis(), length)));
    }

    /** Symbolic values are checked when their symbols are bound. */
    private static boolean notNegative(Dim dim) {
        return !dim.isStatic() || dim.size() >= 0;
    }

    private Optional<TensorType> concat(int axis, List<TensorType> in) {
        if (!require(!in.isEmpty(), Constraint.CONCAT_C1, "there is no operand")
                || !axis(axis, in.getFirst(), Constraint.CONCAT_C1)) {
            return Optional.empty();
        }
        TensorType first = in.getFirst();
        Dim sum = Dim.of(0);
        for (TensorType t : in) {
            boolean agrees = t.rank() == first.rank()
                    && t.dtype() == first.dtype()
                    && t.shape().with(axis, Dim.of(1)).equals(first.shape().with(axis, Dim.of(1)));
            if (!require(agrees, Constraint.CONCAT_C2, "%s and %s", first, t)) {
                return Optional.empty();
            }
            sum = sum.plus(t.dim(axis));
        }
        return Optional.of(first.withShape(first.shape().with(axis, sum)));
    }

    private Optional<TensorType> after(List<TensorType> in) {
        return require(in.size() >= 2, Constraint.AFTER_C1, "operands are %s", in)
                ? Optional.of(in.getFirst())
                : Optional.empty();
    }

    private Optional<TensorType> pad(TensorOp.Pad pad, TensorType x) {
        if (!axis(pad.axis(), x, Constraint.PAD_C1)) {
            return Optional.empty();
        }
        require(
                notNegative(pad.before()) && notNegative(pad.after()),
                Constraint.PAD_C2,
                "before %s, after %s",
                pad.before(),
                pad.after());
        Dim extent = pad.before().plus(x.dim(pad.axis())).plus(pad.after());
        return Optional.of(x.withShape(x.shape().with(pad.axis(), extent)));
    }

    static boolean isIndex(DType dtype) {
        return dtype == DType.I32 || dtype == DType.I64;
    }

    private Optional<TensorType> gather(TensorType table, TensorType ids) {
        require(isIndex(ids.dtype()), Constraint.GATHER_C2, "ids are %s", ids);
        return require(table.rank() >= 1, Constraint.GATHER_C1, "the table is %s", table)
                ? Optional.of(table.withShape(ids.shape().concat(table.shape().sub(1, table.rank()))))
                : Optional.empty();
    }

    private Optional<TensorType> scatterAdd(TensorType operand, TensorType ids, TensorType updates) {
        require(isIndex(ids.dtype()), Constraint.SCATTER_ADD_C1, "ids are %s", ids);
        boolean fits = operand.rank() >= 1
                && operand.dtype() == updates.dtype()
                && operand.dtype() != DType.I1
                && updates.shape().equals(ids.shape().concat(operand.shape().sub(1, operand.rank())));
        require(fits, Constraint.SCATTER_ADD_C2, "operand %s, ids %s, updates %s", operand, ids, updates);
        return Optional.of(operand);
    }

    private Optional<TensorType> gatherLast(TensorType data, TensorType index, Constraint type, Constraint shape) {
        require(isIndex(index.dtype()), type, "the index is %s", index);
        boolean fits = data.rank() >= 1
                && index.rank() >= 1
                && index.shape()
                        .sub(0, index.rank() - 1)
                        .broadcastsTo(data.shape().sub(0, data.rank() - 1));
        return require(fits, shape, "data %s, index %s", data, index)
                ? Optional.of(data.withShape(data.shape().with(-1, index.dim(-1))))
                : Optional.empty();
    }

    private Optional<TensorType> scatterAddLast(TensorType operand, TensorType index, TensorType updates) {
        gatherLast(operand, index, Constraint.SCATTER_ADD_LAST_C1, Constraint.SCATTER_ADD_LAST_C2)
                .ifPresent(gathered -> require(
                        gathered.equals(updates) && operand.dtype() != DType.I1,
                        Constraint.SCATTER_ADD_LAST_C2,
                        "operand %s, index %s, updates %s",
                        operand,
                        index,
                        updates));
        return Optional.of(operand);
    }

    private Optional<TensorType> toeplitz(TensorOp.Toeplitz op, TensorType table) {
        boolean fits = table.rank() == 1
                && table.dim(0).equals(op.rows().plus(op.columns()).plus(-1));
        require(fits, Constraint.TOEPLITZ_C1, "%s for %s rows and %s columns", table, op.rows(), op.columns());
        return Optional.of(table.withShape(Shape.of(op.rows(), op.columns())));
    }

    private Optional<TensorType> conv1d(TensorOp.Conv1d conv, TensorType x, TensorType w) {
        if (!require(
                x.rank() == 3
                        && w.rank() == 3
                        && x.dtype() == w.dtype()
                        && x.dtype().isFloat(),
                Constraint.CONV1D_C1,
                "x is %s, the weight %s",
                x,
                w)) {
            return Optional.empty();
        }
        Dim groups = Dim.of(conv.groups());
        boolean divides = conv.groups() > 0
                && w.dim(1).times(groups).equals(x.dim(2))
                && w.dim(0).isStatic()
                && w.dim(0).size() % conv.groups() == 0;
        require(divides, Constraint.CONV1D_C2, "%s groups, x %s, weight %s", conv.groups(), x, w);
        require(
                conv.padding() >= 0 && w.dim(2).isStatic(),
                Constraint.CONV1D_C3,
                "padding %s, weight %s",
                conv.padding(),
                w);
        Dim length = x.dim(1).plus(2L * conv.padding()).minus(w.dim(2)).plus(1);
        return Optional.of(x.withShape(Shape.of(x.dim(0), length, w.dim(0))));
    }

    private Optional<TensorType> randomUniform(TensorType type, TensorType seed) {
        require(
                seed.equals(new TensorType(DType.I64, Shape.SCALAR))
                        && type.dtype().isFloat(),
                Constraint.RANDOM_UNIFORM_C1,
                "the seed is %s, the result %s",
                seed,
                type);
        return Optional.of(type);
    }
}
