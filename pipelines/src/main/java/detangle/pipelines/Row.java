package detangle.pipelines;

import detangle.ir.DType;
import detangle.ir.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The outputs of a model for one encoding of a batch.
 *
 * @param outputs of the batch, {@code [B, ...]}, by name
 * @param row the encoding's
 * @param tokens the number of its tokens; the rest of the row is padding
 */
record Row(Map<String, Tensor> outputs, int row, int tokens) {
    /** The exception for a value that is not a finite number. */
    static final class NotFiniteValue extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotFiniteValue(double value) {
            super(Double.toString(value), null, false, false);
        }
    }

    /** Returns the N values of an output {@code [B,N]}. */
    double[] values(String output) {
        Tensor tensor = outputs.get(output);
        return read(tensor, row * tensor.dim(1), Math.toIntExact(tensor.dim(1)));
    }

    /** Returns what {@link #values} returns, in single precision. */
    float[] singles(String output) {
        double[] values = values(output);
        float[] singles = new float[values.length];
        for (int i = 0; i < singles.length; i++) {
            singles[i] = (float) values[i];
        }
        return singles;
    }

    /** Returns a value for each token of an output {@code [B,S]}. */
    double[] perToken(String output) {
        Tensor tensor = outputs.get(output);
        return read(tensor, row * tensor.dim(1), tokens);
    }

    /** Returns N values for each token of an output {@code [B,S,N]}. */
    double[][] vectors(String output) {
        double[][] vectors = new double[tokens][];
        for (int token = 0; token < tokens; token++) {
            vectors[token] = vector(output, token);
        }
        return vectors;
    }

    /** Returns the N values of one token of an output {@code [B,S,N]}. */
    double[] vector(String output, int token) {
        Tensor tensor = outputs.get(output);
        int width = Math.toIntExact(tensor.dim(2));
        return read(tensor, (row * tensor.dim(1) + token) * width, width);
    }

    /** Returns what {@link #vectors} returns, in single precision. */
    float[][] floats(String output) {
        return floats(output, IntStream.range(0, tokens).toArray());
    }

    /** Returns N values for each of some tokens of an output {@code [B,S,N]}, in single precision. */
    float[][] floats(String output, int[] places) {
        Tensor tensor = outputs.get(output);
        int width = Math.toIntExact(tensor.dim(2));
        float[][] vectors = new float[places.length][width];
        for (int i = 0; i < places.length; i++) {
            read(tensor, (row * tensor.dim(1) + places[i]) * width, vectors[i]);
        }
        return vectors;
    }

    private static void read(Tensor tensor, long first, float[] values) {
        if (tensor.dtype() == DType.F32) {
            MemorySegment.copy(
                    tensor.data(), ValueLayout.JAVA_FLOAT_UNALIGNED, first * Float.BYTES, values, 0, values.length);
        } else {
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) tensor.getDouble(first + i);
            }
        }
        finite(values);
    }

    /** Returns a value of an answer; throws {@link NotFiniteValue} if it is not a finite number. */
    static double finite(double value) {
        if (!Double.isFinite(value)) {
            throw new NotFiniteValue(value);
        }
        return value;
    }

    /** Checks each value as {@link #finite(double)} does. */
    static float[] finite(float[] values) {
        for (float value : values) {
            finite(value);
        }
        return values;
    }

    static double[] read(Tensor tensor, long first, int count) {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = finite(tensor.getDouble(first + i));
        }
        return values;
    }
}
