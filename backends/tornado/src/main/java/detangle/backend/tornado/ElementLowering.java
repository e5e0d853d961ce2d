package detangle.backend.tornado;

import static detangle.backend.tornado.Launcher.shape;

import detangle.backend.tornado.Launch.Work;
import detangle.ir.Node;
import detangle.ir.Shape;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Elementwise operations: a thread of {@link ElementKernel} for each element of the result. */
final class ElementLowering {
    private ElementLowering() {}

    /** An operation that is one scalar expression over its operands. */
    static Optional<Lowering> of(Node node, ScalarExpr body) {
        return of(
                node,
                new Region(node.inputs().stream().map(i -> i.type().dtype()).toList(), body));
    }

    /** A region over operands that broadcast to the result. */
    static Optional<Lowering> of(Node node, Region region) {
        return Lowering.when(ElementKernel.covers(region), launcher -> {
            List<Function<Map<String, Long>, ElementAccess>> operands = new ArrayList<>();
            for (Node operand : node.inputs()) {
                operands.add(b -> ElementAccess.broadcast(shape(operand, b), shape(node, b)));
            }
            launch(
                    launcher,
                    region,
                    node,
                    node.shape(),
                    b -> ElementAccess.all(shape(node, b)),
                    node.inputs(),
                    operands);
        });
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
        List<Object> arguments =
                new ArrayList<>(operands.stream().map(launcher::array).toList());
        arguments.add(launcher.array(node));
        launcher.launch(
                ElementKernel.task(region, places.rank(), Optional.empty()),
                arguments,
                Launch.SEPARATE,
                b -> Work.elements(ElementKernel.sizes(
                        shape(places, b),
                        result.apply(b),
                        accesses.stream().map(a -> a.apply(b)).toList(),
                        Optional.empty())));
    }
}
