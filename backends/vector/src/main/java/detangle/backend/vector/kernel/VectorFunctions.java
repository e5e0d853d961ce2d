package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;
import static detangle.backend.vector.kernel.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Functions of blocks of floats that C2 does not make vectors of by itself. Each works on whole vectors, by pairs: a
 * block has room for them behind the elements that count. So an element's result does not depend on its place. An
 * operand and a result may not be the same array.
 */
final class VectorFunctions {
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, SPECIES.vectorShape());

    /** The exponential of a smaller number rounds to 0. */
    private static final float LEAST_EXPONENT = -104;

    /** The exponential of a greater number is beyond the largest float. */
    private static final float MAX_EXPONENT = 89;

    private static final int EXPONENT_BIAS = 127;
    private static final int MANTISSA = 0x7fffff;
    private static final int EXPONENT_OF_HALF = 0x3f000000;
    private static final float TWO_TO_23 = 0x1p23f;
    private static final float ROOT_OF_HALF = 0.70710678f;

    /** The hyperbolic tangent of a smaller number is a polynomial. */
    private static final float SMALL = 0.625f;

    private VectorFunctions() {}

    /**
     * {@code e^x} within 2 units in the last place, by Cody and Waite: {@code 2^n e^r} with {@code |r| <= ln(2)/2}.
     * 2^n is two factors, so that results at both ends of the floats are rounded once.
     */
    static void exp(float[] x, float[] out, int size) {
        IntVector rounder = FloatVector.broadcast(SPECIES, VectorMath.ROUNDER).reinterpretAsInts();
        for (int i = 0; i < size; i += COUNT) {
            FloatVector v =
                    FloatVector.fromArray(SPECIES, x, i).max(LEAST_EXPONENT).min(MAX_EXPONENT);
            // The sum's last bits are n, rounded to nearest.
            FloatVector shifted = v.fma(
                    FloatVector.broadcast(SPECIES, VectorMath.LOG2_E),
                    FloatVector.broadcast(SPECIES, VectorMath.ROUNDER));
            FloatVector n = shifted.sub(FloatVector.broadcast(SPECIES, VectorMath.ROUNDER));
            FloatVector r = n.fma(FloatVector.broadcast(SPECIES, -VectorMath.LN_2_HIGH), v);
            r = n.fma(FloatVector.broadcast(SPECIES, -VectorMath.LN_2_LOW), r);
            FloatVector p = FloatVector.broadcast(SPECIES, VectorMath.EXP_5);
            p = p.fma(r, FloatVector.broadcast(SPECIES, VectorMath.EXP_4));
            p = p.fma(r, FloatVector.broadcast(SPECIES, VectorMath.EXP_3));
            p = p.fma(r, FloatVector.broadcast(SPECIES, VectorMath.EXP_2));
            p = p.fma(r, FloatVector.broadcast(SPECIES, VectorMath.EXP_1));
            p = p.fma(r, FloatVector.broadcast(SPECIES, VectorMath.EXP_0));
            FloatVector power = p.fma(r.mul(r), r).add(1);
            IntVector exponent = shifted.reinterpretAsInts().sub(rounder);
            IntVector half = exponent.lanewise(VectorOperators.ASHR, 1);
            FloatVector first = half.add(EXPONENT_BIAS)
                    .lanewise(VectorOperators.LSHL, VectorMath.MANTISSA_BITS)
                    .reinterpretAsFloats();
            FloatVector second = exponent.sub(half)
                    .add(EXPONENT_BIAS)
                    .lanewise(VectorOperators.LSHL, VectorMath.MANTISSA_BITS)
                    .reinterpretAsFloats();
            power.mul(first).mul(second).intoArray(out, i);
        }
    }

    /**
     * The natural logarithm within 2 units in the last place, with the polynomial of Cephes: {@code n ln(2) + ln(1+m)},
     * where 1+m lies between the roots of 1/2 and 2.
     */
    static void log(float[] x, float[] out, int size) {
        for (int i = 0; i < size; i += COUNT) {
            FloatVector v = FloatVector.fromArray(SPECIES, x, i);
            VectorMask<Float> small = v.compare(VectorOperators.LT, Float.MIN_NORMAL);
            IntVector bits = v.blend(v.mul(TWO_TO_23), small).reinterpretAsInts();
            FloatVector m = bits.and(MANTISSA).or(EXPONENT_OF_HALF).reinterpretAsFloats();
            VectorMask<Float> low = m.compare(VectorOperators.LT, ROOT_OF_HALF);
            FloatVector n = (FloatVector) bits.lanewise(VectorOperators.LSHR, VectorMath.MANTISSA_BITS)
                    .sub(EXPONENT_BIAS - 1)
                    .convertShape(VectorOperators.I2F, SPECIES, 0);
            n = n.sub(FloatVector.zero(SPECIES).blend(VectorMath.MANTISSA_BITS, small));
            n = n.sub(FloatVector.zero(SPECIES).blend(1, low));
            m = m.add(FloatVector.zero(SPECIES).blend(m, low)).sub(1);
            FloatVector square = m.mul(m);
            FloatVector p = FloatVector.broadcast(SPECIES, 7.0376836292e-2f);
            p = p.fma(m, FloatVector.broadcast(SPECIES, -1.1514610310e-1f));
            p = p.fma(m, FloatVector.broadcast(SPECIES, 1.1676998740e-1f));
            p = p.fma(m, FloatVector.broadcast(SPECIES, -1.2420140846e-1f));
            p = p.fma(m, FloatVector.broadcast(SPECIES, 1.4249322787e-1f));
            p = p.fma(m, FloatVector.broadcast(SPECIES, -1.6668057665e-1f));
            p = p.fma(m, FloatVector.broadcast(SPECIES, 2.0000714765e-1f));
            p = p.fma(m, FloatVector.broadcast(SPECIES, -2.4999993993e-1f));
            p = p.fma(m, FloatVector.broadcast(SPECIES, 3.3333331174e-1f));
            FloatVector rest = p.mul(m).mul(square);
            rest = n.fma(FloatVector.broadcast(SPECIES, VectorMath.LN_2_LOW), rest);
            rest = square.fma(FloatVector.broadcast(SPECIES, -0.5f), rest);
            FloatVector y = n.fma(FloatVector.broadcast(SPECIES, VectorMath.LN_2_HIGH), m.add(rest));
            y = y.blend(v, v.compare(VectorOperators.EQ, Float.POSITIVE_INFINITY));
            y = y.blend(Float.NEGATIVE_INFINITY, v.compare(VectorOperators.EQ, 0));
            // Both comparisons are false for NaN.
            y.blend(Float.NaN, v.compare(VectorOperators.GE, 0).not()).intoArray(out, i);
        }
    }

    /** The error function as in GELU: absolute error below 1e-6, small relative error near zero. */
    static void erf(float[] x, float[] out, int size) {
        // Two vectors at once, as there is a long chain of additions for each.
        for (int i = 0; i < size; i += 2 * COUNT) {
            FloatVector a = FloatVector.fromArray(SPECIES, x, i)
                    .max(-VectorMath.ERF_RANGE)
                    .min(VectorMath.ERF_RANGE);
            FloatVector b = FloatVector.fromArray(SPECIES, x, i + COUNT)
                    .max(-VectorMath.ERF_RANGE)
                    .min(VectorMath.ERF_RANGE);
            FloatVector s = a.mul(a);
            FloatVector t = b.mul(b);
            FloatVector cp6 = FloatVector.broadcast(SPECIES, VectorMath.ERF_P6);
            FloatVector cp5 = FloatVector.broadcast(SPECIES, VectorMath.ERF_P5);
            FloatVector cp4 = FloatVector.broadcast(SPECIES, VectorMath.ERF_P4);
            FloatVector cp3 = FloatVector.broadcast(SPECIES, VectorMath.ERF_P3);
            FloatVector cp2 = FloatVector.broadcast(SPECIES, VectorMath.ERF_P2);
            FloatVector cp1 = FloatVector.broadcast(SPECIES, VectorMath.ERF_P1);
            FloatVector cp0 = FloatVector.broadcast(SPECIES, VectorMath.ERF_P0);
            FloatVector cq4 = FloatVector.broadcast(SPECIES, VectorMath.ERF_Q4);
            FloatVector cq3 = FloatVector.broadcast(SPECIES, VectorMath.ERF_Q3);
            FloatVector cq2 = FloatVector.broadcast(SPECIES, VectorMath.ERF_Q2);
            FloatVector cq1 = FloatVector.broadcast(SPECIES, VectorMath.ERF_Q1);
            FloatVector cq0 = FloatVector.broadcast(SPECIES, VectorMath.ERF_Q0);
            FloatVector p = cp6.fma(s, cp5)
                    .fma(s, cp4)
                    .fma(s, cp3)
                    .fma(s, cp2)
                    .fma(s, cp1)
                    .fma(s, cp0);
            FloatVector q = cq4.fma(s, cq3).fma(s, cq2).fma(s, cq1).fma(s, cq0);
            a.mul(p).div(q).intoArray(out, i);
            p = cp6.fma(t, cp5).fma(t, cp4).fma(t, cp3).fma(t, cp2).fma(t, cp1).fma(t, cp0);
            q = cq4.fma(t, cq3).fma(t, cq2).fma(t, cq1).fma(t, cq0);
            b.mul(p).div(q).intoArray(out, i + COUNT);
        }
    }

    /**
     * The hyperbolic tangent within 3 units in the last place: {@code (1-t)/(1+t)} with {@code t = exp(-2|x|)}, and
     * near zero, where that cancels, the polynomial of Cephes.
     */
    static void tanh(float[] x, float[] out, int size) {
        tanh(x, out, Scratch.get().floats(Scratch.FUNCTION, x.length), size);
    }

    /** Computes {@link #tanh(float[], float[], int)} with memory of the caller's. */
    static void tanh(float[] x, float[] out, float[] exponents, int size) {
        for (int i = 0; i < size; i++) {
            exponents[i] = -2 * Math.abs(x[i]);
        }
        exp(exponents, out, size);
        tanhOf(x, out, size);
    }

    /** @param out t, then the result */
    private static void tanhOf(float[] x, float[] out, int size) {
        // Two vectors at once, as there is a long chain of additions for each.
        for (int i = 0; i < size; i += 2 * COUNT) {
            FloatVector one = FloatVector.broadcast(SPECIES, 1);
            FloatVector p4 = FloatVector.broadcast(SPECIES, -5.70498872745e-3f);
            FloatVector p3 = FloatVector.broadcast(SPECIES, 2.06390887954e-2f);
            FloatVector p2 = FloatVector.broadcast(SPECIES, -5.37397155531e-2f);
            FloatVector p1 = FloatVector.broadcast(SPECIES, 1.33314422036e-1f);
            FloatVector p0 = FloatVector.broadcast(SPECIES, -3.33332819422e-1f);
            FloatVector a = FloatVector.fromArray(SPECIES, x, i);
            FloatVector b = FloatVector.fromArray(SPECIES, x, i + COUNT);
            FloatVector t = FloatVector.fromArray(SPECIES, out, i);
            FloatVector u = FloatVector.fromArray(SPECIES, out, i + COUNT);
            FloatVector far = one.sub(t).div(t.add(one));
            far = far.lanewise(VectorOperators.NEG, a.compare(VectorOperators.LT, 0));
            FloatVector s = a.mul(a);
            FloatVector near =
                    p4.fma(s, p3).fma(s, p2).fma(s, p1).fma(s, p0).mul(s).fma(a, a);
            far.blend(near, a.abs().compare(VectorOperators.LT, SMALL)).intoArray(out, i);
            far = one.sub(u).div(u.add(one));
            far = far.lanewise(VectorOperators.NEG, b.compare(VectorOperators.LT, 0));
            s = b.mul(b);
            near = p4.fma(s, p3).fma(s, p2).fma(s, p1).fma(s, p0).mul(s).fma(b, b);
            far.blend(near, b.abs().compare(VectorOperators.LT, SMALL)).intoArray(out, i + COUNT);
        }
    }

    /** {@code x / (1 + exp(-x))}. */
    static void silu(float[] x, float[] out, int size) {
        silu(x, out, Scratch.get().floats(Scratch.FUNCTION, x.length), size);
    }

    /** Computes {@link #silu(float[], float[], int)} with memory of the caller's. */
    static void silu(float[] x, float[] out, float[] exponents, int size) {
        for (int i = 0; i < size; i++) {
            exponents[i] = -x[i];
        }
        exp(exponents, out, size);
        for (int i = 0; i < size; i++) {
            out[i] = x[i] / (1 + out[i]);
        }
    }

    static void select(boolean[] condition, float[] a, float[] b, float[] out, int size) {
        for (int i = 0; i < size; i += COUNT) {
            FloatVector.fromArray(SPECIES, b, i)
                    .blend(FloatVector.fromArray(SPECIES, a, i), VectorMask.fromArray(SPECIES, condition, i))
                    .intoArray(out, i);
        }
    }

    static void equal(float[] a, float[] b, boolean[] out, int size) {
        for (int i = 0; i < size; i += COUNT) {
            FloatVector.fromArray(SPECIES, a, i)
                    .compare(VectorOperators.EQ, FloatVector.fromArray(SPECIES, b, i))
                    .intoArray(out, i);
        }
    }

    static void notEqual(float[] a, float[] b, boolean[] out, int size) {
        for (int i = 0; i < size; i += COUNT) {
            FloatVector.fromArray(SPECIES, a, i)
                    .compare(VectorOperators.NE, FloatVector.fromArray(SPECIES, b, i))
                    .intoArray(out, i);
        }
    }

    static void less(float[] a, float[] b, boolean[] out, int size) {
        for (int i = 0; i < size; i += COUNT) {
            FloatVector.fromArray(SPECIES, a, i)
                    .compare(VectorOperators.LT, FloatVector.fromArray(SPECIES, b, i))
                    .intoArray(out, i);
        }
    }

    static void lessOrEqual(float[] a, float[] b, boolean[] out, int size) {
        for (int i = 0; i < size; i += COUNT) {
            FloatVector.fromArray(SPECIES, a, i)
                    .compare(VectorOperators.LE, FloatVector.fromArray(SPECIES, b, i))
                    .intoArray(out, i);
        }
    }
}
