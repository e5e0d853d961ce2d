package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/** Functions of a vector of floats. */
final class VectorMath {
    /** Beyond it erf is 1 in single precision. */
    private static final float ERF_RANGE = 3.832506856900711f;

    private VectorMath() {}

    /**
     * The error function as a quotient of polynomials in x (the approximation of Eigen and XLA): odd, absolute error below
     * 1e-6, small relative error near zero.
     */
    static FloatVector erf(FloatVector x) {
        FloatVector a = x.max(-ERF_RANGE).min(ERF_RANGE);
        FloatVector s = a.mul(a);
        FloatVector p = constant(-2.72614225801306e-10f);
        p = p.fma(s, constant(2.77068142495902e-08f));
        p = p.fma(s, constant(-2.10102402082508e-06f));
        p = p.fma(s, constant(-5.69250639462346e-05f));
        p = p.fma(s, constant(-7.34990630326855e-04f));
        p = p.fma(s, constant(-2.95459980854025e-03f));
        p = p.fma(s, constant(-1.60960333262415e-02f));
        FloatVector q = constant(-1.45660718464996e-05f);
        q = q.fma(s, constant(-2.13374055278905e-04f));
        q = q.fma(s, constant(-1.68282697438203e-03f));
        q = q.fma(s, constant(-7.37332916720468e-03f));
        q = q.fma(s, constant(-1.42647390514189e-02f));
        return a.mul(p).div(q);
    }

    static FloatVector gelu(FloatVector x) {
        FloatVector half = x.mul(0.5f);
        return erf(x.mul((float) Math.sqrt(0.5))).fma(half, half);
    }

    private static FloatVector constant(float value) {
        return FloatVector.broadcast(SPECIES, value);
    }
}
