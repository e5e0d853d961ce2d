package detangle.ir.scalar;

import detangle.ir.BinaryFunction;
import detangle.ir.DType;
import detangle.ir.InternalException;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Scalar expressions over the elements of operands of these types; {@code Arg(i)} is operand i. Each expression is a
 * result, and the region is seen from one of them.
 *
 * @param result the number of the expression that it is seen from
 */
public record Region(List<DType> arguments, List<ScalarExpr> bodies, int result) {
    public Region {
        arguments = List.copyOf(arguments);
        bodies = List.copyOf(bodies);
        if (result < 0 || result >= bodies.size()) {
            throw new InternalException("a region of " + bodies.size() + " expressions has no result " + result);
        }
    }

    /** A region of one expression. */
    public Region(List<DType> arguments, ScalarExpr body) {
        this(arguments, List.of(body), 0);
    }

    /** Returns the expression of the result that it is seen from. */
    public ScalarExpr body() {
        return bodies.get(result);
    }

    public boolean hasSeveralResults() {
        return bodies.size() > 1;
    }

    /** Returns the region as it is seen from another result. */
    public Region withResult(int number) {
        return new Region(arguments, bodies, number);
    }

    /** Returns whether it draws random numbers, so that an element depends on its place as well. */
    public boolean isRandom() {
        return bodies.stream().anyMatch(ScalarExpr::isRandom);
    }

    /** Returns the numbers of the operands that are seeds of random numbers. */
    public Set<Integer> seeds() {
        Set<Integer> seeds = new TreeSet<>();
        bodies.forEach(body -> addSeeds(body, seeds));
        return seeds;
    }

    private static void addSeeds(ScalarExpr expr, Collection<Integer> seeds) {
        if (expr instanceof ScalarExpr.Random(ScalarExpr.Arg(int index, DType dtype), long stream)) {
            seeds.add(index);
        }
        expr.operands().forEach(x -> addSeeds(x, seeds));
    }

    /** Returns whether some elements have no value: whole numbers cannot be divided by zero. */
    public boolean mayFail() {
        return bodies.stream().anyMatch(Region::mayFail);
    }

    private static boolean mayFail(ScalarExpr expr) {
        boolean dividesIntegers = expr instanceof ScalarExpr.Binary(var function, var left, var right)
                && function == BinaryFunction.DIV
                && !left.dtype().isFloat();
        return dividesIntegers || expr.operands().stream().anyMatch(Region::mayFail);
    }
}
