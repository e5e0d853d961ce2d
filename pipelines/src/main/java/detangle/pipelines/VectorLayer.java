package detangle.pipelines;

import java.util.Optional;
import java.util.OptionalInt;

/** A module of sentence-transformers that maps a vector to a vector. */
sealed interface VectorLayer {
    /**
     * Returns the length of results for vectors of a length; empty if the module does not take vectors of this length.
     */
    OptionalInt width(int input);

    /** Returns the result, which may be the same array. */
    double[] apply(double[] vector);

    /** The layer that scales vectors to length 1; {@code torch.nn.functional.normalize}. */
    record Normalize() implements VectorLayer {
        private static final double EPSILON = 1e-12;

        @Override
        public OptionalInt width(int input) {
            return OptionalInt.of(input);
        }

        @Override
        public double[] apply(double[] vector) {
            double squares = 0;
            for (double value : vector) {
                squares += value * value;
            }
            double length = Math.max(Math.sqrt(squares), EPSILON);
            for (int i = 0; i < vector.length; i++) {
                vector[i] /= length;
            }
            return vector;
        }
    }

    /**
     * The layer {@code activation(W x + b)}, plus x or a projection of x if it has a residual.
     *
     * @param weight {@code [out][in]}
     * @param bias {@code [out]}; zeros where there is none
     * @param residual {@code [out][in]} that projects x, no rows if x is added as it is; empty if nothing is added
     */
    record Dense(float[][] weight, float[] bias, TorchActivation activation, Optional<float[][]> residual)
            implements VectorLayer {
        @Override
        public OptionalInt width(int input) {
            return input == weight[0].length ? OptionalInt.of(weight.length) : OptionalInt.empty();
        }

        @Override
        public double[] apply(double[] vector) {
            double[] result = product(weight, vector);
            for (int i = 0; i < result.length; i++) {
                result[i] += bias[i];
            }
            result = activation.apply(result);
            if (residual.isPresent()) {
                double[] added = residual.get().length == 0 ? vector : product(residual.get(), vector);
                for (int i = 0; i < result.length; i++) {
                    result[i] += added[i];
                }
            }
            return result;
        }

        private static double[] product(float[][] matrix, double[] vector) {
            double[] result = new double[matrix.length];
            for (int row = 0; row < matrix.length; row++) {
                double sum = 0;
                for (int i = 0; i < vector.length; i++) {
                    sum += matrix[row][i] * vector[i];
                }
                result[row] = sum;
            }
            return result;
        }
    }

    /** The layer {@code torch.nn.LayerNorm} over all components, with PyTorch's epsilon. */
    record LayerNorm(float[] weight, float[] bias) implements VectorLayer {
        private static final double EPSILON = 1e-5;

        @Override
        public OptionalInt width(int input) {
            return input == weight.length ? OptionalInt.of(input) : OptionalInt.empty();
        }

        @Override
        public double[] apply(double[] vector) {
            double mean = 0;
            for (double value : vector) {
                mean += value / vector.length;
            }
            double variance = 0;
            for (double value : vector) {
                variance += (value - mean) * (value - mean) / vector.length;
            }
            double scale = 1 / Math.sqrt(variance + EPSILON);
            for (int i = 0; i < vector.length; i++) {
                vector[i] = (vector[i] - mean) * scale * weight[i] + bias[i];
            }
            return vector;
        }
    }
}
