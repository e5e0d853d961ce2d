package detangle.backend.vector;

import detangle.ir.DType;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The loops over vectors of a region of several results: a step of an optimizer. There is one for each way in which
 * operands are given, as those of one element are read once, and a condition of one element decides before the loop
 * between the expressions that it selects.
 */
final class InPlaceRegion {
    /** Operands are bits of an int. */
    private static final int MOST_OPERANDS = 31;

    /** How operands are given: bits of those that have one element for all, and of conditions among them that hold. */
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

    /** Empty where blocks are as good: one result leaves little to share, and its operands are read once. */
    static Optional<InPlaceRegion> of(Region region) {
        boolean isCandidate = region.hasSeveralResults()
                && region.arguments().size() <= MOST_OPERANDS
                && region.bodies().stream().allMatch(body -> body.dtype() == DType.F32);
        return isCandidate ? Optional.of(new InPlaceRegion(region)) : Optional.empty();
    }

    /**
     * The loop for operands; empty where the region is more than arithmetic of floats.
     *
     * @param single bits of operands that have one element for all; the others have one for each
     * @param holds bits of those conditions among them that hold
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

    /** The expression with one side in place of each selection whose condition is known. */
    private static ScalarExpr decided(ScalarExpr expr, Given given) {
        if (expr instanceof ScalarExpr.Select(ScalarExpr.Arg(int condition, DType dtype), var ifTrue, var ifFalse)
                && given.isSingle(condition)) {
            return decided(given.holds(condition) ? ifTrue : ifFalse, given);
        }
        return expr.withOperands(
                expr.operands().stream().map(x -> decided(x, given)).toList());
    }
}
