package detangle.models.gliner;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.Tensor;
import detangle.models.weights.SafetensorsWriter;
import detangle.models.weights.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The LSTM against its formulas in double precision. */
class BiLstmTest {
    @TempDir
    private Path folder;

    /** Widths that are not multiples of how many rows are added at once, and gates that are far from zero. */
    @ParameterizedTest
    @CsvSource({"64, 1", "64, 10", "12, 1", "2, 1", "10, 1000"})
    void computesTheFormulas(int width, float scale) {
        int hidden = width / 2;
        Random random = new Random(width);
        List<String> names = List.of("forwards", "backwards");
        TreeMap<String, Tensor> tensors = new TreeMap<>();
        names.forEach(name ->
                tensors.put(name, Tensor.of(numbers(random, 4 * hidden * hidden, 1), 4L * hidden, hidden)));
        Path file = folder.resolve("model.safetensors");
        SafetensorsWriter.write(file, tensors, Map.of());
        int steps = 30;
        float[][][] gates = new float[2][steps][];
        for (float[][] direction : gates) {
            for (int i = 0; i < steps; i++) {
                direction[i] = numbers(random, 4 * hidden, scale);
            }
        }
        try (Weights weights = Weights.open(file)) {
            float[][] states = new BiLstm(width, weights, names).run(gates);
            for (int direction = 0; direction < 2; direction++) {
                double[][] expected = expected(gates[direction], tensors.get(names.get(direction)), direction == 1);
                for (int i = 0; i < steps; i++) {
                    for (int j = 0; j < hidden; j++) {
                        assertEquals(expected[i][j], states[i][direction * hidden + j], 1e-4, "step " + i);
                    }
                }
            }
        }
    }

    private static float[] numbers(Random random, int count, float scale) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = scale * (float) random.nextGaussian() / 2;
        }
        return numbers;
    }

    private static double[][] expected(float[][] gates, Tensor recurrent, boolean isBackwards) {
        int hidden = gates[0].length / 4;
        double[] state = new double[hidden];
        double[] cell = new double[hidden];
        double[][] states = new double[gates.length][];
        for (int i = 0; i < gates.length; i++) {
            int step = isBackwards ? gates.length - 1 - i : i;
            double[] all = new double[4 * hidden];
            for (int gate = 0; gate < all.length; gate++) {
                all[gate] = gates[step][gate];
                for (int j = 0; j < hidden; j++) {
                    all[gate] += recurrent.getDouble((long) gate * hidden + j) * state[j];
                }
            }
            double[] next = new double[hidden];
            for (int j = 0; j < hidden; j++) {
                cell[j] = sigmoid(all[hidden + j]) * cell[j] + sigmoid(all[j]) * Math.tanh(all[2 * hidden + j]);
                next[j] = sigmoid(all[3 * hidden + j]) * Math.tanh(cell[j]);
            }
            state = next;
            states[step] = next;
        }
        return states;
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }
}
