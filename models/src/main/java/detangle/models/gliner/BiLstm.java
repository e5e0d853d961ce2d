package detangle.models.gliner;

import detangle.ir.Tensor;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.util.List;

/**
 * A bidirectional LSTM (Hochreiter and Schmidhuber 1997) as PyTorch computes it. Its inputs are what each step's input
 * contributes to the gates: input, forget, cell and output gate, H numbers each.
 */
public final class BiLstm {
    /** The number of rows that are added at once, so that the sum is read and written only a fourth as often. */
    private static final int ROWS_PER_PASS = 4;

    private final int hidden;

    /**
     * The numbers that each element of a state adds to the gates, by direction. Each row is an array of its own,
     * because C2 vectorises only loops over such arrays.
     */
    private final float[][][] recurrent;

    /**
     * The recurrent matrices of a model.
     *
     * @throws WeightsException if one is missing or of another size
     */
    public BiLstm(GlinerConfig config, Weights weights) {
        this(config.hiddenSize(), weights, List.of(GlinerModel.recurrent(0), GlinerModel.recurrent(1)));
    }

    /**
     * The recurrent matrices of any model.
     *
     * @param width of the states of both directions
     * @param matrices the names of the tensors {@code f32[2*width,width/2]}, forwards and backwards
     * @throws WeightsException if one is missing or of another size
     */
    public BiLstm(int width, Weights weights, List<String> matrices) {
        this.hidden = width / 2;
        this.recurrent = new float[][][] {transposed(weights, matrices.get(0)), transposed(weights, matrices.get(1))};
    }

    /** {@code [4H,H]} as {@code [H,4H]}, with rows of zeros up to a multiple of {@link #ROWS_PER_PASS}. */
    private float[][] transposed(Weights weights, String name) {
        Tensor matrix = weights.get(name);
        int gates = 4 * hidden;
        if (matrix.rank() != 2 || matrix.dim(0) != gates || matrix.dim(1) != hidden) {
            throw new WeightsException(
                    weights.source(name),
                    name + " has shape " + matrix.type().shape() + ", and hidden_size asks for [" + gates + "," + hidden
                            + "]: the configuration and the weights do not belong together");
        }
        float[][] rows = new float[Math.ceilDiv(hidden, ROWS_PER_PASS) * ROWS_PER_PASS][gates];
        for (int gate = 0; gate < gates; gate++) {
            for (int i = 0; i < hidden; i++) {
                rows[i][gate] = (float) matrix.getDouble((long) gate * hidden + i);
            }
        }
        return rows;
    }

    /**
     * Runs over a sequence.
     *
     * @param gates for each direction and step what the input contributes, {@code [2][W][4H]}
     * @return the states of both directions, {@code [W][2H]}
     */
    public float[][] run(float[][][] gates) {
        int steps = gates[0].length;
        float[][] states = new float[steps][2 * hidden];
        for (int direction = 0; direction < 2; direction++) {
            float[][] rows = recurrent[direction];
            float[] state = new float[rows.length];
            float[] cell = new float[hidden];
            for (int i = 0; i < steps; i++) {
                int step = direction == 0 ? i : steps - 1 - i;
                float[] all = gates[direction][step].clone();
                for (int j = 0; j < rows.length; j += ROWS_PER_PASS) {
                    addRows(all, rows[j], rows[j + 1], rows[j + 2], rows[j + 3], state, j);
                }
                step(all, state, cell);
                System.arraycopy(state, 0, states[step], direction * hidden, hidden);
            }
        }
        return states;
    }

    /**
     * Adds rows to a sum. It is a method of its own, which the JIT vectorises because all arrays are read at the same
     * index.
     */
    private static void addRows(float[] sum, float[] a, float[] b, float[] c, float[] d, float[] factors, int first) {
        float ofA = factors[first];
        float ofB = factors[first + 1];
        float ofC = factors[first + 2];
        float ofD = factors[first + 3];
        for (int i = 0; i < sum.length; i++) {
            sum[i] += ofA * a[i] + ofB * b[i] + (ofC * c[i] + ofD * d[i]);
        }
    }

    private void step(float[] gates, float[] state, float[] cell) {
        for (int i = 0; i < gates.length; i++) {
            // tanh(x) = 2 sigmoid(2x) - 1, so one function serves all gates.
            boolean isCandidate = i >= 2 * hidden && i < 3 * hidden;
            gates[i] = sigmoid(isCandidate ? 2 * gates[i] : gates[i]);
        }
        for (int j = 0; j < hidden; j++) {
            float candidate = 2 * gates[2 * hidden + j] - 1;
            float next = gates[hidden + j] * cell[j] + gates[j] * candidate;
            cell[j] = next;
            state[j] = gates[3 * hidden + j] * (2 * sigmoid(2 * next) - 1);
        }
    }

    private static float sigmoid(float x) {
        return 1 / (1 + exponential(-x));
    }

    /**
     * Returns the exponential in single precision, as expf of the Cephes library computes it: a power of two times a
     * polynomial of the rest. It is several times as fast as Java's, and its error is some units in the last place.
     */
    private static float exponential(float x) {
        float bounded = Math.clamp(x, -87, 88);
        int power = Math.round(bounded * 1.44269504f);
        float rest = bounded - power * 0.693359375f + power * 2.12194440e-4f;
        float p = 1.9875691500e-4f;
        p = p * rest + 1.3981999507e-3f;
        p = p * rest + 8.3334519073e-3f;
        p = p * rest + 4.1665795894e-2f;
        p = p * rest + 1.6666665459e-1f;
        p = p * rest + 5.0000001201e-1f;
        return (p * rest * rest + rest + 1) * Float.intBitsToFloat((power + 127) << 23);
    }
}
