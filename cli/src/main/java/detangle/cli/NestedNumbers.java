package detangle.cli;

import detangle.cli.Failures.CliException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/** Numbers in lists in lists, as deep as they are nested: a tensor in JSON. */
record NestedNumbers(double[] values, long[] shape) {
    private static final int MAX_RANK = 4;

    /**
     * Empty if the node is missing or null.
     *
     * @param fault makes the exception of a message, which goes on from the name of what is read
     */
    static Optional<NestedNumbers> read(JsonNode node, Function<String, CliException> fault) {
        if (node.isMissingNode() || node.isNull()) {
            return Optional.empty();
        }
        List<Long> shape = new ArrayList<>();
        for (JsonNode level = node; level.isArray(); level = level.path(0)) {
            if (level.isEmpty() || shape.size() == MAX_RANK) {
                throw fault.apply(" is no list of numbers, nor of lists of numbers");
            }
            shape.add((long) level.size());
        }
        if (shape.isEmpty()) {
            throw fault.apply(" is no list");
        }
        List<Double> values = new ArrayList<>();
        collect(node, shape, 0, values, fault);
        return Optional.of(new NestedNumbers(
                values.stream().mapToDouble(v -> v).toArray(),
                shape.stream().mapToLong(v -> v).toArray()));
    }

    private static void collect(
            JsonNode node, List<Long> shape, int depth, List<Double> values, Function<String, CliException> fault) {
        if (depth == shape.size()) {
            if (!node.isNumber()) {
                throw fault.apply(" holds '" + node + "', which is no number");
            }
            values.add(node.asDouble());
            return;
        }
        if (!node.isArray() || node.size() != shape.get(depth)) {
            throw fault.apply(": its rows differ in length: pad them");
        }
        for (JsonNode child : node) {
            collect(child, shape, depth + 1, values, fault);
        }
    }
}
