package detangle.models.weights;

import detangle.ir.DType;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.models.files.WholeFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Writes safetensors files. */
public final class SafetensorsWriter {
    /** The bytes of a SHA-256. */
    private static final int SEAL_BYTES = 32;

    private static final int CHUNK_BYTES = 1 << 20;
    private static final JsonFactory FACTORY = new JsonFactory();

    /** The order in which each tensor starts at a multiple of its element's size. */
    private static final Comparator<Entry> WIDEST_FIRST = Comparator.comparingInt(e -> -e.dtype.bytes());

    private SafetensorsWriter() {}

    /**
     * Writes the tensors, in their own types, with the text entries as {@code __metadata__}. The file appears whole or
     * not at all: it is written under another name in the same folder and then renamed over {@code file}.
     *
     * @throws WeightsException if the file cannot be written
     */
    public static void write(Path file, SequencedMap<String, Tensor> tensors, Map<String, String> metadata) {
        writeSealed(file, tensors, metadata, "", header -> new byte[0]);
    }

    /**
     * Writes a file as {@link #write} does, of tensors that are made one by one, so that they need not be in memory
     * together.
     *
     * @param types of the tensors by their names; their shapes have no symbols
     * @param tensors makes the tensor of a name, of its type
     * @throws WeightsException if the file cannot be written
     * @throws IllegalArgumentException if a tensor is not of its type
     */
    public static void writeEach(Path file, SequencedMap<String, TensorType> types, Function<String, Tensor> tensors) {
        List<Entry> entries = new ArrayList<>();
        types.forEach((name, type) ->
                entries.add(new Entry(name, type.dtype(), type.shape().sizes(), () -> tensors.apply(name))));
        entries.sort(WIDEST_FIRST);
        write(file, entries, Map.of(), new byte[SEAL_BYTES], header -> new byte[0]);
    }

    /** A tensor of the file, which is made when it is written. */
    private record Entry(String name, DType dtype, long[] shape, Supplier<Tensor> tensor) {
        static Entry of(String name, Tensor tensor) {
            return new Entry(name, tensor.dtype(), tensor.shape(), () -> tensor);
        }

        long bytes() {
            return Tensor.elements(shape) * dtype.bytes();
        }

        Tensor made() {
            Tensor made = tensor.get();
            if (made.dtype() != dtype || !Arrays.equals(made.shape(), shape)) {
                throw new IllegalArgumentException("the tensor " + name + " is not of the type that types has for it");
            }
            return made;
        }
    }

    /**
     * Writes a file as {@link #write} does, with a last tensor of 32 bytes.
     *
     * @param seal its name; none is written if that is empty
     * @param contents makes them of the bytes in front of the data
     */
    static void writeSealed(
            Path file,
            SequencedMap<String, Tensor> tensors,
            Map<String, String> metadata,
            String seal,
            UnaryOperator<byte[]> contents) {
        if (tensors.containsKey(SafetensorsHeader.METADATA)) {
            throw new WeightsException(file, SafetensorsHeader.METADATA + " cannot name a tensor");
        }
        List<Entry> ordered = new ArrayList<>();
        tensors.forEach((name, tensor) -> ordered.add(Entry.of(name, tensor)));
        ordered.sort(WIDEST_FIRST);
        byte[] sealed = new byte[SEAL_BYTES];
        if (!seal.isEmpty()) {
            ordered.add(Entry.of(seal, new Tensor(DType.I8, new long[] {SEAL_BYTES}, MemorySegment.ofArray(sealed))));
        }
        write(file, ordered, metadata, sealed, contents);
    }

    /** @param sealed receives what {@code contents} makes of the header before any tensor is written */
    private static void write(
            Path file,
            List<Entry> ordered,
            Map<String, String> metadata,
            byte[] sealed,
            UnaryOperator<byte[]> contents) {
        ByteBuffer header = header(ordered, metadata);
        byte[] made = contents.apply(Arrays.copyOf(header.array(), header.limit()));
        System.arraycopy(made, 0, sealed, 0, made.length);
        Path target = target(file);
        Path temporary = target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + ".part");
        try {
            try {
                writeWhole(temporary, ordered, header);
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                // There only if something failed, be it a tensor whose memory is gone.
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw new WeightsException(file, "cannot be written: " + WholeFiles.reason(e), e);
        }
    }

    /** Returns the file to replace: the file behind a link, and never a device or a pipe. */
    private static Path target(Path file) {
        if (!Files.exists(file)) {
            return file.toAbsolutePath();
        }
        if (!Files.isRegularFile(file)) {
            throw new WeightsException(file, "cannot be written: it is there and is not a regular file");
        }
        try {
            return file.toRealPath();
        } catch (IOException e) {
            throw new WeightsException(file, "cannot be written: " + WholeFiles.reason(e), e);
        }
    }

    private static void writeWhole(Path file, List<Entry> tensors, ByteBuffer header) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            writeAll(channel, header);
            ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
            for (Entry entry : tensors) {
                write(channel, entry.made(), chunk);
            }
            channel.force(true);
        }
    }

    private static ByteBuffer header(List<Entry> tensors, Map<String, String> metadata) {
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        try (JsonGenerator generator = FACTORY.createGenerator(ObjectWriteContext.empty(), json)) {
            generator.writeStartObject();
            if (!metadata.isEmpty()) {
                generator.writeObjectPropertyStart(SafetensorsHeader.METADATA);
                metadata.forEach(generator::writeStringProperty);
                generator.writeEndObject();
            }
            long begin = 0;
            for (Entry entry : tensors) {
                long end = begin + entry.bytes();
                describe(generator, entry, new long[] {begin, end});
                begin = end;
            }
            generator.writeEndObject();
        }
        // Spaces up to a multiple of eight keep the data aligned.
        int padded = json.size() + 7 & ~7;
        ByteBuffer header = ByteBuffer.allocate(Long.BYTES + padded).order(ByteOrder.LITTLE_ENDIAN);
        header.putLong(padded).put(json.toByteArray());
        while (header.hasRemaining()) {
            header.put((byte) ' ');
        }
        return header.flip();
    }

    private static void describe(JsonGenerator generator, Entry entry, long[] range) {
        generator.writeObjectPropertyStart(entry.name);
        generator.writeStringProperty("dtype", StoredType.of(entry.dtype).name());
        generator.writeName("shape").writeArray(entry.shape, 0, entry.shape.length);
        generator.writeName("data_offsets").writeArray(range, 0, range.length);
        generator.writeEndObject();
    }

    private static void write(FileChannel channel, Tensor tensor, ByteBuffer chunk) throws IOException {
        MemorySegment data = tensor.data();
        for (long at = 0; at < data.byteSize(); at += chunk.capacity()) {
            // A segment over a float[] has no byte buffer of its own, so the bytes go through one.
            chunk.clear().limit((int) Math.min(chunk.capacity(), data.byteSize() - at));
            MemorySegment.ofBuffer(chunk).copyFrom(data.asSlice(at, chunk.limit()));
            writeAll(channel, chunk);
        }
    }

    private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
