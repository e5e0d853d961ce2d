package detangle.backend;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * The precision in which a device computes models. Sums, statistics and softmax have 32 bits in all of them. A device
 * says which of them it has: {@link Device#precisions}.
 */
public enum ComputePrecision {
    /** Values and products of 32 bits. */
    FP32,

    /** Values of 32 bits; products round their operands to mantissas of 10 bits, with the range of 32 bits. */
    TF32,

    /** Values, or the operands of products, of 16 bits with mantissas of 10 bits; the largest is 65504. */
    FP16,

    /** Values, or the operands of products, of 16 bits with mantissas of 7 bits and the range of 32 bits. */
    BF16;

    /**
     * The system property that lets a device compute in precisions that its processor lacks: {@code true}, for
     * comparisons of their results, not for speed.
     */
    public static final String EMULATION = "detangle.emulate";

    /** Returns whether devices compute in precisions that their processor lacks, slowly. */
    public static boolean isEmulated() {
        return Boolean.getBoolean(EMULATION);
    }

    /** Returns the name as it is written: {@code fp16}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns the precision of a name such as {@code fp16}, if there is one. */
    public static Optional<ComputePrecision> named(String name) {
        return Arrays.stream(values()).filter(p -> p.toString().equals(name)).findFirst();
    }
}
