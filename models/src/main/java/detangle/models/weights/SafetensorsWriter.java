package detangle.models.weights;

import detangle.ir.DType;
import detangle.ir.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
import java.util.function.UnaryOperator;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Writes safetensors files. */
public final class SafetensorsWriter {
    /** Of a SHA-256. */
    private static final int SEAL_BYTES = 32;

    private static final int CHUNK_BYTES = 1 << 20;
    private static final JsonFactory FACTORY = new JsonFactory();

    private SafetensorsWriter() {}

    /**
     * Writes the tensors, in their own types, with the text entries as {@code __metadata__}. The file appears whole or
     * not at all: it is written under another name in the same folder and then renamed over {@code file}. A
     * {@link WeightsException} if that fails.
     */
    public static void write(Path file, SequencedMap<String, Tensor> tensors, Map<String, String> metadata) {
        writeSealed(file, tensors, metadata, "", header -> new byte[0]);
    }

    /**
     * As {@link #write}, with a last tensor of 32 bytes.
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
        // Wide elements first: each tensor then starts at a multiple of its element's size.
        List<Map.Entry<String, Tensor>> ordered = new ArrayList<>(tensors.entrySet());
        ordered.sort(Comparator.comparingInt(e -> -e.getValue().dtype().bytes()));
        byte[] sealed = new byte[SEAL_BYTES];
        if (!seal.isEmpty()) {
            ordered.add(Map.entry(seal, new Tensor(DType.I8, new long[] {SEAL_BYTES}, MemorySegment.ofArray(sealed))));
        }
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
            throw new WeightsException(file, "cannot be written: " + reason(e), e);
        }
    }

    /** What is to be replaced: the file behind a link, and never a device or a pipe. */
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
            throw new WeightsException(file, "cannot be written: " + reason(e), e);
        }
    }

    private static void writeWhole(Path file, List<Map.Entry<String, Tensor>> tensors, ByteBuffer header)
            throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            writeAll(channel, header);
            ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
            for (Map.Entry<String, Tensor> entry : tensors) {
                write(channel, entry.getValue(), chunk);
            }
            channel.force(true);
        }
    }

    private static ByteBuffer header(List<Map.Entry<String, Tensor>> tensors, Map<String, String> metadata) {
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        try (JsonGenerator generator = FACTORY.createGenerator(ObjectWriteContext.empty(), json)) {
            generator.writeStartObject();
            if (!metadata.isEmpty()) {
                generator.writeObjectPropertyStart(SafetensorsHeader.METADATA);
                metadata.forEach(generator::writeStringProperty);
                generator.writeEndObject();
            }
            long begin = 0;
            for (Map.Entry<String, Tensor> entry : tensors) {
                long end = begin + entry.getValue().data().byteSize();
                describe(generator, entry.getKey(), entry.getValue(), new long[] {begin, end});
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

    private static void describe(JsonGenerator generator, String name, Tensor tensor, long[] range) {
        generator.writeObjectPropertyStart(name);
        generator.writeStringProperty("dtype", StoredType.of(tensor.dtype()).name());
        generator.writeName("shape").writeArray(tensor.shape(), 0, tensor.rank());
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

    private static String reason(IOException e) {
        // These exceptions' messages are bare paths.
        return switch (e) {
            case NoSuchFileException missing -> "its folder does not exist";
            case AccessDeniedException denied -> "no permission to write there";
            default -> e.getMessage();
        };
    }
}
