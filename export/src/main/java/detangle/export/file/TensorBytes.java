package detangle.export.file;

import detangle.ir.DType;
import detangle.ir.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Elements as bytes of a file: row-major, little-endian. */
public final class TensorBytes {
    private static final int CHUNK_BYTES = 1 << 20;

    private TensorBytes() {}

    /** Writes the elements in a type that may be another than the tensor's: folded constants are kept in doubles. */
    public static void write(Tensor data, DType dtype, OutputStream out) throws IOException {
        if (data.dtype() == dtype) {
            long bytes = data.data().byteSize();
            byte[] chunk = new byte[(int) Math.min(CHUNK_BYTES, bytes)];
            for (long at = 0; at < bytes; at += chunk.length) {
                int n = (int) Math.min(chunk.length, bytes - at);
                MemorySegment.copy(data.data(), ValueLayout.JAVA_BYTE, at, chunk, 0, n);
                out.write(chunk, 0, n);
            }
            return;
        }
        for (long at = 0; at < data.elements(); at += CHUNK_BYTES) {
            double[] values = new double[(int) Math.min(CHUNK_BYTES, data.elements() - at)];
            for (int i = 0; i < values.length; i++) {
                values[i] = data.getDouble(at + i);
            }
            Tensor converted = Tensor.ofDoubles(dtype, values, values.length);
            out.write(converted.data().toArray(ValueLayout.JAVA_BYTE));
        }
    }
}
