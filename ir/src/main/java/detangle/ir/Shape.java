package detangle.ir;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The extents of a tensor, outermost first. A scalar has rank 0; more than {@value #MAX_AXES} axes are a {@link
 * SizeException}.
 */
public record Shape(List<Dim> dims) {
    /** Axes of the largest shape. */
    public static final int MAX_AXES = 16;

    public static final Shape SCALAR = new Shape(List.of());

    public Shape {
        if (dims.size() > MAX_AXES) {
            throw new SizeException(
                    "a shape has " + dims.size() + " axes, and no more than " + MAX_AXES + " are possible");
        }
        dims = List.copyOf(dims);
    }

    public static Shape of(Dim... dims) {
        return new Shape(List.of(dims));
    }

    public static Shape of(long... sizes) {
        return new Shape(Arrays.stream(sizes).mapToObj(Dim::of).toList());
    }

    public int rank() {
        return dims.size();
    }

    /** Returns the extent of an axis; negative axes count from the end. */
    public Dim dim(int axis) {
        return dims.get(axis < 0 ? axis + rank() : axis);
    }

    public boolean isStatic() {
        // Without streams here and below, as each node of each program is asked.
        for (Dim dim : dims) {
            if (!dim.isStatic()) {
                return false;
            }
        }
        return true;
    }

    /** Returns the number of elements. */
    public Dim elements() {
        Dim elements = Dim.of(1);
        for (Dim dim : dims) {
            elements = elements.times(dim);
        }
        return elements;
    }

    /** Returns a copy with one axis replaced; negative axes count from the end. */
    public Shape with(int axis, Dim dim) {
        List<Dim> copy = new ArrayList<>(dims);
        copy.set(axis < 0 ? axis + rank() : axis, dim);
        return new Shape(copy);
    }

    /** Returns the axes {@code [from, to)}. */
    public Shape sub(int from, int to) {
        return new Shape(dims.subList(from, to));
    }

    /** This shape followed by the axes of another. */
    public Shape concat(Shape other) {
        List<Dim> all = new ArrayList<>(dims);
        all.addAll(other.dims);
        return new Shape(all);
    }

    /** Returns the sizes under an assignment of the symbols. */
    public long[] evaluate(Map<String, Long> bindings) {
        return dims.stream().mapToLong(d -> d.evaluate(bindings)).toArray();
    }

    /** Returns the sizes of a static shape. */
    public long[] sizes() {
        return evaluate(Map.of());
    }

    /**
     * Returns the shape both broadcast to, as in NumPy: axes are aligned at the end, and an axis of extent 1 repeats.
     * Empty when two extents differ and neither is the constant 1.
     */
    public static Optional<Shape> broadcast(Shape a, Shape b) {
        int rank = Math.max(a.rank(), b.rank());
        Dim[] out = new Dim[rank];
        for (int i = 1; i <= rank; i++) {
            Dim x = i <= a.rank() ? a.dim(-i) : Dim.of(1);
            Dim y = i <= b.rank() ? b.dim(-i) : Dim.of(1);
            if (!x.equals(y) && !x.isOne() && !y.isOne()) {
                return Optional.empty();
            }
            out[rank - i] = x.isOne() ? y : x;
        }
        return Optional.of(Shape.of(out));
    }

    /** Returns whether this shape broadcasts to exactly {@code target}. */
    public boolean broadcastsTo(Shape target) {
        return broadcast(this, target).filter(target::equals).isPresent();
    }

    /** Returns the text form: {@code [B,12,S,64]}, and {@code []} for a scalar. */
    @Override
    public String toString() {
        return dims.stream().map(Dim::toString).collect(Collectors.joining(",", "[", "]"));
    }
}
