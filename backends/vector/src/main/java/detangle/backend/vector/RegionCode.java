package detangle.backend.vector;

import detangle.backend.scalar.ScalarEmitter;
import detangle.backend.vector.BlockRegisters.Register;
import detangle.backend.vector.kernel.FloatBlocks;
import detangle.backend.vector.kernel.VectorPhilox;
import detangle.ir.BinaryFunction;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.UnaryFunction;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * An elementwise region as steps over blocks of elements: each step computes functions for a whole block, so that it
 * runs at the speed of vectors, and blocks stay in the first cache between steps. Functions that C2 does not make
 * vectors of are loops of {@link FloatBlocks}; the arithmetic between them is a loop in bytecode
 * ({@link RegionCompiler}), for as many operations as nothing else reads. The columnar databases' vectors (Boncz et al.
 * 2005, "MonetDB/X100") are the same idea.
 *
 * <p>A block's result does not depend on how a region is cut into blocks, so that any number of threads gives the same
 * bits.
 */
final class RegionCode {
    private static final Map<Region, RegionCode> COMPILED = new ConcurrentHashMap<>();

    private final Map<ScalarExpr, Integer> known = new HashMap<>();
    private final Map<ScalarExpr, Integer> reads = new HashMap<>();
    private final RegisterPlan plan = new RegisterPlan();
    private final List<Region> scalar = new ArrayList<>();
    private final BlockStep[] steps;
    private final List<Register> registers;
    private final int[] results;
    private final Optional<InPlaceRegion> inPlace;

    private RegionCode(Region region) {
        region.bodies().forEach(this::count);
        List<Integer> values = region.bodies().stream().map(this::value).toList();
        RegisterPlan.Placed placed = plan.place(values);
        this.steps = placed.steps().toArray(BlockStep[]::new);
        this.registers = placed.registers();
        this.results = values.stream().mapToInt(placed::register).toArray();
        this.inPlace = InPlaceRegion.of(region);
    }

    /** Returns the code of a region; empty where it has a type or function that only the interpreter covers. */
    static Optional<RegionCode> of(Region region) {
        return region.bodies().stream().allMatch(body -> ScalarEmitter.covers(withoutRandomNumbers(body)))
                ? Optional.of(COMPILED.computeIfAbsent(region, RegionCode::new))
                : Optional.empty();
    }

    /** Returns the expression with numbers in place of random ones, which are not part of what is emitted. */
    private static ScalarExpr withoutRandomNumbers(ScalarExpr expr) {
        return expr instanceof ScalarExpr.Random
                ? new ScalarExpr.Const(0, DType.F32)
                : expr.withOperands(expr.operands().stream()
                        .map(RegionCode::withoutRandomNumbers)
                        .toList());
    }

    /** Returns the classes that are generated for it. */
    List<byte[]> classFiles() {
        return scalar.stream().map(RegionCompiler::classFile).toList();
    }

    /** Returns the loops over vectors that need no blocks; empty where there are none. */
    Optional<InPlaceRegion> inPlace() {
        return inPlace;
    }

    List<Register> registers() {
        return registers;
    }

    /** Computes one block. */
    void run(BlockRegisters all, int size) {
        for (BlockStep step : steps) {
            step.run(all, size);
        }
    }

    /** Returns the register that has a result after all steps. */
    int result(int number) {
        return results[number];
    }

    /** Returns the value's number in the plan of registers. */
    private int value(ScalarExpr expr) {
        Integer value = known.get(expr);
        if (value == null) {
            value = emit(expr);
            known.put(expr, value);
        }
        return value;
    }

    private int emit(ScalarExpr expr) {
        return switch (expr) {
            case ScalarExpr.Arg(int index, DType dtype) ->
                plan.add(dtype, List.of(), (in, out) -> (r, n) -> r.load(index, out, n));
            case ScalarExpr.Const(double value, DType dtype) -> plan.constant(dtype, value);
            case ScalarExpr.Unary(UnaryFunction f, ScalarExpr x)
            when isFloat(x) && !isArithmetic(expr) -> unary(f, value(x));
            case ScalarExpr.Compare(Comparison c, ScalarExpr a, ScalarExpr b)
            when isFloat(a) -> compare(c, value(a), value(b));
            case ScalarExpr.Select(ScalarExpr c, ScalarExpr a, ScalarExpr b)
            when isFloat(a) -> select(value(c), value(a), value(b));
            case ScalarExpr.Random(ScalarExpr seed, long stream) -> random(value(seed), stream);
            case ScalarExpr.Convert(ScalarExpr x, DType to) when x.dtype() == to -> value(x);
            case ScalarExpr.Unary e -> scalar(e);
            case ScalarExpr.Binary e -> scalar(e);
            case ScalarExpr.Compare e -> scalar(e);
            case ScalarExpr.Select e -> scalar(e);
            case ScalarExpr.Convert e -> scalar(e);
        };
    }

    private static boolean isFloat(ScalarExpr expr) {
        return expr.dtype() == DType.F32;
    }

    private int unary(UnaryFunction function, int x) {
        FloatBlocks.Unary code = FloatBlocks.unary(function);
        return plan.add(
                DType.F32, List.of(x), (in, out) -> (r, n) -> code.apply(r.floats(in.get(0)), r.floats(out), n));
    }

    private int compare(Comparison comparison, int a, int b) {
        FloatBlocks.Comparing code = FloatBlocks.compare(comparison);
        return plan.add(
                DType.I1,
                List.of(a, b),
                (in, out) -> (r, n) -> code.apply(r.floats(in.get(0)), r.floats(in.get(1)), r.truths(out), n));
    }

    private int select(int condition, int a, int b) {
        return plan.add(
                DType.F32,
                List.of(condition, a, b),
                (in, out) -> (r, n) -> FloatBlocks.select(
                        r.truths(in.get(0)), r.floats(in.get(1)), r.floats(in.get(2)), r.floats(out), n));
    }

    private int random(int seed, long stream) {
        return plan.add(
                DType.F32,
                List.of(seed),
                (in, out) -> (r, n) ->
                        VectorPhilox.uniform(r.longs(in.get(0))[0], stream, r.element(), r.floats(out), 0, n));
    }

    /**
     * Returns whether C2 makes vectors of a loop that computes an expression among others: it does for arithmetic of
     * floats.
     */
    private static boolean isArithmetic(ScalarExpr expr) {
        return switch (expr) {
            case ScalarExpr.Unary(UnaryFunction f, ScalarExpr x) when isFloat(x) -> FloatBlocks.isArithmetic(f);
            case ScalarExpr.Binary(BinaryFunction f, ScalarExpr a, ScalarExpr b) -> isFloat(a);
            default -> false;
        };
    }

    /** Counts how many different expressions read each expression. */
    private void count(ScalarExpr expr) {
        if (reads.merge(expr, 1, Integer::sum) == 1) {
            expr.operands().forEach(this::count);
        }
    }

    /** Adds one loop for a function and all below it that a loop can compute and that nothing else reads. */
    private int scalar(ScalarExpr expr) {
        List<Integer> operands = new ArrayList<>();
        List<DType> dtypes = new ArrayList<>();
        ScalarExpr body = expr.withOperands(
                expr.operands().stream().map(x -> inline(x, operands, dtypes)).toList());
        Region loop = new Region(dtypes, body);
        scalar.add(loop);
        return plan.add(expr.dtype(), operands, (in, out) -> new ScalarLoop(RegionCompiler.compile(loop), in, out));
    }

    private ScalarExpr inline(ScalarExpr expr, List<Integer> operands, List<DType> dtypes) {
        boolean ofBlocks = expr.operands().stream().anyMatch(RegionCode::isFloat);
        boolean isOperand = expr instanceof ScalarExpr.Arg
                || expr instanceof ScalarExpr.Random
                || ofBlocks && (!isArithmetic(expr) || reads.get(expr) > 1);
        if (!isOperand) {
            return expr.withOperands(expr.operands().stream()
                    .map(x -> inline(x, operands, dtypes))
                    .toList());
        }
        int value = value(expr);
        if (!operands.contains(value)) {
            operands.add(value);
            dtypes.add(expr.dtype());
        }
        return new ScalarExpr.Arg(operands.indexOf(value), expr.dtype());
    }
}
