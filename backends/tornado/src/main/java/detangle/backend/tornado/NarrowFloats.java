package detangle.backend.tornado;

import detangle.ir.DType;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * Floats of 16 bits in kernels, on any device: bits are taken apart as integers, and the power of two that an exponent
 * stands for is looked up. Devices need no arithmetic in 16 bits for that, nor TornadoVM a type.
 */
final class NarrowFloats {
    private NarrowFloats() {}

    /** Bits of the mantissa, which say which type it is; 0 for floats that are not narrow. */
    static int mantissa(DType dtype) {
        return switch (dtype) {
            case F16 -> 10;
            case BF16 -> 7;
            case F32, F64, I64, I32, I8, I1 -> 0;
        };
    }

    /** Returns the factor of each exponent where the mantissa is read as an integer; NaN for what is not a number. */
    static float[] powers(DType dtype) {
        int mantissa = mantissa(dtype);
        int exponents = 1 << 15 - mantissa;
        float[] powers = new float[exponents];
        for (int e = 0; e < exponents - 1; e++) {
            powers[e] = (float) Math.scalb(1.0, Math.max(e, 1) - (exponents / 2 - 1) - mantissa);
        }
        powers[exponents - 1] = Float.NaN;
        return powers;
    }

    /** Returns the value of some bits, on a device. */
    static float widen(int bits, FloatArray powers, int mantissa) {
        int exponent = (bits & 0x7FFF) >> mantissa;
        int digits = bits & (1 << mantissa) - 1;
        if (exponent > 0) {
            digits += 1 << mantissa;
        }
        float magnitude = digits * powers.get(exponent);
        return (bits & 0x8000) > 0 ? -magnitude : magnitude;
    }
}
