package detangle.models.weights;

import detangle.ir.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Reads safetensors files where they are mapped. Every fault is a {@link WeightsException}. */
final class SafetensorsReader {
    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private SafetensorsReader() {}

    /** Returns the tensors of a file's bytes, views of them. */
    static WeightFiles.Content read(Path file, MemorySegment bytes) {
        SafetensorsHeader header = header(file, bytes);
        MemorySegment data = bytes.asSlice(headerEnd(bytes));
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (SafetensorsHeader.Entry entry : header.entries()) {
            tensors.put(entry.name(), tensor(file, entry, data));
        }
        return new WeightFiles.Content(tensors, header.metadata());
    }

    /** Returns a tensor as a view of the data. */
    static StoredTensor tensor(Path file, SafetensorsHeader.Entry entry, MemorySegment data) {
        Optional<DType> dtype = entry.dtype();
        if (dtype.isEmpty()) {
            return StoredTensor.opaque(file, entry.type());
        }
        MemorySegment slice = data.asSlice(entry.begin(), entry.end() - entry.begin());
        return StoredTensor.mapped(file, dtype.get(), entry.shape(), slice);
    }

    /** Returns the header of a file's bytes, checked against their number. */
    static SafetensorsHeader header(Path file, MemorySegment bytes) {
        if (bytes.byteSize() < LENGTH.byteSize()) {
            throw new WeightsException(file, "too short for a safetensors file: " + bytes.byteSize() + " bytes");
        }
        long headerBytes = bytes.get(LENGTH, 0);
        long afterLength = bytes.byteSize() - LENGTH.byteSize();
        if (headerBytes < 0 || headerBytes > afterLength) {
            throw new WeightsException(
                    file,
                    "its header should take " + Long.toUnsignedString(headerBytes) + " bytes, but " + afterLength
                            + " are left: truncated, or not a safetensors file");
        }
        return HeaderReader.read(file, bytes.asSlice(LENGTH.byteSize(), headerBytes), afterLength - headerBytes);
    }

    /** Returns where the header of a well-formed file ends and its data begin. */
    static long headerEnd(MemorySegment bytes) {
        return LENGTH.byteSize() + bytes.get(LENGTH, 0);
    }
}
