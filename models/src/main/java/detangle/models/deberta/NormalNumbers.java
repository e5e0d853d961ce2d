package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.Node;
import detangle.ir.UnaryFunction;

/**
 * Makes normal numbers of uniform ones by the inverse of the distribution function, with the polynomial that Giles 2010
 * (Approximating the erfinv function) gives for the central region.
 */
final class NormalNumbers {
    /** {@code -log(1 - x^2)} is below this in the central region of {@code erfinv(x)}. */
    private static final double CENTRAL_REGION_BOUND = 5;

    /**
     * The coefficients of {@code erfinv(x) / x} as a polynomial in {@code -log(1 - x^2) - CENTRAL_REGION_BOUND / 2},
     * highest power first.
     */
    private static final double[] COEFFICIENTS = {
        2.81022636e-08,
        3.43273939e-07,
        -3.5233877e-06,
        -4.39150654e-06,
        0.00021858087,
        -0.00125372503,
        -0.00417768164,
        0.246640727,
        1.50140941
    };

    private final Builder b;
    private final Node uniform;

    private NormalNumbers(Builder b, Node uniform) {
        this.b = b;
        this.uniform = uniform;
    }

    /**
     * Returns numbers of the standard normal distribution, in the shape of the uniform ones. Numbers beyond 2.9
     * deviations are too close to 0, but stay beyond 2.9.
     *
     * @param uniform floats in [0,1)
     */
    static Node of(Builder b, Node uniform) {
        return new NormalNumbers(b, uniform).inverse();
    }

    private Node number(double value) {
        return b.constant(uniform.type().dtype(), value);
    }

    private Node inverse() {
        Node x = b.sub(b.mul(uniform, number(2)), number(1));
        Node tail = b.mul(b.sub(number(1), x), b.add(number(1), x));
        Node w = b.min(b.unary(UnaryFunction.NEG, b.unary(UnaryFunction.LOG, tail)), number(CENTRAL_REGION_BOUND));
        return b.mul(b.mul(polynomial(b.sub(w, number(CENTRAL_REGION_BOUND / 2))), x), number(Math.sqrt(2)));
    }

    private Node polynomial(Node w) {
        Node value = number(COEFFICIENTS[0]);
        for (int i = 1; i < COEFFICIENTS.length; i++) {
            value = b.add(b.mul(value, w), number(COEFFICIENTS[i]));
        }
        return value;
    }
}
