package detangle.compiler.placement;

import detangle.compiler.Pass;
import detangle.ir.Builder;
import detangle.ir.Level;
import detangle.ir.Node;
import detangle.ir.Place;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Program.Update;
import detangle.ir.TensorOp;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Says where each operation runs, by transfers between the host and one device: an operation runs where its operands
 * are. Inputs begin on the host, parameters on the device; outputs end on the host, and what parameters become on the
 * device. A value that is the same at each run has no place, as both sides know it beforehand.
 */
public final class Placement implements Pass {
    private final Predicate<Node> onDevice;

    /** @param onDevice whether an operation is to run on the device */
    public Placement(Predicate<Node> onDevice) {
        this.onDevice = onDevice;
    }

    @Override
    public String name() {
        return "placement";
    }

    @Override
    public Level takes() {
        return Level.COMPILED;
    }

    @Override
    public Level leaves(Level before) {
        return Level.PLACED;
    }

    @Override
    public Program run(Program program) {
        Set<Node> eachRun = program.eachRun();
        Map<Node, Map<Place, Node>> placed = new IdentityHashMap<>();
        Builder b = new Builder();
        for (Node node : program.nodes()) {
            if (!eachRun.contains(node)) {
                continue;
            }
            Place place = place(node, placed);
            List<Node> operands = new ArrayList<>();
            for (Node operand : node.inputs()) {
                operands.add(eachRun.contains(operand) ? at(place, placed.get(operand), b) : operand);
            }
            // An input must stay the node that the program lists.
            Node moved = operands.isEmpty() ? node : node.withInputs(operands);
            placed.put(node, new EnumMap<>(Map.of(place, moved)));
        }
        List<Output> outputs = new ArrayList<>();
        for (Output output : program.outputs()) {
            Node node = output.node();
            outputs.add(
                    eachRun.contains(node) ? new Output(output.name(), at(Place.HOST, placed.get(node), b)) : output);
        }
        List<Update> updates = new ArrayList<>();
        for (Update update : program.updates()) {
            Node value = update.value();
            updates.add(new Update(
                    update.parameter(), eachRun.contains(value) ? at(Place.DEVICE, placed.get(value), b) : value));
        }
        return new Program(program.name(), program.inputs(), outputs, updates, program.constants());
    }

    /**
     * Inputs are given on the host and parameters live on the device. A reshape does no work, so it stays where its
     * operand is.
     */
    private Place place(Node node, Map<Node, Map<Place, Node>> placed) {
        return switch (node.op()) {
            case TensorOp.Input i -> Place.HOST;
            case TensorOp.Param p -> Place.DEVICE;
            case TensorOp.Reshape r -> placed.get(node.input(0)).containsKey(Place.HOST) ? Place.HOST : Place.DEVICE;
            default -> onDevice.test(node) ? Place.DEVICE : Place.HOST;
        };
    }

    private static Node at(Place place, Map<Place, Node> value, Builder b) {
        return value.computeIfAbsent(
                place, p -> b.transfer(value.values().iterator().next(), p));
    }
}
