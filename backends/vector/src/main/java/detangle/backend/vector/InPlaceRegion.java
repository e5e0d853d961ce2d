package detangle.backend.vector;

import detangle.ir.DType;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The loops over vectors of a region of several results, such as a step of an optimizer. There is one loop for each
 * form of the operands: an operand of one element is read once, and a condition of one element decides before the loop
 * which expression is computed.
 */
final class InPlaceRegion {
    /** The most operands: each is a bit of an int. */
    private static final int MAX_OPERANDS = 31;

    /**
     * The form of operands: the bits of those that have one element for all, and of the conditions among them that
     * hold.
     */
    private record Given(int single, int holds) {
        boolean isSingle(int operand) {
            return (single >> operand & 1) != 0;
        }

        boolean holds(int operand) {
            return (holds >> operand & 1) != 0;
        }
    }

    private final Region region;
    private final Map<Given, Optional<VectorLoop>> loops = new ConcurrentHashMap<>();

    private InPlaceRegion(Region region) {
        this.region = region;
    }

    /** Makes the loops; empty for a single result, for which blocks are as fast. */
    static Optional<InPlaceRegion> of(Region region) {
        boolean isCandidate = region.hasSeveralResults()
                && region.arguments().size() <= MAX_OPERANDS
                && region.bodies().stream().allMatch(body -> body.dtype() == DType.F32);
        return isCandidate ? Optional.of(new InPlaceRegion(region)) : Optional.empty();
    }

    /**
     * Returns the loop for operands; empty if the region is more than arithmetic of floats.
     *
     * @param single the bits of operands that have one element for all; the others have an element for each of the
     *     result
     * @param holds the bits of the conditions among them that hold
     */
    Optional<VectorLoop> loop(int single, int holds) {
        return loops.computeIfAbsent(new Given(single, holds), this::compile);
    }

    private Optional<VectorLoop> compile(Given given) {
        List<ScalarExpr> bodies =
                region.bodies().stream().map(body -> decided(body, given)).toList();
        return bodies.stream().allMatch(VectorLoopCompiler::covers)
                ? Optional.of(VectorLoopCompiler.compile(
                        new Region(region.arguments(), bodies, 0), operand -> !given.isSingle(operand)))
                : Optional.empty();
    }

    /** Replaces each selection whose condition is known by the side that it selects. */
    private static ScalarExpr decided(ScalarExpr expr, Given given) {
        if (expr instanceof ScalarExpr.Select(ScalarExpr.Arg(int condition, DType dtype), var ifTrue, var ifFalse)
                && given.isSingle(condition)) {
            return decided(given.holds(condition) ? ifTrue : ifFalse, given);
        }
        return expr.withOperands(
                expr.operands().stream().map(x -> decided(x, given)).toList());
    }
}
