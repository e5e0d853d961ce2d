package detangle.backend.tornado;

import static detangle.backend.tornado.Launcher.shape;

import detangle.backend.tornado.Launch.Work;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Shape;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** Elementwise operations: a thread of {@link ElementKernel} for each element of the result. */
final class ElementLowering {
    private ElementLowering() {}

    /** Returns an operation that is one scalar expression over its operands. */
    static Optional<Lowering> of(Node node, ScalarExpr body) {
        return of(
                node,
                new Region(node.inputs().stream().map(i -> i.type().dtype()).toList(), body));
    }

    /**
     * Returns a region over operands that broadcast to the results; one kernel computes all results that the program
     * has.
     */
    static Optional<Lowering> of(Node node, Region region) {
        return Lowering.when(ElementKernel.covers(region), launcher -> {
            List<Function<Map<String, Long>, ElementAccess>> operands = new ArrayList<>();
            for (Node operand : node.inputs()) {
                operands.add(b -> ElementAccess.broadcast(shape(operand, b), shape(node, b)));
            }
            List<Integer> numbers = region.hasSeveralResults()
                    ? launcher.results().stream()
                            .map(r -> ((KernelOp.Elementwise) r.op()).region().result())
                            .toList()
                    : List.of(region.result());
            launch(
                    launcher,
                    ElementFunction.of(region, numbers),
                    node.shape(),
                    launcher.results().stream().map(launcher::array).toList(),
                    b -> ElementAccess.all(shape(node, b)),
                    node.inputs().stream().map(launcher::array).toList(),
                    operands);
        });
    }

    /** Random numbers. */
    static Optional<Lowering> random(Node node, long stream) {
        return of(node, new ScalarExpr.Random(new ScalarExpr.Arg(0, DType.I64), stream));
    }

    /**
     * Launches a thread for each place of a shape.
     *
     * @param result where each place is in the result's array
     * @param accesses where each place is in the operands' arrays, in their order
     */
    static void launch(
            Launcher launcher,
            Region region,
            Node node,
            Shape places,
            Function<Map<String, Long>, ElementAccess> result,
            List<Node> operands,
            List<Function<Map<String, Long>, ElementAccess>> accesses) {
        launch(
                launcher,
                ElementFunction.of(region),
                places,
                List.of(launcher.array(node)),
                result,
                operands.stream().map(launcher::array).toList(),
                accesses);
    }

    /**
     * Launches a thread for each place of a shape, where results and operands are arrays.
     *
     * @param where where each place is in the results' arrays
     * @param accesses where each place is in the operands' arrays, in their order
     */
    static void launch(
            Launcher launcher,
            ElementFunction function,
            Shape places,
            List<Object> results,
            Function<Map<String, Long>, ElementAccess> where,
            List<Object> operands,
            List<Function<Map<String, Long>, ElementAccess>> accesses) {
        launcher.launch(
                ElementKernel.task(function, places.rank(), Optional.empty()),
                Stream.concat(operands.stream(), results.stream()).toList(),
                Launch.SEPARATE,
                b -> Work.elements(ElementKernel.sizes(
                        shape(places, b),
                        where.apply(b),
                        accesses.stream().map(a -> a.apply(b)).toList(),
                        Optional.empty(),
                        function.draws())));
    }
}
