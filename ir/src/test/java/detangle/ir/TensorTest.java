package detangle.ir;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TensorTest {
    private static final Tensor OF_SIX = Tensor.of(new int[] {0, 1, 2, 3, 4, 5}, 2, 3);

    @Test
    void partsOfAnyAxisAreCutOut() {
        Tensor rows = OF_SIX.slice(0, 1, 2);
        assertArrayEquals(new long[] {1, 3}, rows.shape());
        assertArrayEquals(new long[] {3, 4, 5}, rows.toLongs());
        Tensor columns = OF_SIX.slice(1, 1, 3);
        assertArrayEquals(new long[] {2, 2}, columns.shape());
        assertArrayEquals(new long[] {1, 2, 4, 5}, columns.toLongs());
        assertArrayEquals(new long[0], OF_SIX.slice(1, 3, 3).toLongs());
    }

    @Test
    void whatLiesOutsideIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> OF_SIX.slice(1, 0, 4));
        assertThrows(IllegalArgumentException.class, () -> OF_SIX.slice(1, -1, 2));
        assertThrows(IllegalArgumentException.class, () -> OF_SIX.slice(0, 2, 1));
    }

    /** Values that all types have, and halves, which whole numbers truncate. */
    @ParameterizedTest
    @EnumSource
    void everyTypeHoldsItsValues(DType dtype) {
        double[] values = {0, 1, -3, 2.5, 100};
        double[] expected = switch (dtype) {
            case F32, F64, F16, BF16 -> values;
            case I32, I64, I8 -> new double[] {0, 1, -3, 2, 100};
            case I1 -> new double[] {0, 1, 1, 1, 1};
        };
        long[] whole = Arrays.stream(expected).mapToLong(value -> (long) value).toArray();
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) expected[i];
        }
        Tensor tensor = Tensor.ofDoubles(dtype, values, 5);
        assertEquals(dtype, tensor.dtype());
        assertEquals(5L * dtype.bytes(), tensor.data().byteSize());
        assertArrayEquals(expected, tensor.toDoubles());
        assertArrayEquals(whole, tensor.toLongs());
        assertArrayEquals(floats, tensor.toFloats());
        float[] part = {7, 7, 7, 7};
        tensor.copyTo(2, part, 1, 2);
        assertArrayEquals(new float[] {7, floats[2], floats[3], 7}, part);
        assertArrayEquals(whole, Tensor.ofLongs(dtype, whole, 5).toLongs());
    }

    @Test
    void numbersOf16BitsAreRoundedToEven() {
        Tensor values = Tensor.of(
                new float[] {1, 1 + 0x1p-8f, 1 + 0x1.8p-8f, 1 + 0x3p-8f, -1 - 0x1p-8f, Float.NaN, Float.MAX_VALUE}, 7);
        short[] bits = new short[9];
        values.copyTo(0, DType.BF16, bits, 1, 7);
        assertArrayEquals(
                new short[] {
                    0, 0x3f80, 0x3f80, 0x3f81, 0x3f82, (short) 0xbf80, 0x7fc0, 0x7f80, 0,
                },
                bits);
        double[] back = Tensor.ofDoubles(DType.BF16, values.toDoubles(), 7).toDoubles();
        assertArrayEquals(new double[] {1, 1, 1 + 0x1p-7, 1 + 0x1p-6, -1, Double.NaN, Double.POSITIVE_INFINITY}, back);
        short[] halves = new short[2];
        values.copyTo(3, DType.F16, halves, 0, 2);
        assertArrayEquals(new short[] {0x3c0c, (short) 0xbc04}, halves);
        // A payload in the low bits alone must not become an infinity.
        Tensor signalling = Tensor.of(new float[] {Float.intBitsToFloat(0x7f800001)}, 1);
        signalling.copyTo(0, DType.BF16, bits, 0, 1);
        assertEquals(0x7fc0, bits[0]);
    }

    @Test
    void bitsOfOneTypeAreCopied() {
        Tensor values = Tensor.ofDoubles(DType.F16, new double[] {1, 2, 3, 4}, 4);
        short[] bits = new short[4];
        values.copyTo(1, DType.F16, bits, 2, 2);
        assertArrayEquals(new short[] {0, 0, 0x4000, 0x4200}, bits);
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> values.copyTo(0, DType.F32, bits, 0, 1));
        assertEquals("f32 has no 16 bits", e.getMessage());
    }

    @Test
    void sizesAreThoseOfTheMemory() {
        assertEquals(6, OF_SIX.elements());
        assertEquals(2, OF_SIX.rank());
        assertEquals(3, OF_SIX.dim(-1));
        assertEquals(2, OF_SIX.dim(0));
        assertEquals(TensorType.of(DType.I32, 2, 3), OF_SIX.type());
        assertEquals("Tensor i32[2, 3]", OF_SIX.toString());
        assertArrayEquals(new long[] {3, 2, 1}, OF_SIX.reshape(3, 2, 1).shape());
        OF_SIX.shape()[0] = 9;
        assertArrayEquals(new long[] {2, 3}, OF_SIX.shape());
        IllegalArgumentException size = assertThrows(IllegalArgumentException.class, () -> Tensor.of(new int[5], 2, 3));
        assertEquals("a tensor i32[2, 3] takes 24 bytes, not 20", size.getMessage());
        IllegalArgumentException negative =
                assertThrows(IllegalArgumentException.class, () -> Tensor.of(new int[0], -1, 0));
        assertEquals("a tensor has no axes of the sizes [-1, 0]", negative.getMessage());
        assertEquals(0, Tensor.of(new int[0], 0, 3).elements());
    }

    @Test
    void elementsAreTheProductOfSizes() {
        assertEquals(1, Tensor.elements(new long[0]));
        assertEquals(24, Tensor.elements(new long[] {2, 3, 4}));
        assertEquals(0, Tensor.elements(new long[] {1L << 40, 0, 1L << 40}));
        assertThrows(ArithmeticException.class, () -> Tensor.elements(new long[] {1L << 40, 1L << 40}));
    }

    @Test
    void truthsAreBytes() {
        Tensor truths = Tensor.of(new boolean[] {true, false, true}, 3);
        assertArrayEquals(new long[] {1, 0, 1}, truths.toLongs());
        assertArrayEquals(
                new double[] {0, 1},
                Tensor.ofDoubles(DType.I1, new double[] {0, 0.25}, 2).toDoubles());
    }

    /** A part of the first axis shares its memory, and so does one behind axes of one element. */
    @Test
    void partsInARowAreViews() {
        int[] memory = {0, 1, 2, 3, 4, 5};
        Tensor of = Tensor.of(memory, 1, 3, 2);
        Tensor row = of.slice(1, 1, 2);
        Tensor column = of.slice(2, 1, 2);
        memory[2] = 20;
        memory[3] = 30;
        assertArrayEquals(new long[] {20, 30}, row.toLongs());
        assertArrayEquals(new long[] {1, 1, 2}, row.shape());
        assertArrayEquals(new long[] {1, 3, 5}, column.toLongs());
    }
}
