package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;
import static detangle.backend.vector.kernel.Lanes.SPECIES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Functions of many floats at once. Each is one method, to the end: C2 does not inline a function of vectors that it
 * has compiled by itself, and boxes what it takes and returns. And each is longer than what C2 inlines ({@code
 * FreqInlineSize}, 325 bytes of code): inside a large caller it gives up inlining, and boxes all vectors of the loop.
 */
final class VectorMath {
    // The error function is x p(x^2) / q(x^2), an approximation of Eigen and XLA.
    static final float ERF_P6 = -2.72614225801306e-10f;
    static final float ERF_P5 = 2.77068142495902e-08f;
    static final float ERF_P4 = -2.10102402082508e-06f;
    static final float ERF_P3 = -5.69250639462346e-05f;
    static final float ERF_P2 = -7.34990630326855e-04f;
    static final float ERF_P1 = -2.95459980854025e-03f;
    static final float ERF_P0 = -1.60960333262415e-02f;
    static final float ERF_Q4 = -1.45660718464996e-05f;
    static final float ERF_Q3 = -2.13374055278905e-04f;
    static final float ERF_Q2 = -1.68282697438203e-03f;
    static final float ERF_Q1 = -7.37332916720468e-03f;
    static final float ERF_Q0 = -1.42647390514189e-02f;

    // e^r = 1 + r + r^2 p(r), the polynomial of Cephes.
    static final float EXP_5 = 1.9875691500e-4f;
    static final float EXP_4 = 1.3981999507e-3f;
    static final float EXP_3 = 8.3334519073e-3f;
    static final float EXP_2 = 4.1665795894e-2f;
    static final float EXP_1 = 1.6666665459e-1f;
    static final float EXP_0 = 5.0000001201e-1f;

    /**
     * Beyond it erf is 1 in single precision, and here the approximation is exactly 1. With a number just below 1, GELU of
     * a large negative number would be a small multiple of it instead of 0.
     */
    static final float ERF_RANGE = 0x1.ea8f9cp1f;

    static final float LEAST_EXPONENT = -87;
    static final float LOG2_E = 1.44269504088896341f;
    static final float LN_2_HIGH = 0.693359375f;
    static final float LN_2_LOW = -2.12194440e-4f;

    /** 1.5 times 2^23: what is added to it loses its fraction. */
    static final float ROUNDER = 12582912;

    static final int MANTISSA_BITS = 23;

    private static final int SCRATCH = 1;

    private VectorMath() {}

    /**
     * GELU of some columns of rows {@code stride} apart in place: {@code x/2 (1 + erf(x/sqrt(2)))}. The error function
     * is a quotient of polynomials (the approximation of Eigen and XLA): odd, absolute error below 1e-6, small
     * relative error near zero.
     */
    static void gelu(float[] x, int at, int stride, int rows, int columns) {
        if (!Warmup.usesVectors()) {
            FloatLoops.gelu(x, at, stride, rows, columns);
            return;
        }
        int whole = SPECIES.loopBound(columns);
        for (int row = at; row < at + rows * stride; row += stride) {
            for (int i = row; i < row + whole; i += COUNT) {
                FloatVector v = FloatVector.fromArray(SPECIES, x, i);
                FloatVector t = v.mul((float) Math.sqrt(0.5));
                // A minimum is six instructions, since zeros have signs; a comparison and a selection are two.
                FloatVector a = t.blend(ERF_RANGE, t.compare(VectorOperators.GT, ERF_RANGE))
                        .blend(-ERF_RANGE, t.compare(VectorOperators.LT, -ERF_RANGE));
                FloatVector s = a.mul(a);
                FloatVector p = FloatVector.broadcast(SPECIES, ERF_P6);
                p = p.fma(s, FloatVector.broadcast(SPECIES, ERF_P5));
                p = p.fma(s, FloatVector.broadcast(SPECIES, ERF_P4));
                p = p.fma(s, FloatVector.broadcast(SPECIES, ERF_P3));
                p = p.fma(s, FloatVector.broadcast(SPECIES, ERF_P2));
                p = p.fma(s, FloatVector.broadcast(SPECIES, ERF_P1));
                p = p.fma(s, FloatVector.broadcast(SPECIES, ERF_P0));
                FloatVector q = FloatVector.broadcast(SPECIES, ERF_Q4);
                q = q.fma(s, FloatVector.broadcast(SPECIES, ERF_Q3));
                q = q.fma(s, FloatVector.broadcast(SPECIES, ERF_Q2));
                q = q.fma(s, FloatVector.broadcast(SPECIES, ERF_Q1));
                q = q.fma(s, FloatVector.broadcast(SPECIES, ERF_Q0));
                FloatVector half = v.mul(0.5f);
                a.mul(p).div(q).fma(half, half).intoArray(x, i);
            }
        }
        int rest = columns - whole;
        if (rest > 0) {
            float[] last = Scratch.get().floats(SCRATCH, rows * COUNT);
            for (int i = 0; i < rows; i++) {
                System.arraycopy(x, at + i * stride + whole, last, i * COUNT, rest);
            }
            gelu(last, 0, COUNT, rows, COUNT);
            for (int i = 0; i < rows; i++) {
                System.arraycopy(last, i * COUNT, x, at + i * stride + whole, rest);
            }
        }
    }

    /**
     * {@code exp(y - max(y))} of {@code y = scale x} in place, for a multiple of the lanes; 0 where the mask is below
     * 0. Returns one over their sum, or 0 where all are masked; NaN where the greatest y is -inf or NaN. Within 2
     * units in the last place; 0 below -87. By Cody and Waite: {@code 2^n e^r} with {@code |r| <= ln(2)/2}, a
     * polynomial for {@code e^r}, and n added to its exponent.
     */
    static float exponentials(float[] x, int at, int size, float scale, float[] mask, int maskAt) {
        if (!Warmup.usesVectors()) {
            return FloatLoops.exponentials(x, at, size, scale, mask, maskAt);
        }
        FloatVector largest = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        for (int i = 0; i < size; i += COUNT) {
            // Blended, not added: what is masked out may be NaN.
            FloatVector y = FloatVector.fromArray(SPECIES, x, at + i)
                    .mul(scale)
                    .blend(
                            Float.NEGATIVE_INFINITY,
                            FloatVector.fromArray(SPECIES, mask, maskAt + i).compare(VectorOperators.LT, 0));
            y.intoArray(x, at + i);
            largest = largest.max(y);
        }
        float max = largest.reduceLanes(VectorOperators.MAX);
        if (max == Float.NEGATIVE_INFINITY) {
            return ofNothing(x, at, size, mask, maskAt);
        }
        FloatVector sums = FloatVector.zero(SPECIES);
        for (int i = at; i < at + size; i += COUNT) {
            FloatVector d = FloatVector.fromArray(SPECIES, x, i).sub(max);
            VectorMask<Float> vanishes = d.compare(VectorOperators.LT, LEAST_EXPONENT);
            FloatVector bounded = d.blend(LEAST_EXPONENT, vanishes);
            // The sum's last bits are n, rounded to nearest.
            FloatVector shifted =
                    bounded.fma(FloatVector.broadcast(SPECIES, LOG2_E), FloatVector.broadcast(SPECIES, ROUNDER));
            FloatVector n = shifted.sub(ROUNDER);
            FloatVector r = n.fma(FloatVector.broadcast(SPECIES, -LN_2_HIGH), bounded);
            r = n.fma(FloatVector.broadcast(SPECIES, -LN_2_LOW), r);
            FloatVector p = FloatVector.broadcast(SPECIES, EXP_5);
            p = p.fma(r, FloatVector.broadcast(SPECIES, EXP_4));
            p = p.fma(r, FloatVector.broadcast(SPECIES, EXP_3));
            p = p.fma(r, FloatVector.broadcast(SPECIES, EXP_2));
            p = p.fma(r, FloatVector.broadcast(SPECIES, EXP_1));
            p = p.fma(r, FloatVector.broadcast(SPECIES, EXP_0));
            FloatVector power = p.fma(r.mul(r), r).add(1);
            FloatVector e = power.reinterpretAsInts()
                    .add(shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, MANTISSA_BITS))
                    .reinterpretAsFloats()
                    .blend(0, vanishes);
            e.intoArray(x, i);
            sums = sums.add(e);
        }
        return 1 / Lanes.sum(sums);
    }

    /**
     * Fills a row whose greatest y is -inf, and returns {@link #exponentials} of it: where the mask shows nothing,
     * nothing is attended to; where all that it shows is -inf, there are no probabilities.
     */
    static float ofNothing(float[] x, int at, int size, float[] mask, int maskAt) {
        float value = isMasked(mask, maskAt, size) ? 0 : Float.NaN;
        Arrays.fill(x, at, at + size, value);
        return value;
    }

    private static boolean isMasked(float[] mask, int at, int size) {
        for (int i = at; i < at + size; i++) {
            if (mask[i] >= 0) {
                return false;
            }
        }
        return true;
    }
}
