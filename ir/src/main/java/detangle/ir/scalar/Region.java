package detangle.ir.scalar;

import detangle.ir.BinaryFunction;
import detangle.ir.DType;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** A scalar expression over the elements of operands of these types; {@code Arg(i)} is operand i. */
public record Region(List<DType> arguments, ScalarExpr body) {
    public Region {
        arguments = List.copyOf(arguments);
    }

    /** Whether it draws random numbers, so that an element depends on its place as well. */
    public boolean isRandom() {
        return body.isRandom();
    }

    /** The numbers of the operands that are seeds of random numbers. */
    public Set<Integer> seeds() {
        Set<Integer> seeds = new TreeSet<>();
        addSeeds(body, seeds);
        return seeds;
    }

    private static void addSeeds(ScalarExpr expr, Set<Integer> seeds) {
        if (expr instanceof ScalarExpr.Random(ScalarExpr.Arg(int index, DType dtype), long stream)) {
            seeds.add(index);
        }
        expr.operands().forEach(x -> addSeeds(x, seeds));
    }

    /** Whether some elements have no value: whole numbers cannot be divided by zero. */
    public boolean mayFail() {
        return mayFail(body);
    }

    private static boolean mayFail(ScalarExpr expr) {
        boolean dividesIntegers = expr instanceof ScalarExpr.Binary(var function, var left, var right)
                && function == BinaryFunction.DIV
                && !left.dtype().isFloat();
        return dividesIntegers || expr.operands().stream().anyMatch(Region::mayFail);
    }
}
