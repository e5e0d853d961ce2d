package detangle.models.weights;

import detangle.ir.DType;
import detangle.ir.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads safetensors files by mapping them. Every fault is a {@link WeightsException}. */
final class SafetensorsReader {
    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private SafetensorsReader() {}

    /** The tensors of a file, views of its mapping. */
    static WeightFiles.Content read(Path file, Arena arena) {
        MemorySegment bytes = mapBytes(file, arena);
        SafetensorsHeader header = header(file, bytes);
        return new WeightFiles.Content(entries(file, bytes, header), header.metadata());
    }

    /** The header of a file's bytes, checked against their number. */
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
        if (headerBytes > SafetensorsHeader.MAX_HEADER_BYTES) {
            throw new WeightsException(
                    file,
                    "its header takes " + headerBytes + " bytes; the most is " + SafetensorsHeader.MAX_HEADER_BYTES);
        }
        return SafetensorsHeader.parse(
                file, bytes.asSlice(LENGTH.byteSize(), headerBytes).asByteBuffer(), afterLength - headerBytes);
    }

    /** The tensors that a header of these bytes describes. */
    static Map<String, Weights.Entry> entries(Path file, MemorySegment bytes, SafetensorsHeader header) {
        MemorySegment data = bytes.asSlice(headerEnd(bytes));
        Map<String, Weights.Entry> entries = new LinkedHashMap<>();
        for (SafetensorsHeader.Entry entry : header.entries()) {
            MemorySegment slice = data.asSlice(entry.begin(), entry.end() - entry.begin());
            if (entry.dtype().isEmpty()) {
                entries.put(entry.name(), Weights.Entry.opaque(entry.type(), slice, file));
                continue;
            }
            DType dtype = entry.dtype().get();
            if (dtype == DType.I1) {
                checkBooleans(file, entry.name(), slice);
            }
            entries.put(entry.name(), Weights.Entry.of(new Tensor(dtype, entry.shape(), slice), file));
        }
        return entries;
    }

    /** Where the header of a well-formed file ends and its data begin. */
    static long headerEnd(MemorySegment bytes) {
        return LENGTH.byteSize() + bytes.get(LENGTH, 0);
    }

    static MemorySegment mapBytes(Path file, Arena arena) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (IOException e) {
            throw new WeightsException(file, "cannot be read: " + e.getMessage(), e);
        }
    }

    /** The IR's i1 is 0 or 1; a kernel may add or multiply it. */
    static void checkBooleans(Path file, String name, MemorySegment bytes) {
        for (long i = 0; i < bytes.byteSize(); i++) {
            byte value = bytes.get(ValueLayout.JAVA_BYTE, i);
            if (value != 0 && value != 1) {
                throw new WeightsException(file, "tensor '" + name + "' of type BOOL holds " + value);
            }
        }
    }
}
