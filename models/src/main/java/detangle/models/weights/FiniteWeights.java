package detangle.models.weights;

import detangle.ir.DType;
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

    private static final short LARGEST_F16 = 0x7bff;
    private static final int LARGEST_BF16 = 0x7f7f;
    private static final int INFINITE_F16 = 0x7c00;
    private static final int INFINITE_BF16 = 0x7f80;

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

    /**
     * Returns the first element of a tensor that becomes infinite in a type of 16 bits though it is a finite number,
     * and where: {@code tensor 'a' holds 100000.0 at [0, 5], which is beyond f16's 65504.0}. Single precision holds
     * whatever is checked here.
     */
    public static Optional<String> overflow(String name, Tensor tensor, DType type) {
        return switch (type) {
            case F16 -> overflow(name, tensor, type, Float.float16ToFloat(LARGEST_F16));
            case BF16 -> overflow(name, tensor, type, Float.intBitsToFloat(LARGEST_BF16 << 16));
            case F32, F64, I32, I64, I8, I1 -> Optional.empty();
        };
    }

    private static Optional<String> overflow(String name, Tensor tensor, DType type, float largest) {
        OptionalLong found = findOverflow(tensor, type, type == DType.F16 ? INFINITE_F16 : INFINITE_BF16);
        return found.isEmpty()
                ? Optional.empty()
                : Optional.of("tensor '" + name + "' holds " + tensor.getDouble(found.getAsLong()) + " at "
                        + Arrays.toString(index(tensor, found.getAsLong())) + ", which is beyond " + type.text() + "'s "
                        + largest + ": " + (type == DType.F16 ? "use bf16 or leave" : "leave")
                        + " --weight-type out");
    }

    /**
     * Returns the first matrix of a checkpoint with an element that becomes infinite in a type of 16 bits; see {@link
     * #overflow(String, Tensor, DType)}.
     */
    public static Optional<String> overflow(Weights weights, DType type) {
        return weights.names().stream()
                .filter(name -> weights.isReadable(name) && weights.isFloat(name) && weights.shape(name).length > 1)
                .flatMap(name -> overflow(name, weights.get(name), type).stream())
                .findFirst();
    }

    /** @param infinite the bits of the exponent, all of which are set where a number is not finite */
    private static OptionalLong findOverflow(Tensor tensor, DType type, int infinite) {
        short[] chunk = new short[CHUNK_ELEMENTS];
        for (long from = 0; from < tensor.elements(); from += CHUNK_ELEMENTS) {
            int count = (int) Math.min(CHUNK_ELEMENTS, tensor.elements() - from);
            tensor.copyTo(from, type, chunk, 0, count);
            for (int i = 0; i < count; i++) {
                if ((chunk[i] & infinite) == infinite) {
                    return OptionalLong.of(from + i);
                }
            }
        }
        return OptionalLong.empty();
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
