package detangle.models.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.DType;
import detangle.ir.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tensors as a file describes them are read once; truths are 0 or 1. */
class StoredTensorTest {
    private static final Path FILE = Path.of("model.safetensors");

    private final MappedFiles files = new MappedFiles();

    @AfterEach
    void close() {
        files.close();
    }

    private static StoredTensor truths(byte[] bytes) {
        return StoredTensor.mapped(FILE, DType.I1, new long[] {bytes.length}, MemorySegment.ofArray(bytes));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 8, 9, 15, 16, 17})
    void truthsAreZeroOrOne(int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) (i % 2);
        }
        assertEquals(count, truths(bytes).read("w", files).elements());
        for (int i = 0; i < count; i++) {
            for (byte wrong : new byte[] {2, -1, (byte) 0x80, 3}) {
                byte[] damaged = bytes.clone();
                damaged[i] = wrong;
                StoredTensor tensor = truths(damaged);
                WeightsException refusal = assertThrows(WeightsException.class, () -> tensor.read("w", files));
                assertEquals(FILE + ": tensor 'w' of type BOOL holds " + wrong, refusal.getMessage());
            }
        }
    }

    @Test
    void aTensorIsReadOnceAndChangedEachTime() {
        float[] values = {1, 2};
        StoredTensor stored =
                StoredTensor.computed(FILE, DType.F32, new long[] {2}, () -> MemorySegment.ofArray(values));
        Tensor tensor = stored.read("w", files);
        assertArrayEquals(values, tensor.toFloats());
        assertSame(tensor, stored.read("w", files));
        StoredTensor negated = stored.changed(t -> Tensor.of(new float[] {-t.toFloats()[0], -t.toFloats()[1]}, 2));
        assertArrayEquals(new float[] {-1, -2}, negated.read("w", files).toFloats());
        assertNotSame(negated.read("w", files), negated.read("w", files));
        assertEquals(FILE, negated.file());
        assertEquals("F32", negated.type());
        assertEquals(DType.F32, negated.dtype().orElseThrow());
        assertTrue(negated.isFloat());
        negated.shape()[0] = 9;
        assertArrayEquals(new long[] {2}, negated.shape());
    }

    @ParameterizedTest
    @CsvSource({
        "uint8, false",
        "int16, false",
        "U16, false",
        "I64, false",
        "bool, false",
        "BOOL, false",
        "F8_E4M3, true",
        "complex64, true",
        "qint8, true",
        "float8_e5m2, true",
    })
    void otherTypesAreFloatsByTheirNames(String type, boolean isFloat) {
        StoredTensor opaque = StoredTensor.opaque(FILE, type);
        assertEquals(isFloat, opaque.isFloat());
        assertEquals(type, opaque.type());
        assertTrue(opaque.dtype().isEmpty());
        assertEquals(0, opaque.shape().length);
        WeightsException refusal = assertThrows(WeightsException.class, () -> opaque.read("w", files));
        assertEquals(
                FILE + ": tensor 'w' has dtype " + type + "; supported are F64, F32, F16, BF16, I64, I32, I8, BOOL",
                refusal.getMessage());
    }

    @Test
    void wholeNumbersAreNoFloats() {
        for (DType dtype : DType.values()) {
            StoredTensor stored = StoredTensor.mapped(FILE, dtype, new long[0], MemorySegment.ofArray(new byte[8]));
            assertEquals(dtype.isFloat(), stored.isFloat());
            assertEquals(StoredType.of(dtype).name(), stored.type());
        }
        assertFalse(truths(new byte[1]).isFloat());
    }
}
