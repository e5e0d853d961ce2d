package detangle.compiler.placement;

import detangle.ir.Node;
import detangle.ir.Place;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.TensorOp;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A part of a placed program that one place runs without waiting for the other.
 *
 * @param program all inputs of the whole, which give the symbols their sizes, and one for each value from elsewhere
 * @param taken the values that come from other segments, by the name of the input
 * @param given the values that others or the caller need, by the name of the output
 */
public record Segment(Place place, Program program, Map<String, Node> taken, Map<String, Node> given) {
    /**
     * Returns the place of each value that may change between runs; operands that are in different places are a bug.
     */
    private static Map<Node, Place> places(Program program, Set<Node> eachRun) {
        Map<Node, Place> places = new IdentityHashMap<>();
        for (Node node : program.nodes()) {
            if (!eachRun.contains(node)) {
                continue;
            }
            List<Place> ofOperands = node.inputs().stream()
                    .filter(eachRun::contains)
                    .map(places::get)
                    .distinct()
                    .toList();
            places.put(
                    node,
                    switch (node.op()) {
                        case TensorOp.Input i -> Place.HOST;
                        case TensorOp.Param p -> Place.DEVICE;
                        case TensorOp.Transfer(var to) -> to;
                        default -> {
                            if (ofOperands.size() != 1) {
                                throw new IllegalArgumentException(node + " has operands in both places");
                            }
                            yield ofOperands.getFirst();
                        }
                    });
        }
        return places;
    }

    /** Splits a program that {@link Placement} has placed into segments, in the order in which they run. */
    public static List<Segment> split(Program program) {
        Set<Node> eachRun = program.eachRun();
        Map<Node, Place> places = places(program, eachRun);
        List<Node> waiting = new ArrayList<>(program.nodes().stream()
                .filter(n -> eachRun.contains(n) && !isBoundary(n))
                .toList());
        Set<Node> done = Collections.newSetFromMap(new IdentityHashMap<>());
        List<List<Node>> groups = new ArrayList<>();
        Place place = Place.HOST;
        while (!waiting.isEmpty()) {
            List<Node> group = new ArrayList<>();
            for (Node node : waiting) {
                boolean ready = node.inputs().stream()
                        .map(Segment::source)
                        .allMatch(x -> !eachRun.contains(x) || isBoundary(x) || done.contains(x));
                if (places.get(node) == place && ready) {
                    group.add(node);
                    done.add(node);
                }
            }
            waiting.removeAll(group);
            if (!group.isEmpty()) {
                groups.add(group);
            }
            place = place == Place.HOST ? Place.DEVICE : Place.HOST;
        }
        return groups.stream()
                .map(group -> of(program, group, eachRun, places.get(group.getFirst())))
                .toList();
    }

    /** Returns the segment with another program of the same inputs and outputs. */
    public Segment withProgram(Program other) {
        return new Segment(place, other, taken, given);
    }

    private static boolean isBoundary(Node node) {
        return switch (node.op()) {
            case TensorOp.Input i -> true;
            case TensorOp.Param p -> true;
            case TensorOp.Transfer t -> true;
            default -> false;
        };
    }

    /** Returns the node that is transferred; the node itself if it is not a transfer. */
    public static Node source(Node node) {
        Node source = node;
        while (source.op() instanceof TensorOp.Transfer) {
            source = source.input(0);
        }
        return source;
    }

    private static Segment of(Program program, List<Node> group, Set<Node> eachRun, Place place) {
        Map<Node, Node> inside = new IdentityHashMap<>();
        List<Node> inputs = new ArrayList<>(program.inputs());
        Map<String, Node> taken = new LinkedHashMap<>();
        for (Node node : group) {
            List<Node> operands = new ArrayList<>();
            for (Node operand : node.inputs()) {
                Node source = source(operand);
                boolean known = !eachRun.contains(source)
                        || source.op() instanceof TensorOp.Input
                        || source.op() instanceof TensorOp.Param && place == Place.DEVICE;
                if (!known && !inside.containsKey(source)) {
                    String name = "taken." + taken.size();
                    Node input = new Node(
                            new TensorOp.Input(name, source.type()), List.of(), source.type(), name, source.location());
                    inputs.add(input);
                    taken.put(name, source);
                    inside.put(source, input);
                }
                operands.add(known ? source : inside.get(source));
            }
            inside.put(node, node.withInputs(operands));
        }
        Map<String, Node> given = new LinkedHashMap<>();
        List<Output> outputs = new ArrayList<>();
        for (Node node : needed(program, group)) {
            String name = "given." + given.size();
            given.put(name, node);
            outputs.add(new Output(name, inside.get(node)));
        }
        return new Segment(place, new Program(program.name(), inputs, outputs, program.constants()), taken, given);
    }

    /** Returns those of a group that outputs or nodes outside read. */
    private static List<Node> needed(Program program, List<Node> group) {
        Set<Node> members = Collections.newSetFromMap(new IdentityHashMap<>());
        members.addAll(group);
        Set<Node> needed = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Node node : program.nodes()) {
            if (!members.contains(node)) {
                node.inputs().forEach(operand -> needed.add(source(operand)));
            }
        }
        program.roots().forEach(root -> needed.add(source(root)));
        return group.stream().filter(needed::contains).toList();
    }
}
