package detangle.models.weights;

import detangle.ir.DType;
import detangle.ir.Tensor;
import detangle.models.content.Substitute;
import detangle.models.json.JsonStream;
import detangle.models.json.StrictJson;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A model in one file, {@code .dtl}: a safetensors file whose tensors are the model's weights, and whose tensors of
 * bytes with a slash in their names are sections, such as {@code file/config.json} and {@code program/packed}.
 * docs/ARTIFACT.md describes it byte by byte.
 *
 * <p>Every byte is covered: the header by a SHA-256 in the last section, {@code seal}, and each tensor and section by
 * a CRC-32C in the header. Sections whose names are unknown are ignored.
 */
public final class Artifact {
    /** The end of the names of files. */
    public static final String EXTENSION = ".dtl";

    /** The prefix of the names of sections that are files of the model's folder. */
    public static final String FILES = "file/";

    /** The prefix of the names of sections that are programs, as text. */
    public static final String PROGRAMS = "program/";

    private static final String FORMAT = "detangle";
    private static final String VERSION = "1";
    private static final String SEAL = "seal";
    private static final String FORMAT_ENTRY = "format";
    private static final String VERSION_ENTRY = "version";
    private static final String MANIFEST_ENTRY = "manifest";
    private static final String CHECKSUMS_ENTRY = "crc32c";

    private static final int SEAL_BYTES = 32;

    /** Far above what any artifact says of itself, which is a kilobyte and the names of the labels. */
    private static final int MAX_MANIFEST_BYTES = 4 << 20;

    /** Programs have about a megabyte, and tokenizers up to 16. */
    static final int MAX_SECTION_BYTES = 64 << 20;

    /** Bytes of a file that are read at once for its checksums: they fit into a cache. */
    private static final int CHUNK_BYTES = 1 << 18;

    private static final int MAX_KEPT_HEADERS = 8;

    /** Bytes that the headers that are kept take in their files, of which that of a released model has some 300 000. */
    private static final long MAX_KEPT_BYTES = 4 << 20;

    /**
     * Headers that were read last: a model's configuration, tokenizer, programs and weights are asked for one by one.
     */
    private static final SequencedMap<Version, Header> KEPT = new LinkedHashMap<>();

    private Artifact() {}

    /** A file as it is now. */
    private record Version(Path file, MappedFiles.Version content) {}

    /**
     * The content of an artifact's header.
     *
     * @param entries tensors and sections by name
     * @param dataStart where the data begin in the file
     * @param checksums by tensor and section
     */
    record Header(
            SequencedMap<String, SafetensorsHeader.Entry> entries,
            long dataStart,
            Map<String, String> checksums,
            JsonNode manifest) {}

    /**
     * The weights of a file whose bytes are not checked yet.
     *
     * @param checks of every byte, which end early once they are told that nobody needs them any more
     */
    record Unchecked(WeightFiles.Content content, Consumer<BooleanSupplier> checks) {}

    /** A file whose bytes are mapped, and their header. */
    record Opened(Path file, Header header, MemorySegment bytes) {
        static Opened of(Path file, MappedFiles files) {
            // Before the file is mapped: the header of a file that is replaced in between must not be kept for the new
            // one.
            Version version = version(file);
            return of(file, version, files.map(file));
        }

        static Opened of(Path file, Version version, MemorySegment bytes) {
            Header known = kept(version);
            // One that was kept is of another content if the file has another size by now.
            if (known != null && version.content().size() == bytes.byteSize()) {
                return new Opened(file, known, bytes);
            }
            Header header = parse(file, bytes);
            keep(version, header);
            return new Opened(file, header, bytes);
        }

        /** Returns a section's bytes, as {@link Artifact#section(Path, String, int)} does. */
        Optional<byte[]> section(String name, int maxBytes) {
            SafetensorsHeader.Entry entry = header.entries().get(name);
            if (entry == null) {
                return Optional.empty();
            }
            long size = entry.end() - entry.begin();
            if (size > maxBytes) {
                throw new ArtifactException(file, "'" + name + "' has " + size + " bytes; the most is " + maxBytes);
            }
            return Optional.of(checked(name).toArray(ValueLayout.JAVA_BYTE));
        }

        /** Returns the bytes of a tensor or section, which are as they were when the artifact was written. */
        MemorySegment checked(String name) {
            SafetensorsHeader.Entry entry = header.entries().get(name);
            MemorySegment data = bytes.asSlice(header.dataStart() + entry.begin(), entry.end() - entry.begin());
            check(name, Checksums.crc32c(data));
            return data;
        }

        private void check(String name, int checksum) {
            if (!hexadecimal(checksum).equals(header.checksums().get(name))) {
                throw new ArtifactException(file, "'" + name + "' is damaged: copy or compile it again");
            }
        }

        void checkAll() {
            for (String name : header.entries().keySet()) {
                if (!name.equals(SEAL)) {
                    checked(name);
                }
            }
        }

        /**
         * Checks all sections as {@link #checkAll} does, from the file itself.
         *
         * @param stop whether what is left need not be checked any more
         */
        void checkAll(FileChannel channel, BooleanSupplier stop) {
            ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
            for (SafetensorsHeader.Entry entry : header.entries().values()) {
                if (stop.getAsBoolean()) {
                    return;
                }
                if (!entry.name().equals(SEAL)) {
                    long from = header.dataStart() + entry.begin();
                    try {
                        check(entry.name(), Checksums.crc32c(channel, from, entry.end() - entry.begin(), chunk));
                    } catch (IOException e) {
                        throw new WeightsException(file, "cannot be read: " + MappedFiles.reason(e), e);
                    }
                }
            }
        }
    }

    /** Returns whether a path is called like an artifact. */
    public static boolean is(Path path) {
        return path.toString().endsWith(EXTENSION) && !Files.isDirectory(path);
    }

    /**
     * Returns what an artifact says of itself.
     *
     * @throws ArtifactException if the artifact is damaged, or is of a version that cannot be read
     * @throws WeightsException if the file around it is damaged
     */
    public static JsonNode manifest(Path file) {
        return header(file).manifest();
    }

    /**
     * Returns a section's bytes, if there is one of that name, and it has no more than 64 MiB; see {@link
     * #section(Path, String, int)}.
     */
    public static Optional<byte[]> section(Path file, String name) {
        return section(file, name, MAX_SECTION_BYTES);
    }

    /**
     * Returns a section's bytes, if there is one of that name.
     *
     * @param maxBytes how many bytes the section may have
     * @throws ArtifactException if the section has more bytes, and as {@link #manifest}
     * @throws WeightsException as {@link #manifest}
     */
    public static Optional<byte[]> section(Path file, String name, int maxBytes) {
        return with(file, opened -> opened.section(name, maxBytes));
    }

    /** Returns whether there is a section of that name; exceptions as those of {@link #manifest}. */
    public static boolean hasSection(Path file, String name) {
        return header(file).entries().containsKey(name);
    }

    /** Checks every byte; exceptions as those of {@link #manifest}. */
    public static void verify(Path file) {
        with(file, opened -> {
            opened.checkAll();
            return file;
        });
    }

    /** Returns the weights alone; every byte of the file is checked. */
    static WeightFiles.Content weights(Path file, MappedFiles files) {
        Opened opened = Opened.of(file, files);
        opened.checkAll();
        return content(opened);
    }

    /** Returns the weights alone; what has been checked is the header. */
    static Unchecked unchecked(Path file, MappedFiles files) {
        Version version = version(file);
        MappedFiles.Readable readable = files.mapReadable(file);
        Opened opened = Opened.of(file, version, readable.bytes());
        return new Unchecked(content(opened), stop -> opened.checkAll(readable.channel(), stop));
    }

    private static WeightFiles.Content content(Opened opened) {
        Header header = opened.header();
        MemorySegment data = opened.bytes().asSlice(header.dataStart());
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        header.entries().forEach((name, entry) -> {
            if (!isSection(name)) {
                tensors.put(name, SafetensorsReader.tensor(opened.file(), entry, data));
            }
        });
        return new WeightFiles.Content(tensors, Map.of(), Optional.of(opened));
    }

    /** Returns the tensors of a safetensors file that is a section. */
    static WeightFiles.Content weights(Path file, String section, MappedFiles files) {
        Opened opened = Opened.of(file, files);
        if (!opened.header().entries().containsKey(section)) {
            throw new ArtifactException(file, "has no section '" + section + "': compile the model again");
        }
        return SafetensorsReader.read(file.resolve(section), opened.checked(section));
    }

    private static boolean isSection(String name) {
        return name.contains("/") || name.equals(SEAL);
    }

    private static <T> T with(Path file, Function<Opened, T> use) {
        try (MappedFiles files = new MappedFiles()) {
            return files.reading(() -> use.apply(Opened.of(file, files)));
        }
    }

    private static Header header(Path file) {
        Header known = kept(version(file));
        return known != null ? known : with(file, Opened::header);
    }

    private static Header kept(Version version) {
        synchronized (KEPT) {
            return KEPT.get(version);
        }
    }

    private static void keep(Version version, Header header) {
        synchronized (KEPT) {
            KEPT.putLast(version, header);
            long kept = KEPT.values().stream().mapToLong(Header::dataStart).sum();
            while (KEPT.size() > MAX_KEPT_HEADERS || KEPT.size() > 1 && kept > MAX_KEPT_BYTES) {
                kept -= KEPT.pollFirstEntry().getValue().dataStart();
            }
        }
    }

    private static Version version(Path file) {
        if (!Files.exists(file)) {
            throw new ArtifactException(file, "no such file");
        }
        return new Version(file.toAbsolutePath(), MappedFiles.Version.of(file));
    }

    private static Header parse(Path file, MemorySegment bytes) {
        byte[] head = bytes.asSlice(0, Math.min(Substitute.HEAD_BYTES, bytes.byteSize()))
                .toArray(ValueLayout.JAVA_BYTE);
        Substitute.of(head, true).ifPresent(what -> {
            throw new ArtifactException(file, what);
        });
        SafetensorsHeader header = SafetensorsReader.header(file, bytes);
        Map<String, String> metadata = header.metadata();
        if (!FORMAT.equals(metadata.get(FORMAT_ENTRY))) {
            throw new ArtifactException(file, "is not an artifact of Detangle: make one with detangle compile");
        }
        if (!VERSION.equals(metadata.get(VERSION_ENTRY))) {
            throw new ArtifactException(
                    file,
                    "is an artifact of format " + metadata.get(VERSION_ENTRY) + ", and this version of Detangle reads "
                            + VERSION + ": compile the model again");
        }
        SequencedMap<String, SafetensorsHeader.Entry> entries = new LinkedHashMap<>();
        header.entries().forEach(entry -> entries.put(entry.name(), entry));
        checkSeal(file, bytes, entries);
        return new Header(
                entries, SafetensorsReader.headerEnd(bytes), checksums(file, metadata), manifest(file, metadata));
    }

    private static Map<String, String> checksums(Path file, Map<String, String> metadata) {
        String text = metadata.getOrDefault(CHECKSUMS_ENTRY, "");
        MemorySegment utf8 = MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8));
        Map<String, String> checksums = new HashMap<>();
        try {
            return JsonStream.read(utf8, json -> {
                if (json.currentToken() != JsonToken.START_OBJECT) {
                    throw new ArtifactException(file, "its " + CHECKSUMS_ENTRY + " is not a JSON object");
                }
                while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                    String name = json.currentName();
                    if (json.nextToken() != JsonToken.VALUE_STRING) {
                        throw new ArtifactException(
                                file, "its " + CHECKSUMS_ENTRY + " has a value of '" + name + "' that is not a string");
                    }
                    if (checksums.put(name, json.getString()) != null) {
                        throw new ArtifactException(
                                file, "its " + CHECKSUMS_ENTRY + " has two checksums of '" + name + "'");
                    }
                }
                return checksums;
            });
        } catch (StrictJson.InvalidJson e) {
            throw new ArtifactException(file, "its " + CHECKSUMS_ENTRY + " is " + e.getMessage(), e);
        }
    }

    private static JsonNode manifest(Path file, Map<String, String> metadata) {
        String text = metadata.getOrDefault(MANIFEST_ENTRY, "");
        if (text.length() > MAX_MANIFEST_BYTES) {
            throw new ArtifactException(
                    file,
                    "its " + MANIFEST_ENTRY + " has " + text.length() + " characters; the most is "
                            + MAX_MANIFEST_BYTES);
        }
        try {
            JsonNode node = StrictJson.parse(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
            if (node.isObject()) {
                return node;
            }
        } catch (StrictJson.InvalidJson e) {
            throw new ArtifactException(file, "its " + MANIFEST_ENTRY + " is " + e.getMessage(), e);
        }
        throw new ArtifactException(file, "its " + MANIFEST_ENTRY + " is not a JSON object");
    }

    /** The header must be what it was when the file was written. */
    private static void checkSeal(
            Path file, MemorySegment bytes, SequencedMap<String, SafetensorsHeader.Entry> entries) {
        long end = SafetensorsReader.headerEnd(bytes);
        SafetensorsHeader.Entry seal = entries.get(SEAL);
        boolean sealed = seal != null
                && seal.end() - seal.begin() == SEAL_BYTES
                && Arrays.equals(
                        bytes.asSlice(end + seal.begin(), SEAL_BYTES).toArray(ValueLayout.JAVA_BYTE),
                        Checksums.sha256(bytes.asSlice(0, end)));
        if (!sealed) {
            throw new ArtifactException(file, "its header is damaged: copy or compile it again");
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
                throw new IllegalArgumentException("'" + name + "' is not a name for what it is");
            }
            checksums.put(name, hexadecimal(Checksums.crc32c(tensor.data())));
        });
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put(FORMAT_ENTRY, FORMAT);
        metadata.put(VERSION_ENTRY, VERSION);
        metadata.put(MANIFEST_ENTRY, json(manifest));
        metadata.put(CHECKSUMS_ENTRY, json(checksums));
        SafetensorsWriter.writeSealed(
                file, all, metadata, SEAL, header -> Checksums.sha256(MemorySegment.ofArray(header)));
    }

    private static String json(Object value) {
        try {
            return JsonMapper.shared().writeValueAsString(value);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("no JSON can be made of " + value, e);
        }
    }

    private static String hexadecimal(int checksum) {
        return HexFormat.of().toHexDigits(checksum);
    }
}
