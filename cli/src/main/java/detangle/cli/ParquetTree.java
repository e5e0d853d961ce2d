package detangle.cli;

import detangle.pipelines.task.Column;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Takes rows apart into the leaves of a Parquet schema (Melnik et al. 2010, section 4). Every column may be missing.
 */
final class ParquetTree {
    /** Names that Parquet's rules for lists give the levels of one. */
    static final String LIST = "list";

    static final String ELEMENT = "element";

    private final List<Node> columns;
    private final List<ParquetLeaf> leaves = new ArrayList<>();

    /** A column with the leaves below it, a range of all. */
    private record Node(String name, Column.Type type, int repetition, List<Node> children, int first, int end) {}

    ParquetTree(List<Column> columns) {
        this.columns = nodes(columns, List.of(), 0, 0);
    }

    List<ParquetLeaf> leaves() {
        return leaves;
    }

    private List<Node> nodes(List<Column> all, List<String> path, int repetition, int definition) {
        List<Node> nodes = new ArrayList<>();
        for (Column column : all) {
            nodes.add(node(column.name(), column.type(), path, repetition, definition + 1));
        }
        return nodes;
    }

    private Node node(String name, Column.Type type, List<String> above, int repetition, int definition) {
        List<String> path = new ArrayList<>(above);
        path.add(name);
        int first = leaves.size();
        List<Node> children = switch (type) {
            case Column.Scalar scalar -> {
                leaves.add(new ParquetLeaf(path, scalar, repetition, definition));
                yield List.of();
            }
            case Column.ObjectOf object -> nodes(object.columns(), path, repetition, definition);
            case Column.ListOf list -> {
                path.add(LIST);
                yield List.of(node(ELEMENT, list.element(), path, repetition + 1, definition + 2));
            }
        };
        return new Node(name, type, repetition, children, first, leaves.size());
    }

    void add(Map<String, Object> row) {
        columns.forEach(column -> add(column, row.get(column.name()), 0, 0));
    }

    /** @param definition how much of the path above the node is there */
    private void add(Node node, Object value, int repetition, int definition) {
        if (value == null) {
            missing(node, repetition, definition);
            return;
        }
        switch (node.type()) {
            case Column.Scalar scalar -> leaves.get(node.first()).add(repetition, definition + 1, value);
            case Column.ObjectOf object ->
                node.children()
                        .forEach(
                                child -> add(child, ((Map<?, ?>) value).get(child.name()), repetition, definition + 1));
            case Column.ListOf list -> {
                List<?> elements = elements(value);
                if (elements.isEmpty()) {
                    missing(node, repetition, definition + 1);
                }
                for (int i = 0; i < elements.size(); i++) {
                    add(
                            node.children().getFirst(),
                            elements.get(i),
                            i == 0 ? repetition : node.repetition() + 1,
                            definition + 2);
                }
            }
        }
    }

    private static List<?> elements(Object value) {
        if (value instanceof float[] vector) {
            List<Float> elements = new ArrayList<>();
            for (float component : vector) {
                elements.add(component);
            }
            return elements;
        }
        return (List<?>) value;
    }

    private void missing(Node node, int repetition, int definition) {
        leaves.subList(node.first(), node.end()).forEach(leaf -> leaf.missing(repetition, definition));
    }
}
