package detangle.models.gliner;

import detangle.ir.Tensor;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.util.List;

/**
 * A bidirectional LSTM (Hochreiter and Schmidhuber 1997) as PyTorch computes it, from what its inputs contribute to the
 * gates: input, forget, cell and output gate, H each.
 */
public final class BiLstm {
    private final int hidden;
    private final float[][] recurrent;

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
        this.recurrent = new float[][] {transposed(weights, matrices.get(0)), transposed(weights, matrices.get(1))};
    }

    /** {@code [4H,H]} as {@code [H,4H]}, so that a state's element adds a row to the gates. */
    private float[] transposed(Weights weights, String name) {
        Tensor matrix = weights.get(name);
        int gates = 4 * hidden;
        if (matrix.rank() != 2 || matrix.dim(0) != gates || matrix.dim(1) != hidden) {
            throw new WeightsException(
                    weights.source(name),
                    name + " has shape " + matrix.type().shape() + ", and hidden_size asks for [" + gates + "," + hidden
                            + "]: the configuration and the weights do not belong together");
        }
        float[] rows = new float[gates * hidden];
        for (int gate = 0; gate < gates; gate++) {
            for (int i = 0; i < hidden; i++) {
                rows[i * gates + gate] = (float) matrix.getDouble((long) gate * hidden + i);
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
            float[] state = new float[hidden];
            float[] cell = new float[hidden];
            for (int i = 0; i < steps; i++) {
                int step = direction == 0 ? i : steps - 1 - i;
                float[] all = gates[direction][step].clone();
                for (int j = 0; j < hidden; j++) {
                    addRow(all, recurrent[direction], j * all.length, state[j]);
                }
                step(all, state, cell);
                System.arraycopy(state, 0, states[step], direction * hidden, hidden);
            }
        }
        return states;
    }

    /** A loop of its own, which the JIT makes vectors of. */
    private static void addRow(float[] sum, float[] matrix, int row, float factor) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += factor * matrix[row + i];
        }
    }

    private void step(float[] gates, float[] state, float[] cell) {
        for (int j = 0; j < hidden; j++) {
            double input = sigmoid(gates[j]);
            double forget = sigmoid(gates[hidden + j]);
            double candidate = Math.tanh(gates[2 * hidden + j]);
            double output = sigmoid(gates[3 * hidden + j]);
            double next = forget * cell[j] + input * candidate;
            cell[j] = (float) next;
            state[j] = (float) (output * Math.tanh(next));
        }
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }
}
