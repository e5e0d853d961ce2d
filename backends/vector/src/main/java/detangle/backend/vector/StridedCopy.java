package detangle.backend.vector;

import detangle.ir.Shape;

/** Copies an array through strides, of one type or another: transposes and broadcasts. */
final class StridedCopy {
    private final int[] sizes = new int[Shape.MAX_AXES];
    private final int[] strides = new int[Shape.MAX_AXES];
    private int rank;

    /** Begins with a shape without axes. */
    void clear() {
        rank = 0;
    }

    /** Adds an axis of the result inside the others, and how far apart its elements stand in the source. */
    void axis(int size, int stride) {
        sizes[rank] = size;
        strides[rank] = stride;
        rank++;
    }

    void run(Object from, int fromAt, Object to, int toAt) {
        if (rank == 0) {
            System.arraycopy(from, fromAt, to, toAt, 1);
        } else {
            copy(0, from, fromAt, to, toAt);
        }
    }

    /** Copies one place of the axes before this one; returns where the next begins in the result. */
    private int copy(int axis, Object from, int fromAt, Object to, int toAt) {
        if (axis == rank - 1) {
            row(from, fromAt, strides[axis], to, toAt, sizes[axis]);
            return toAt + sizes[axis];
        }
        int next = toAt;
        for (int i = 0; i < sizes[axis]; i++) {
            next = copy(axis + 1, from, fromAt + i * strides[axis], to, next);
        }
        return next;
    }

    private static void row(Object from, int fromAt, int stride, Object to, int toAt, int count) {
        if (stride == 1) {
            System.arraycopy(from, fromAt, to, toAt, count);
            return;
        }
        switch (from) {
            case float[] x -> {
                float[] y = (float[]) to;
                for (int i = 0; i < count; i++) {
                    y[toAt + i] = x[fromAt + i * stride];
                }
            }
            case int[] x -> {
                int[] y = (int[]) to;
                for (int i = 0; i < count; i++) {
                    y[toAt + i] = x[fromAt + i * stride];
                }
            }
            case long[] x -> {
                long[] y = (long[]) to;
                for (int i = 0; i < count; i++) {
                    y[toAt + i] = x[fromAt + i * stride];
                }
            }
            default -> {
                for (int i = 0; i < count; i++) {
                    System.arraycopy(from, fromAt + i * stride, to, toAt + i, 1);
                }
            }
        }
    }
}
