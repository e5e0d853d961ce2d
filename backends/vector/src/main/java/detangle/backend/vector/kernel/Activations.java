package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;

import detangle.ir.Activation;

/** Activations in place, on a tile that a product has just left in the cache. One loop each, for C2's sake. */
public final class Activations {
    private Activations() {}

    public static void apply(Activation activation, float[] c, int co, int ldc, int rows, int columns) {
        switch (activation) {
            case NONE -> {}
            case GELU -> VectorMath.gelu(c, co, ldc, rows, columns);
            case TANH -> apply(VectorFunctions::tanh, c, co, ldc, rows, columns);
            case RELU -> relu(c, co, ldc, rows, columns);
            case SILU -> apply(VectorFunctions::silu, c, co, ldc, rows, columns);
        }
    }

    /** A function of a block, with room for two whole vectors behind it, and memory that it needs meanwhile. */
    @FunctionalInterface
    private interface BlockFunction {
        void apply(float[] x, float[] out, float[] memory, int size);
    }

    /**
     * Applies a function to a tile as to one block. The Vector API's own exponential and hyperbolic tangent have other
     * bits in compiled code than in interpreted code, and than {@link Math} has in a rest of columns.
     */
    private static void apply(BlockFunction function, float[] c, int co, int ldc, int rows, int columns) {
        int size = rows * columns;
        int room = Lanes.roundUp(size, 2 * COUNT);
        Scratch scratch = Scratch.get();
        float[] x = scratch.floats(Scratch.ACTIVATION, room);
        float[] out = scratch.floats(Scratch.ACTIVATION + 1, room);
        float[] memory = scratch.floats(Scratch.ACTIVATION + 2, room);
        for (int i = 0; i < rows; i++) {
            System.arraycopy(c, co + i * ldc, x, i * columns, columns);
        }
        function.apply(x, out, memory, size);
        for (int i = 0; i < rows; i++) {
            System.arraycopy(out, i * columns, c, co + i * ldc, columns);
        }
    }

    private static void relu(float[] c, int co, int ldc, int rows, int columns) {
        for (int i = 0; i < rows; i++) {
            for (int j = co + i * ldc; j < co + i * ldc + columns; j++) {
                c[j] = Math.max(c[j], 0);
            }
        }
    }
}
