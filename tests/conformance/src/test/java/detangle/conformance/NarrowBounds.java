package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.ComputePrecision;
import detangle.ir.DType;
import detangle.ir.Tensor;
import detangle.testing.Closeness;
import java.util.Map;

/**
 * How far the outputs of golden models may be off in precisions of 16 bits: bounds of the normalised mean squared error
 * of all outputs, hidden states among them, against those in fp32. docs/NUMERICS.md repeats them.
 *
 * <p>Each precision has two bounds: for a program that the interpreter rounds between operations, and for a device, which
 * also rounds inside attention: its scores, terms of positions and weights are stored between its products.
 */
enum NarrowBounds {
    /** Values have mantissas of 10 bits: half a unit in the last place is 4.9e-4 of a value. */
    FP16(ComputePrecision.FP16, DType.F16, 2e-5, 3e-4),
    /** Values have mantissas of 7 bits: half a unit in the last place is 3.9e-3 of a value. */
    BF16(ComputePrecision.BF16, DType.BF16, 2e-2, 5e-2);

    private final ComputePrecision precision;
    private final DType dtype;
    private final double interpreted;
    private final double onDevice;

    NarrowBounds(ComputePrecision precision, DType dtype, double interpreted, double onDevice) {
        this.precision = precision;
        this.dtype = dtype;
        this.interpreted = interpreted;
        this.onDevice = onDevice;
    }

    ComputePrecision precision() {
        return precision;
    }

    DType dtype() {
        return dtype;
    }

    /** Compares what the interpreter has rounded, and returns its error. */
    double checkInterpreted(String what, Map<String, Tensor> expected, Map<String, Tensor> actual) {
        return check(what, expected, actual, interpreted);
    }

    /** Compares what a device has computed. */
    void checkOnDevice(String what, Map<String, Tensor> expected, Map<String, Tensor> actual) {
        check(what, expected, actual, onDevice);
    }

    private double check(String what, Map<String, Tensor> expected, Map<String, Tensor> actual, double bound) {
        double error = Closeness.nmse(expected, actual);
        assertTrue(error < bound, what + " in " + precision + " is off by " + error + ", and may be by " + bound);
        return error;
    }
}
