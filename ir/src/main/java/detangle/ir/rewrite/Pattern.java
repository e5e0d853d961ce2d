package detangle.ir.rewrite;

import detangle.ir.BinaryFunction;
import detangle.ir.DType;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Op;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * Finds out whether a value is written in some form. The form is an ordinary expression over places, made by the same
 * calls that write it in a program, so that a rule shows what it looks for:
 *
 * <pre>
 * Pattern p = new Pattern(uses);
 * Node x = p.any(node.type());
 * boolean gelu = p.matches(idioms.gelu(x), node);     then p.at(x) is what GELU is taken of
 * </pre>
 *
 * <p>A place stands for any node of its type, and for one and the same node wherever the form reads it. A node of the
 * program in a form stands for itself. Everything else has to agree in operation, type and operands, which functions
 * like a sum take in either order. Of a constant, the element type and the value have to agree.
 */
public final class Pattern {
    private final Rule.Uses uses;
    private final Map<Node, Predicate<Node>> places = new IdentityHashMap<>();
    private final Map<Node, Node> found = new IdentityHashMap<>();

    /** @param uses how often nodes of the program are read, as a rule is told */
    public Pattern(Rule.Uses uses) {
        this.uses = uses;
    }

    /** Returns a place for any node of a type. */
    public Node any(TensorType type) {
        return any(type, node -> true);
    }

    /** Returns a place for nodes of a type that meet a condition. */
    public Node any(TensorType type, Predicate<Node> condition) {
        return place(type, node -> node.type().equals(type) && condition.test(node));
    }

    /** Returns a place for nodes of a type that meet a condition and that the program reads once. */
    public Node once(TensorType type, Predicate<Node> condition) {
        return any(type, node -> uses.once(node) && condition.test(node));
    }

    /** Returns a place for a constant, whatever its value, of which each element is the same. */
    public Node number(DType dtype) {
        return place(new TensorType(dtype, Shape.SCALAR), node -> node.type().dtype() == dtype && isSplat(node));
    }

    private Node place(TensorType type, Predicate<Node> condition) {
        Node place = new Node(new TensorOp.Input("place", type), List.of(), type, "", Optional.empty());
        places.put(place, condition);
        return place;
    }

    private static boolean isSplat(Node node) {
        return node.op() instanceof TensorOp.Constant(Literal.Splat value, TensorType type);
    }

    private static double value(Node splat) {
        return ((Literal.Splat) ((TensorOp.Constant) splat.op()).value()).value();
    }

    /** Returns whether a node is written in a form. If so, {@link #at} says what stands at its places. */
    public boolean matches(Node form, Node node) {
        found.clear();
        return matches(form, node, () -> true);
    }

    /** Returns the node that stands at a place of the form that matched last. */
    public Node at(Node place) {
        return found.get(place);
    }

    /** Returns the value of the constant at a place of the form that matched last. */
    public double numberAt(Node place) {
        return value(at(place));
    }

    /**
     * Returns whether the form matches, and what is left to be compared does too: what a place stands for may be
     * decided by a part of the form that is compared later.
     */
    private boolean matches(Node form, Node node, BooleanSupplier rest) {
        if (places.containsKey(form)) {
            return stands(form, node, rest);
        }
        if (form == node) {
            return rest.getAsBoolean();
        }
        if (isSplat(form)) {
            return isSplat(node)
                    && node.type().dtype() == form.type().dtype()
                    && value(node) == value(form)
                    && rest.getAsBoolean();
        }
        boolean alike = form.op().equals(node.op())
                && form.type().equals(node.type())
                && form.inputs().size() == node.inputs().size();
        return alike
                && (operands(form.inputs(), node.inputs(), 0, rest)
                        || commutes(form.op())
                                && operands(form.inputs(), node.inputs().reversed(), 0, rest));
    }

    private boolean stands(Node place, Node node, BooleanSupplier rest) {
        Node before = found.get(place);
        if (before != null) {
            return before == node && rest.getAsBoolean();
        }
        if (!places.get(place).test(node)) {
            return false;
        }
        found.put(place, node);
        if (rest.getAsBoolean()) {
            return true;
        }
        found.remove(place);
        return false;
    }

    private boolean operands(List<Node> forms, List<Node> nodes, int from, BooleanSupplier rest) {
        return from == forms.size()
                ? rest.getAsBoolean()
                : matches(forms.get(from), nodes.get(from), () -> operands(forms, nodes, from + 1, rest));
    }

    private static boolean commutes(Op op) {
        return op instanceof TensorOp.Binary(BinaryFunction function) && function.commutes();
    }
}
