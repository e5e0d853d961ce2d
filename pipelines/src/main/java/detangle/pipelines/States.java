package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.gliner2.TokenPooling;

/** States as rows of numbers, and as tensors. */
final class States {
    private States() {}

    /** Returns the rows at some indices. */
    static float[][] picked(float[][] rows, int[] indices) {
        float[][] picked = new float[indices.length][];
        for (int i = 0; i < picked.length; i++) {
            picked[i] = rows[indices[i]];
        }
        return picked;
    }

    /** Returns rows as {@code f32[N,H]}. */
    static Tensor tensor(float[][] rows) {
        return Tensor.of(flat(rows), rows.length, rows[0].length);
    }

    /** Returns rows as {@code f32[count,M,H]}, M for each of some instances. */
    static Tensor tensor(float[][] rows, int count) {
        return Tensor.of(flat(rows), count, rows.length / count, rows[0].length);
    }

    private static float[] flat(float[][] rows) {
        int width = rows[0].length;
        float[] values = new float[rows.length * width];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i], 0, values, i * width, width);
        }
        return values;
    }

    /** Returns the rows along the last axis of a tensor. */
    static float[][] rows(Tensor tensor) {
        int width = Math.toIntExact(tensor.dim(-1));
        float[] values = tensor.toFloats();
        float[][] rows = new float[values.length / width][width];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(values, i * width, rows[i], 0, width);
        }
        return rows;
    }

    /** Returns the place of the greatest value, the first of several; all must be finite. */
    static int greatest(float[] values) {
        Row.finite(values);
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            best = values[i] > values[best] ? i : best;
        }
        return best;
    }

    /** Returns the state of a word, of those of its tokens from the first to before the end. */
    static float[] pooled(float[][] tokens, int first, int end, TokenPooling pooling) {
        float[] state = tokens[first].clone();
        if (pooling == TokenPooling.FIRST) {
            return state;
        }
        for (int token = first + 1; token < end; token++) {
            for (int i = 0; i < state.length; i++) {
                state[i] = pooling == TokenPooling.MAX
                        ? Math.max(state[i], tokens[token][i])
                        : state[i] + tokens[token][i];
            }
        }
        if (pooling == TokenPooling.MEAN) {
            for (int i = 0; i < state.length; i++) {
                state[i] /= end - first;
            }
        }
        return state;
    }
}
