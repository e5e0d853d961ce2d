package detangle.models.weights;

import detangle.ir.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Finds weights that are not numbers, or infinite: what a training that diverged saves, and a cast to f16 of what f16
 * cannot hold. Small tensors are looked through when a model is loaded. Backends look through matrices while they pack
 * them, and tables are read row by row, so that those are only looked through to find out why an answer is not a
 * number.
 */
public final class FiniteWeights {
    /** Elements of a tensor that takes no time to look through. */
    private static final long SMALL_TENSOR_ELEMENTS = 1 << 16;

    private static final int CHUNK_ELEMENTS = 1 << 12;

    private FiniteWeights() {}

    /**
     * Looks through the small ones of a model's parameters.
     *
     * @param weights that they are from
     * @throws WeightsException that names a tensor whose elements are not all finite
     */
    public static void checkSmall(Weights weights, Map<String, Tensor> parameters) {
        check(weights, parameters, SMALL_TENSOR_ELEMENTS);
    }

    /**
     * Checks all parameters as {@link #checkSmall} checks the small ones, for callers who read them all in any case.
     */
    public static void check(Weights weights, Map<String, Tensor> parameters) {
        check(weights, parameters, Long.MAX_VALUE);
    }

    private static void check(Weights weights, Map<String, Tensor> parameters, long maxElements) {
        parameters.forEach((name, tensor) -> {
            if (tensor.elements() <= maxElements) {
                fault(name, tensor).ifPresent(fault -> {
                    throw new WeightsException(weights.origin(), fault);
                });
            }
        });
    }

    /**
     * Returns the first tensor of a checkpoint whose elements are not all finite, and where: {@code tensor 'a' holds
     * NaN at [0, 5]}.
     */
    public static Optional<String> fault(Weights weights) {
        return weights.names().stream()
                .filter(name -> weights.isReadable(name) && weights.isFloat(name))
                .flatMap(name -> fault(name, weights.get(name)).stream())
                .findFirst();
    }

    private static Optional<String> fault(String name, Tensor tensor) {
        OptionalLong found = find(tensor);
        return found.isEmpty()
                ? Optional.empty()
                : Optional.of("tensor '" + name + "' holds " + tensor.getDouble(found.getAsLong()) + " at "
                        + Arrays.toString(index(tensor, found.getAsLong()))
                        + ", and not a finite number: the checkpoint is damaged, or its training has diverged");
    }

    /** Returns whether all elements of a tensor of floats are finite numbers in single precision. */
    public static boolean isFinite(Tensor tensor) {
        return find(tensor).isEmpty();
    }

    /** Returns the place of the first element that is not a finite number in single precision. */
    private static OptionalLong find(Tensor tensor) {
        float[] chunk = new float[CHUNK_ELEMENTS];
        for (long from = 0; from < tensor.elements(); from += CHUNK_ELEMENTS) {
            int count = (int) Math.min(CHUNK_ELEMENTS, tensor.elements() - from);
            tensor.copyTo(from, chunk, 0, count);
            int finite = finite(chunk, count);
            if (finite < count) {
                return OptionalLong.of(from + finite);
            }
        }
        return OptionalLong.empty();
    }

    /**
     * Returns how many elements there are before the first that is not finite. By itself, as a small method is compiled
     * sooner.
     */
    private static int finite(float[] chunk, int count) {
        int i = 0;
        while (i < count && Float.isFinite(chunk[i])) {
            i++;
        }
        return i;
    }

    private static long[] index(Tensor tensor, long at) {
        long[] index = new long[tensor.rank()];
        long rest = at;
        for (int axis = index.length - 1; axis >= 0; axis--) {
            index[axis] = rest % tensor.dim(axis);
            rest /= tensor.dim(axis);
        }
        return index;
    }
}
