package detangle.backend.tornado;

import detangle.ir.DType;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * The function that {@link ElementKernel} computes for each place: some results over elements of operands and over
 * random numbers. {@code Arg(i)} is operand i, or behind the last operand a random number.
 *
 * @param arguments the types of the operands
 * @param draws the random numbers
 */
record ElementFunction(List<DType> arguments, List<ScalarExpr> results, List<Draw> draws) {
    /**
     * A random number that has the element's place in the result for its index.
     *
     * @param seed the operand whose only element is the seed
     */
    record Draw(int seed, long stream) {}

    ElementFunction {
        arguments = List.copyOf(arguments);
        results = List.copyOf(results);
        draws = List.copyOf(draws);
    }

    /** Returns the function of the result that a region is seen from. */
    static ElementFunction of(Region region) {
        return of(region, List.of(region.result()));
    }

    /**
     * Returns the function of some results of a region.
     *
     * @param numbers of the results
     */
    static ElementFunction of(Region region, List<Integer> numbers) {
        List<Draw> draws = new ArrayList<>();
        Map<ScalarExpr, ScalarExpr> done = new IdentityHashMap<>();
        List<ScalarExpr> results = numbers.stream()
                .map(n -> withDraws(region.bodies().get(n), region.arguments().size(), draws, done))
                .toList();
        return new ElementFunction(region.arguments(), results, draws);
    }

    /** Replaces random numbers whose seed is an operand by arguments; others stay, and no kernel computes them. */
    private static ScalarExpr withDraws(
            ScalarExpr expr, int operands, List<Draw> draws, Map<ScalarExpr, ScalarExpr> done) {
        if (expr instanceof ScalarExpr.Random(ScalarExpr.Arg(int seed, DType dtype), long stream)) {
            Draw draw = new Draw(seed, stream);
            if (!draws.contains(draw)) {
                draws.add(draw);
            }
            return new ScalarExpr.Arg(operands + draws.indexOf(draw), DType.F32);
        }
        ScalarExpr known = done.get(expr);
        if (known == null) {
            known = expr.withOperands(expr.operands().stream()
                    .map(x -> withDraws(x, operands, draws, done))
                    .toList());
            done.put(expr, known);
        }
        return known;
    }
}
