package detangle.hostile;

import detangle.models.files.ModelFiles;
import detangle.models.weights.Artifact;
import detangle.models.weights.Weights;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32C;

/** The container of artifacts: what its sections mean is other readers' to say. */
final class ArtifactFileReader implements Reader {
    private static final String FILE = "model.dtl";
    private static final String CONFIG = "file/config.json";

    @Override
    public String name() {
        return "artifact";
    }

    @Override
    public void read(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        Artifact.manifest(file).size();
        for (String name : new String[] {"config.json", "tokenizer.json", "spm.model"}) {
            ModelFiles.of(file).find(name);
        }
        Artifact.section(file, "program/packed");
        try (Weights weights = Weights.open(file)) {
            WeightsReading.readAll(weights);
        }
        if (Artifact.hasSection(file, "file/1_Dense/model.safetensors")) {
            try (Weights weights = Weights.inArtifact(file, "file/1_Dense/model.safetensors")) {
                WeightsReading.readAll(weights);
            }
        }
        Artifact.verify(file);
    }

    /** An artifact that may lie. */
    private static final class Made {
        final Map<String, byte[]> sections = new LinkedHashMap<>(Map.of(CONFIG, "{}".getBytes(StandardCharsets.UTF_8)));
        String manifest = "{\\\"head\\\":\\\"x\\\"}";
        String version = "1";
        String more = "";
        UnaryOperator<String> checksums = text -> text;
        UnaryOperator<byte[]> seal = bytes -> bytes;
        boolean sealed = true;

        Made with(String name, byte[] content) {
            sections.put(name, content);
            return this;
        }

        byte[] bytes() {
            Map<String, byte[]> all = new LinkedHashMap<>(sections);
            StringBuilder tensors = new StringBuilder();
            StringBuilder sums = new StringBuilder();
            ByteArrayOutputStream data = new ByteArrayOutputStream();
            all.forEach((name, content) -> {
                CRC32C crc = new CRC32C();
                crc.update(content);
                sums.append(sums.isEmpty() ? "" : ",")
                        .append(String.format("\\\"%s\\\":\\\"%08x\\\"", name, crc.getValue()));
                describe(tensors, name, data.size(), content.length);
                data.writeBytes(content);
            });
            byte[] sealBytes = seal.apply(new byte[32]);
            if (sealed) {
                describe(tensors, "seal", data.size(), sealBytes.length);
            }
            String header = "{\"__metadata__\":{\"format\":\"detangle\",\"version\":\"" + version + "\",\"manifest\":\""
                    + manifest + "\",\"crc32c\":\"" + checksums.apply("{" + sums + "}") + "\"" + more + "}" + tensors
                    + "}";
            byte[] json = header.getBytes(StandardCharsets.UTF_8);
            byte[] front = ByteBuffer.allocate(8 + json.length)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(json.length)
                    .put(json)
                    .array();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.writeBytes(front);
            out.writeBytes(data.toByteArray());
            if (sealed) {
                out.writeBytes(seal.apply(HeaderChanges.seal(front, front.length)));
            }
            return out.toByteArray();
        }

        private static void describe(StringBuilder header, String name, int at, int length) {
            header.append(String.format(
                    ",\"%s\":{\"dtype\":\"I8\",\"shape\":[%d],\"data_offsets\":[%d,%d]}",
                    name, length, at, at + length));
        }
    }

    private static Hostile made(String name, Made made, String expected) {
        return new Hostile(name, folder -> Files.write(folder.resolve(FILE), made.bytes()), expected);
    }

    /** Changes what is made. */
    @FunctionalInterface
    private interface Lie {
        void tell(Made made);
    }

    private static Hostile lie(String name, Lie lie, String expected) {
        return new Hostile(
                name,
                folder -> {
                    Made made = new Made();
                    lie.tell(made);
                    Files.write(folder.resolve(FILE), made.bytes());
                },
                expected);
    }

    @Override
    public List<Hostile> good() {
        byte[] dense = SafetensorsFileReader.bytes("{'w':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}", 8);
        return List.of(
                made("small", new Made().with("w", new byte[5]), ""),
                made(
                        "module",
                        new Made().with("file/1_Dense/model.safetensors", dense).with("later/x", new byte[3]),
                        ""));
    }

    @Override
    public List<Hostile> madeByHand() {
        List<Hostile> all = new ArrayList<>(List.of(
                lie("section-above", m -> m.with("file/../../x", new byte[1]), ""),
                lie("section-absolute", m -> m.with("/etc/passwd", new byte[1]), ""),
                lie("section-of-null", m -> m.with("file/\\\\u0000", new byte[1]), ""),
                lie("section-in-colour", m -> m.with("file/\\\\u001b[31m", new byte[1]), ""),
                lie("config-of-9-mb", m -> m.with(CONFIG, new byte[9 << 20]), "most is 8388608"),
                lie("program-of-65-mb", m -> m.with("program/packed", new byte[65 << 20]), "most is"),
                lie(
                        "module-that-is-none",
                        m -> m.with("file/1_Dense/model.safetensors", new byte[9]),
                        "model.safetensors"),
                lie(
                        "module-with-a-long-header",
                        m -> m.with(
                                "file/1_Dense/model.safetensors", new byte[] {-1, -1, -1, -1, -1, -1, -1, 127, '{'}),
                        "truncated"),
                lie("version-2", m -> m.version = "2", "format 2"),
                lie("version-in-colour", m -> m.version = "\\u001b[31m\\u202e", "format"),
                lie("no-seal", m -> m.sealed = false, "damaged"),
                lie("short-seal", m -> m.seal = seal -> new byte[31], "damaged"),
                lie("long-seal", m -> m.seal = seal -> new byte[40 << 20], "damaged"),
                lie("wrong-seal", m -> m.seal = seal -> new byte[32], "damaged"),
                lie("manifest-empty", m -> m.manifest = "", "manifest"),
                lie("manifest-array", m -> m.manifest = "[]", "manifest"),
                lie("manifest-deep", m -> m.manifest = "[".repeat(100_000), "manifest"),
                lie("manifest-of-7-mb", m -> m.manifest = "[" + "0,".repeat(3_500_000) + "0]", "most is"),
                lie("manifest-of-3-mb", m -> m.manifest = "[" + "0,".repeat(1_500_000) + "0]", "manifest"),
                lie("manifest-twice", m -> m.more = ",\"manifest\":\"{}\"", "Duplicate"),
                lie("checksum-missing", m -> m.checksums = text -> "{}", "damaged"),
                lie("checksum-wrong", m -> m.checksums = text -> text.replaceAll("[0-9a-f]{8}", "00000000"), "damaged"),
                lie(
                        "checksum-number",
                        m -> m.checksums = text -> "{\\\"a\\\":1}",
                        "a value of 'a' that is not a string"),
                lie(
                        "checksum-twice",
                        m -> m.checksums = text -> "{\\\"a\\\":\\\"1\\\",\\\"a\\\":\\\"1\\\"}",
                        "two checksums of 'a'"),
                lie("checksums-array", m -> m.checksums = text -> "[]", "not a JSON object"),
                lie("checksums-cut-off", m -> m.checksums = text -> "{", "not valid JSON"),
                lie(
                        "checksums-deep",
                        m -> m.checksums = text -> "{\\\"a\\\":" + "[".repeat(100_000),
                        "a value of 'a' that is not a string"),
                lie(
                        "checksums-of-7-mb",
                        m -> m.checksums = text -> {
                            StringBuilder sums = new StringBuilder("{\\\"a\\\":\\\"\\\"");
                            for (int i = 0; i < 400_000; i++) {
                                sums.append(",\\\"").append(i).append("\\\":\\\"\\\"");
                            }
                            return sums + "}";
                        },
                        "damaged"),
                lie(
                        "60000-sections",
                        m -> {
                            for (int i = 0; i < 60_000; i++) {
                                m.with("x/" + i, new byte[0]);
                            }
                        },
                        ""),
                lie(
                        "70000-sections",
                        m -> {
                            for (int i = 0; i < 70_000; i++) {
                                m.with("x/" + i, new byte[0]);
                            }
                        },
                        "65536"),
                new Hostile("pipe", StrangeFiles.pipe(FILE), "not a regular file"),
                new Hostile(
                        "zeros",
                        folder -> Files.createSymbolicLink(folder.resolve(FILE), Path.of("/dev/zero")),
                        "not a regular file"),
                new Hostile(
                        "not-an-artifact",
                        FolderWriter.file(FILE, SafetensorsFileReader.bytes("{}", 0)),
                        "not an artifact"),
                new Hostile("text", FolderWriter.file(FILE, "hello"), "text"),
                new Hostile("nothing", FolderWriter.file(FILE, new byte[0]), "empty"),
                new Hostile(
                        "a-terabyte",
                        WeightsReading.sparse(FolderWriter.file(FILE, new Made().bytes()), FILE, 1L << 40),
                        "describes")));
        byte[] whole = new Made().bytes();
        for (int at = 0; at < whole.length; at += 37) {
            byte[] changed = whole.clone();
            changed[at] ^= 1;
            all.add(new Hostile("bit-of-byte-" + at, FolderWriter.file(FILE, changed), FILE));
        }
        return all;
    }
}
