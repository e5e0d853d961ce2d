package detangle.ir;

import java.util.List;
import java.util.Optional;

/**
 * A value of a program: an operation, its operands and its type. Nodes are immutable and form a directed acyclic graph;
 * two nodes are equal only if they are the same object.
 *
 * <p>The constructor checks nothing, so that a parser can hold a wrong program and the {@code Verifier} can report all
 * of its errors. {@code Builder} makes checked nodes.
 */
public final class Node {
    private final Op op;
    private final List<Node> inputs;
    private final TensorType type;
    private final String name;
    private final Location location;

    /**
     * @param name a hint for the text form, without {@code %}; may be empty
     * @param location where it was read from, if anywhere
     */
    public Node(Op op, List<Node> inputs, TensorType type, String name, Optional<Location> location) {
        this.op = op;
        this.inputs = List.copyOf(inputs);
        this.type = type;
        this.name = name;
        this.location = location.orElse(null);
    }

    public Op op() {
        return op;
    }

    public List<Node> inputs() {
        return inputs;
    }

    public Node input(int index) {
        return inputs.get(index);
    }

    public TensorType type() {
        return type;
    }

    public Shape shape() {
        return type.shape();
    }

    /** Returns the hint for the text form; may be empty. */
    public String name() {
        return name;
    }

    public Optional<Location> location() {
        return Optional.ofNullable(location);
    }

    /** Returns the same value over other operands, type unchecked. */
    public Node withInputs(List<Node> newInputs) {
        return new Node(op, newInputs, type, name, location());
    }

    public Node withName(String newName) {
        return new Node(op, inputs, type, newName, location());
    }

    /** Returns one line for messages, such as {@code dot(f32[B,12,S,64], f32[B,12,S,64])}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(op.mnemonic()).append('(');
        for (int i = 0; i < inputs.size(); i++) {
            text.append(i == 0 ? "" : ", ").append(inputs.get(i).type);
        }
        return text.append(") : ").append(type).toString();
    }
}
