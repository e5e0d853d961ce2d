package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;
import static detangle.backend.vector.kernel.Lanes.SPECIES;

import detangle.ir.Activation;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Activations in place, on a tile that a product has just left in the cache. One loop each, for C2's sake. */
public final class Activations {
    private Activations() {}

    public static void apply(Activation activation, float[] c, int co, int ldc, int rows, int columns) {
        switch (activation) {
            case NONE -> {}
            case GELU -> VectorMath.gelu(c, co, ldc, rows, columns);
            case TANH -> tanh(c, co, ldc, rows, columns);
            case RELU -> relu(c, co, ldc, rows, columns);
            case SILU -> silu(c, co, ldc, rows, columns);
        }
    }

    private static void tanh(float[] c, int co, int ldc, int rows, int columns) {
        for (int i = 0; i < rows; i++) {
            int row = co + i * ldc;
            int j = 0;
            for (; j + COUNT <= columns; j += COUNT) {
                FloatVector.fromArray(SPECIES, c, row + j)
                        .lanewise(VectorOperators.TANH)
                        .intoArray(c, row + j);
            }
            for (; j < columns; j++) {
                c[row + j] = (float) Math.tanh(c[row + j]);
            }
        }
    }

    private static void silu(float[] c, int co, int ldc, int rows, int columns) {
        for (int i = 0; i < rows; i++) {
            int row = co + i * ldc;
            int j = 0;
            for (; j + COUNT <= columns; j += COUNT) {
                FloatVector x = FloatVector.fromArray(SPECIES, c, row + j);
                x.div(x.neg().lanewise(VectorOperators.EXP).add(1)).intoArray(c, row + j);
            }
            for (; j < columns; j++) {
                c[row + j] = (float) (c[row + j] / (1 + Math.exp(-c[row + j])));
            }
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
