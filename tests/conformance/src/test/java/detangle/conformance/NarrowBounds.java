package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.ComputePrecision;
import detangle.ir.DType;
import detangle.ir.Tensor;
import detangle.testing.Closeness;
import java.util.Map;

/**
 * How far the outputs of golden models may be off in precisions of 16 bits: bounds of the normalised mean squared error
 * of all outputs, hidden states among them, against those in fp32. docs/BACKENDS.md repeats them.
 */
enum NarrowBounds {
    /** Values have mantissas of 10 bits: half a unit in the last place is 4.9e-4 of a value. */
    FP16(ComputePrecision.FP16, DType.F16, 2e-5),
    /** Values have mantissas of 7 bits: half a unit in the last place is 3.9e-3 of a value. */
    BF16(ComputePrecision.BF16, DType.BF16, 2e-2);

    private final ComputePrecision precision;
    private final DType dtype;
    private final double nmse;

    NarrowBounds(ComputePrecision precision, DType dtype, double nmse) {
        this.precision = precision;
        this.dtype = dtype;
        this.nmse = nmse;
    }

    ComputePrecision precision() {
        return precision;
    }

    DType dtype() {
        return dtype;
    }

    /** Compares outputs, and returns their error. */
    double check(String what, Map<String, Tensor> expected, Map<String, Tensor> actual) {
        double error = Closeness.nmse(expected, actual);
        assertTrue(error < nmse, what + " in " + precision + " is off by " + error + ", and may be by " + nmse);
        return error;
    }
}
