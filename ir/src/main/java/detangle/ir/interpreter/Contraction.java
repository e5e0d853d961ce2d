package detangle.ir.interpreter;

import detangle.ir.ReduceFunction;
import detangle.ir.Strides;

/** Operations that sum or fold along an axis. */
final class Contraction {
    private Contraction() {}

    static Value reduce(ReduceFunction function, Value x, int axis) {
        int[] shape = x.shape().clone();
        shape[axis] = 1;
        Value out = Value.zeros(x.dtype(), shape);
        int inner = Strides.product(shape, axis + 1, shape.length);
        int extent = x.dim(axis);
        for (int i = 0; i < out.elements(); i++) {
            int first = i / inner * inner * extent + i % inner;
            if (x.isFloat()) {
                out.floats()[i] = fold(function, x.floats(), first, inner, extent);
            } else {
                out.ints()[i] = ScalarMath.wrap(x.dtype(), fold(function, x.ints(), first, inner, extent));
            }
        }
        return out;
    }

    private static double fold(ReduceFunction function, double[] x, int first, int stride, int count) {
        double result = switch (function) {
            case SUM -> 0;
            case MAX -> Double.NEGATIVE_INFINITY;
        };
        for (int n = 0; n < count; n++) {
            double v = x[first + n * stride];
            result = switch (function) {
                case SUM -> result + v;
                case MAX -> Math.max(result, v);
            };
        }
        return result;
    }

    private static long fold(ReduceFunction function, long[] x, int first, int stride, int count) {
        long result = switch (function) {
            case SUM -> 0;
            case MAX -> Long.MIN_VALUE;
        };
        for (int n = 0; n < count; n++) {
            long v = x[first + n * stride];
            result = switch (function) {
                case SUM -> result + v;
                case MAX -> Math.max(result, v);
            };
        }
        return result;
    }

    /** {@code [...,M,K] x [...,K,N]}; operands are already laid out so, batch axes broadcast to {@code shape}. */
    static Value dot(Value a, Value b, int[] shape) {
        int rank = shape.length;
        int m = shape[rank - 2];
        int n = shape[rank - 1];
        int k = a.dim(-1);
        Value out = Value.zeros(a.dtype(), shape);
        int[] batch = java.util.Arrays.copyOf(shape, rank - 2);
        int[] batchA = java.util.Arrays.copyOf(a.shape(), a.rank() - 2);
        int[] batchB = java.util.Arrays.copyOf(b.shape(), b.rank() - 2);
        int[] ia = Strides.offsets(batch, Strides.broadcast(batchA, batch));
        int[] ib = Strides.offsets(batch, Strides.broadcast(batchB, batch));
        for (int p = 0; p < ia.length; p++) {
            for (int i = 0; i < m; i++) {
                row(a.floats(), (ia[p] * m + i) * k, b.floats(), ib[p] * k * n, out.floats(), (p * m + i) * n, k, n);
            }
        }
        return out;
    }

    /** Computes one row of a product. The inner loop runs along rows of b so that the JIT can vectorise it. */
    private static void row(double[] a, int ao, double[] b, int bo, double[] out, int oo, int k, int n) {
        for (int l = 0; l < k; l++) {
            double x = a[ao + l];
            for (int j = 0; j < n; j++) {
                out[oo + j] += x * b[bo + l * n + j];
            }
        }
    }

    /** @param shape of the result */
    static Value conv1d(Value x, Value w, int groups, int padding, int[] shape) {
        int length = x.dim(1);
        int kernel = w.dim(2);
        int channels = x.dim(2);
        int outLength = shape[1];
        int outChannels = w.dim(0);
        int perGroup = channels / groups;
        Value out = Value.zeros(x.dtype(), shape);
        for (int b = 0; b < x.dim(0); b++) {
            for (int s = 0; s < outLength; s++) {
                for (int o = 0; o < outChannels; o++) {
                    int firstChannel = o / (outChannels / groups) * perGroup;
                    double sum = 0;
                    for (int t = Math.max(0, padding - s); t < kernel && s + t - padding < length; t++) {
                        int from = (b * length + s + t - padding) * channels + firstChannel;
                        for (int c = 0; c < perGroup; c++) {
                            sum += x.floats()[from + c] * w.floats()[(o * perGroup + c) * kernel + t];
                        }
                    }
                    out.floats()[(b * outLength + s) * outChannels + o] = sum;
                }
            }
        }
        return out;
    }
}
