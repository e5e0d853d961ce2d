package detangle.models.weights;

import detangle.ir.DType;
import detangle.ir.InternalException;
import detangle.ir.Tensor;
import detangle.models.content.Substitute;
import detangle.models.json.StrictJson;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A model in one file, {@code .dtl}: a safetensors file whose tensors are the model's weights, and whose tensors of bytes with a slash in
 * their names are sections, such as {@code file/config.json} and {@code program/packed}. docs/ARTIFACT.md describes it byte by byte.
 *
 * <p>Every byte is covered: the header by a SHA-256 in the last section, {@code seal}, and each tensor and section by a CRC-32C in the
 * header. Sections whose names are unknown are ignored.
 */
public final class Artifact {
    /** How the names of files end. */
    public static final String EXTENSION = ".dtl";

    /** What the names of sections begin with that are files of the model's folder. */
    public static final String FILES = "file/";

    /** What the names of sections begin with that are programs, as text. */
    public static final String PROGRAMS = "program/";

    private static final String FORMAT = "detangle";
    private static final String VERSION = "1";
    private static final String SEAL = "seal";
    private static final String FORMAT_ENTRY = "format";
    private static final String VERSION_ENTRY = "version";
    private static final String MANIFEST_ENTRY = "manifest";
    private static final String CHECKSUMS_ENTRY = "crc32c";

    /** Headers that were read last: a model's configuration, tokenizer, programs and weights are asked for one by one. */
    private static final Map<Version, Header> READ = Collections.synchronizedMap(new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Version, Header> eldest) {
            return size() > MAX_READ;
        }
    });

    private static final int MAX_READ = 8;

    private Artifact() {}

    /** A file as it is now. */
    private record Version(Path file, long size, FileTime modified) {}

    /**
     * What an artifact's header says.
     *
     * @param dataStart where the data begin in the file
     * @param checksums by tensor and section
     */
    private record Header(
            SafetensorsHeader tensors, long dataStart, Map<String, String> checksums, JsonNode manifest) {}

    /** Whether a path is called like an artifact. */
    public static boolean is(Path path) {
        return path.toString().endsWith(EXTENSION) && !Files.isDirectory(path);
    }

    /** What an artifact says of itself; an {@link ArtifactException} or {@link WeightsException} if it is damaged. */
    public static JsonNode manifest(Path file) {
        return header(file).manifest;
    }

    /** A section's bytes, if there is one of that name; exceptions as those of {@link #manifest}. */
    public static Optional<byte[]> section(Path file, String name) {
        Header header = header(file);
        return header.tensors.entries().stream()
                .filter(e -> e.name().equals(name))
                .findFirst()
                .map(entry -> {
                    byte[] bytes = read(file, header.dataStart + entry.begin(), entry.end() - entry.begin());
                    check(file, header, name, MemorySegment.ofArray(bytes));
                    return bytes;
                });
    }

    private static byte[] read(Path file, long from, long size) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(size));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (bytes.hasRemaining()) {
                if (channel.read(bytes, from + bytes.position()) < 0) {
                    throw new ArtifactException(file, "has become shorter while it was read");
                }
            }
        } catch (IOException e) {
            throw new ArtifactException(file, "cannot be read: " + e.getMessage(), e);
        }
        return bytes.array();
    }

    /** Whether there is a section of that name; exceptions as those of {@link #manifest}. */
    public static boolean hasSection(Path file, String name) {
        return header(file).tensors.entries().stream().anyMatch(e -> e.name().equals(name));
    }

    /** Checks every byte; exceptions as those of {@link #manifest}. */
    public static void verify(Path file) {
        try (Arena arena = Arena.ofConfined()) {
            checkedEntries(file, arena);
        }
    }

    /** The weights alone; every byte of the file is checked. */
    static WeightFiles.Content weights(Path file, Arena arena) {
        Map<String, Weights.Entry> entries = checkedEntries(file, arena);
        entries.keySet().removeIf(Artifact::isSection);
        return new WeightFiles.Content(entries, Map.of());
    }

    private static Map<String, Weights.Entry> checkedEntries(Path file, Arena arena) {
        Header header = header(file);
        MemorySegment bytes = SafetensorsReader.mapBytes(file, arena);
        Map<String, Weights.Entry> entries = SafetensorsReader.entries(file, bytes, header.tensors);
        entries.forEach((name, entry) -> {
            if (!name.equals(SEAL)) {
                check(file, header, name, entry.data());
            }
        });
        return entries;
    }

    private static boolean isSection(String name) {
        return name.contains("/") || name.equals(SEAL);
    }

    private static Header header(Path file) {
        Version version;
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            version = new Version(file.toAbsolutePath(), attributes.size(), attributes.lastModifiedTime());
        } catch (NoSuchFileException e) {
            throw new ArtifactException(file, "no such file", e);
        } catch (IOException e) {
            throw new ArtifactException(file, "cannot be read: " + e.getMessage(), e);
        }
        Header known = READ.get(version);
        if (known == null) {
            known = parse(file);
            READ.put(version, known);
        }
        return known;
    }

    private static Header parse(Path file) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = SafetensorsReader.mapBytes(file, arena);
            byte[] head = bytes.asSlice(0, Math.min(Substitute.HEAD, bytes.byteSize()))
                    .toArray(ValueLayout.JAVA_BYTE);
            Substitute.of(head, true).ifPresent(what -> {
                throw new ArtifactException(file, what);
            });
            SafetensorsHeader tensors = SafetensorsReader.header(file, bytes);
            Map<String, String> metadata = tensors.metadata();
            if (!FORMAT.equals(metadata.get(FORMAT_ENTRY))) {
                throw new ArtifactException(file, "is no artifact of Detangle: make one with detangle compile");
            }
            if (!VERSION.equals(metadata.get(VERSION_ENTRY))) {
                throw new ArtifactException(
                        file,
                        "is an artifact of format " + metadata.get(VERSION_ENTRY)
                                + ", and this version of Detangle reads " + VERSION + ": compile the model again");
            }
            checkSeal(file, bytes, tensors);
            Map<String, String> checksums = new TreeMap<>();
            object(file, metadata, CHECKSUMS_ENTRY)
                    .properties()
                    .forEach(p -> checksums.put(p.getKey(), p.getValue().asString("")));
            return new Header(
                    tensors, SafetensorsReader.headerEnd(bytes), checksums, object(file, metadata, MANIFEST_ENTRY));
        }
    }

    private static JsonNode object(Path file, Map<String, String> metadata, String name) {
        try {
            String text = Optional.ofNullable(metadata.get(name)).orElse("");
            JsonNode node = StrictJson.parse(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
            if (node.isObject()) {
                return node;
            }
        } catch (StrictJson.InvalidJson e) {
            throw new ArtifactException(file, "its " + name + " is " + e.getMessage(), e);
        }
        throw new ArtifactException(file, "its " + name + " is no JSON object");
    }

    /** The header must be what it was when the file was written. */
    private static void checkSeal(Path file, MemorySegment bytes, SafetensorsHeader tensors) {
        long end = SafetensorsReader.headerEnd(bytes);
        byte[] expected = sha256(bytes.asSlice(0, end).toArray(ValueLayout.JAVA_BYTE));
        boolean sealed = tensors.entries().stream()
                .filter(e -> e.name().equals(SEAL))
                .anyMatch(e -> Arrays.equals(
                        bytes.asSlice(end + e.begin(), e.end() - e.begin()).toArray(ValueLayout.JAVA_BYTE), expected));
        if (!sealed) {
            throw new ArtifactException(file, "its header is damaged: copy or compile it again");
        }
    }

    private static void check(Path file, Header header, String name, MemorySegment data) {
        if (!checksum(data).equals(header.checksums.get(name))) {
            throw new ArtifactException(file, "'" + name + "' is damaged: copy or compile it again");
        }
    }

    /**
     * Writes an artifact, whole or not at all. The same arguments make the same bytes.
     *
     * @param weights by name
     * @param sections by name, each with a slash in it
     * @param manifest what the artifact says of itself, as JSON
     * @throws WeightsException if it cannot be written
     */
    public static void write(
            Path file, SequencedMap<String, Tensor> weights, SequencedMap<String, byte[]> sections, Object manifest) {
        SequencedMap<String, Tensor> all = new LinkedHashMap<>(weights);
        sections.forEach((name, bytes) ->
                all.put(name, new Tensor(DType.I8, new long[] {bytes.length}, MemorySegment.ofArray(bytes))));
        Map<String, String> checksums = new TreeMap<>();
        all.forEach((name, tensor) -> {
            if (isSection(name) != sections.containsKey(name)) {
                throw new IllegalArgumentException("'" + name + "' is no name for what it is");
            }
            checksums.put(name, checksum(tensor.data()));
        });
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put(FORMAT_ENTRY, FORMAT);
        metadata.put(VERSION_ENTRY, VERSION);
        metadata.put(MANIFEST_ENTRY, json(manifest));
        metadata.put(CHECKSUMS_ENTRY, json(checksums));
        SafetensorsWriter.writeSealed(file, all, metadata, SEAL, Artifact::sha256);
    }

    private static String json(Object value) {
        try {
            return JsonMapper.shared().writeValueAsString(value);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("no JSON can be made of " + value, e);
        }
    }

    private static String checksum(MemorySegment data) {
        CRC32C crc = new CRC32C();
        long step = Integer.MAX_VALUE & ~0xfff;
        if (!data.isNative()) {
            crc.update(data.toArray(ValueLayout.JAVA_BYTE));
        } else {
            for (long at = 0; at < data.byteSize(); at += step) {
                crc.update(
                        data.asSlice(at, Math.min(step, data.byteSize() - at)).asByteBuffer());
            }
        }
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new InternalException("every JDK has it", e);
        }
    }
}
