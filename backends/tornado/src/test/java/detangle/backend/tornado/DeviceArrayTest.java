package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.DType;
import detangle.ir.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DeviceArrayTest {
    /** There are more elements than are converted at a time, and those of the last part are not all. */
    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16"})
    void floatsOfAnyTypeAreConverted(DType dtype) {
        int elements = DeviceArray.CONVERTED_ELEMENTS + 3;
        float[] values = new float[elements];
        for (int i = 0; i < elements; i++) {
            values[i] = i % 251 - 125; // Mantissas of 7 bits hold these.
        }
        for (DType from : new DType[] {DType.F32, DType.F16, DType.BF16}) {
            double[] exact = Tensor.of(values, elements).toDoubles();
            DeviceArray array = DeviceArray.allocate(dtype, elements + 1);

            array.copyFrom(Tensor.ofDoubles(from, exact, elements));

            Tensor copied = array.toTensor(new long[] {elements});
            assertEquals(dtype, copied.dtype());
            assertArrayEquals(values, copied.toFloats(), from + " to " + dtype);
        }
    }
}
