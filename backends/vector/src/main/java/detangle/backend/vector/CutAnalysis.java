package detangle.backend.vector;

import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.OpDims;
import detangle.ir.Program;
import detangle.ir.Shape;
import detangle.ir.SizeException;
import detangle.ir.TensorOp;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Proves which values that follow from sizes alone are cuts of one table: the value for a length is then a part of the
 * value for a longer one, and no length needs a table of its own. The relative positions of a model are such a value:
 * element n of {@code iota {start=-S+1} : i32[2*S-1]} is n-S+1, and whatever is computed from it element by element
 * depends on that number alone.
 *
 * <p>What is proved of a value x is that {@code x[i, j, ..] = g(i + o, j + p, ..)}, where g is the same function at all
 * sizes, and o and p are polynomials: the origins of the axes. An axis along which all elements are equal has none.
 * Each rule below keeps that form; a value without a rule is not a cut.
 */
final class CutAnalysis {
    /** The proof about each axis of a value: its origin, or that all elements along it are equal. */
    private final Map<Node, List<Optional<Dim>>> proved = new IdentityHashMap<>();

    private final Set<Node> free = Collections.newSetFromMap(new IdentityHashMap<>());

    /**
     * The elements {@code [first, first + elements)} of a table that has an element for each whole number.
     *
     * @param first may be negative
     */
    record Cut(Dim first, Dim elements) {}

    /** @param constants the nodes that nothing but sizes may change */
    CutAnalysis(Program program, Set<Node> constants) {
        for (Node node : program.nodes()) {
            if (constants.contains(node)) {
                if (node.shape().isStatic() && OpDims.isStatic(node.op()) && free.containsAll(node.inputs())) {
                    free.add(node);
                    proved.put(node, Collections.nCopies(node.type().rank(), Optional.of(Dim.of(0))));
                } else if (node.inputs().stream().allMatch(proved::containsKey)) {
                    axes(node).ifPresent(axes -> proved.put(node, axes));
                }
            }
        }
    }

    /** Returns whether a constant is the same at all sizes. */
    boolean isFree(Node node) {
        return free.contains(node);
    }

    /** Returns the place of a value in a table for all sizes, if it is proved to be one run of its elements. */
    Optional<Cut> cut(Node node) {
        List<Optional<Dim>> axes = proved.get(node);
        if (axes == null || free.contains(node)) {
            return Optional.empty();
        }
        Shape shape = node.shape();
        int first = 0;
        while (first < shape.rank() && shape.dim(first).isOne() && hasNoSymbol(axes.get(first))) {
            first++;
        }
        if (first == shape.rank() || axes.get(first).isEmpty()) {
            return Optional.empty();
        }
        // Elements of all axes inside the first stand together, so that none of these may depend on sizes.
        for (int axis = first + 1; axis < shape.rank(); axis++) {
            if (!shape.dim(axis).isStatic() || !hasNoSymbol(axes.get(axis))) {
                return Optional.empty();
            }
        }
        Dim inner = shape.sub(first + 1, shape.rank()).elements();
        return Optional.of(new Cut(axes.get(first).get().times(inner), shape.elements()));
    }

    private static boolean hasNoSymbol(Optional<Dim> origin) {
        return origin.isEmpty() || origin.get().isStatic();
    }

    private Optional<List<Optional<Dim>>> axes(Node node) {
        try {
            return switch (node.op()) {
                case TensorOp op -> axes(op, node);
                // The place of an element in the result decides on its random numbers.
                case KernelOp.Elementwise op -> op.region().isRandom() ? Optional.empty() : together(node);
                case KernelOp op -> Optional.empty();
            };
        } catch (SizeException e) {
            return Optional.empty(); // An origin would have more terms than a size may have.
        }
    }

    private Optional<List<Optional<Dim>>> axes(TensorOp op, Node node) {
        return switch (op) {
            case TensorOp.Constant o when o.value() instanceof Literal.Splat -> equal(node);
            case TensorOp.Iota o -> {
                List<Optional<Dim>> axes =
                        new ArrayList<>(Collections.nCopies(node.type().rank(), Optional.empty()));
                axes.set(o.axis(), Optional.of(o.start()));
                yield Optional.of(axes);
            }
            case TensorOp.Unary o -> together(node);
            case TensorOp.Binary o -> together(node);
            case TensorOp.Compare o -> together(node);
            case TensorOp.Select o -> together(node);
            case TensorOp.Convert o -> together(node);
            case TensorOp.StopGradient o -> together(node);
            case TensorOp.Transfer o -> together(node);
            case TensorOp.Broadcast o -> together(node);
            case TensorOp.Transpose o ->
                Optional.of(o.permutation().stream()
                        .map(axis -> proved.get(node.input(0)).get(axis))
                        .toList());
            case TensorOp.Slice o -> {
                List<Optional<Dim>> axes = new ArrayList<>(proved.get(node.input(0)));
                axes.set(o.axis(), axes.get(o.axis()).map(origin -> origin.plus(o.start())));
                yield Optional.of(axes);
            }
            case TensorOp.Reshape o -> reshaped(node.input(0), node);
            case TensorOp.Gather o -> gathered(node);
            default -> Optional.empty();
        };
    }

    private static Optional<List<Optional<Dim>>> equal(Node node) {
        return Optional.of(Collections.nCopies(node.type().rank(), Optional.empty()));
    }

    /**
     * Returns the proof of a node that computes each element by itself, from operands that broadcast. Operands may
     * have different origins along an axis where they differ by a number: the result is a function of the place from
     * either.
     */
    private Optional<List<Optional<Dim>>> together(Node node) {
        List<Optional<Dim>> axes =
                new ArrayList<>(Collections.nCopies(node.type().rank(), Optional.empty()));
        for (Node operand : node.inputs()) {
            List<Optional<Dim>> own = proved.get(operand);
            int lead = axes.size() - own.size();
            for (int i = 0; i < own.size(); i++) {
                Optional<Dim> origin = own.get(i);
                boolean repeats = operand.shape().dim(i).isOne()
                        && !node.shape().dim(lead + i).isOne();
                if (repeats && !hasNoSymbol(origin)) {
                    return Optional.empty(); // Its only element depends on sizes.
                }
                if (repeats || origin.isEmpty()) {
                    continue;
                }
                Optional<Dim> other = axes.get(lead + i);
                if (other.isPresent() && !other.get().minus(origin.get()).isStatic()) {
                    return Optional.empty();
                }
                axes.set(lead + i, other.isPresent() ? other : origin);
            }
        }
        return Optional.of(axes);
    }

    /** Axes of one element may come and go, and axes of fixed sizes at the end may be divided otherwise. */
    private Optional<List<Optional<Dim>>> reshaped(Node from, Node to) {
        List<Optional<Dim>> own = proved.get(from);
        List<Optional<Dim>> axes = new ArrayList<>();
        int next = skipOnes(from, 0);
        for (int axis = 0; axis < to.type().rank(); axis++) {
            Dim dim = to.shape().dim(axis);
            if (dim.isOne()) {
                axes.add(Optional.empty());
            } else if (next >= 0 && next < own.size() && from.shape().dim(next).equals(dim)) {
                axes.add(own.get(next));
                next = skipOnes(from, next + 1);
            } else if (dim.isStatic()
                    && isFixedFrom(from, next)
                    && to.shape().sub(axis, to.type().rank()).isStatic()) {
                axes.addAll(Collections.nCopies(to.type().rank() - axis, Optional.of(Dim.of(0))));
                return Optional.of(axes);
            } else {
                return Optional.empty();
            }
        }
        return next == own.size() ? Optional.of(axes) : Optional.empty();
    }

    /**
     * Returns the next axis that has more than one element; -1 if one before it has an element that depends on sizes.
     */
    private int skipOnes(Node node, int from) {
        int axis = from;
        while (axis < node.type().rank() && node.shape().dim(axis).isOne()) {
            if (!hasNoSymbol(proved.get(node).get(axis))) {
                return -1;
            }
            axis++;
        }
        return axis;
    }

    private boolean isFixedFrom(Node node, int axis) {
        return axis >= 0
                && node.shape().sub(axis, node.type().rank()).isStatic()
                && proved.get(node).subList(axis, node.type().rank()).stream().allMatch(CutAnalysis::hasNoSymbol);
    }

    /** Returns rows of a table that is the same at all sizes. */
    private Optional<List<Optional<Dim>>> gathered(Node node) {
        Node table = node.input(0);
        if (!free.contains(table)) {
            return Optional.empty();
        }
        List<Optional<Dim>> axes = new ArrayList<>(proved.get(node.input(1)));
        axes.addAll(Collections.nCopies(table.type().rank() - 1, Optional.of(Dim.of(0))));
        return Optional.of(axes);
    }
}
