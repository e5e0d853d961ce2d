package detangle.hostile;

import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Safetensors files. */
final class SafetensorsFileReader implements Reader {
    static final String FILE = "model.safetensors";

    private static final String MATRIX = "{'w':{'dtype':'F32','shape':[2,3],'data_offsets':[0,24]}}";

    @Override
    public String name() {
        return "safetensors";
    }

    @Override
    public void read(Path folder) {
        WeightsReading.read(folder);
    }

    @Override
    public List<Hostile> good() {
        return List.of(
                good("one", MATRIX, 24),
                good(
                        "several",
                        "{'__metadata__':{'format':'pt','note':'\u00e9\\u00e9'},'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},"
                                + "'b':{'data_offsets':[8,8],'shape':[0,7],'dtype':'F16'},"
                                + "'c':{'dtype':'I64','shape':[],'data_offsets':[8,16]},"
                                + "'d':{'dtype':'U8','shape':[3],'data_offsets':[16,19],'more':{'x':[1,{}]}},"
                                + "'e':{'dtype':'BOOL','shape':[5],'data_offsets':[19,24]}}    ",
                        24),
                good("none", "{}", 0));
    }

    private static Hostile good(String name, String header, int data) {
        return new Hostile(name, FolderWriter.file(FILE, bytes(header, data)), "");
    }

    /** Single quotes stand for double ones. */
    static byte[] bytes(String header, int data) {
        return bytes(header.replace('\'', '"').getBytes(StandardCharsets.UTF_8), data);
    }

    static byte[] bytes(byte[] header, int data) {
        return ByteBuffer.allocate(8 + header.length + data)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .array();
    }

    @Override
    public List<Hostile> madeByHand() {
        List<Hostile> all = new ArrayList<>();
        lengths(all);
        json(all);
        tensors(all);
        covers(all);
        floods(all);
        files(all);
        return all;
    }

    private static void add(List<Hostile> all, String name, String header, int data, String expected) {
        all.add(new Hostile(name, FolderWriter.file(FILE, bytes(header, data)), expected));
    }

    private static void lengths(List<Hostile> all) {
        byte[] whole = bytes(MATRIX, 24);
        for (long length : new long[] {
            0,
            1,
            -1,
            Long.MAX_VALUE,
            Long.MIN_VALUE,
            1L << 32,
            0xffffffffL,
            MATRIX.length() - 1,
            MATRIX.length() + 1,
            Long.MAX_VALUE - 7
        }) {
            byte[] changed = whole.clone();
            ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
            all.add(new Hostile(
                    "length-" + length, FolderWriter.file(FILE, changed), length > 0 && length < 2 ? "header" : ""));
        }
        for (int bytes : new int[] {1, 7, 8, 9, 40, whole.length - 1}) {
            all.add(new Hostile("cut-off-at-" + bytes, FolderWriter.file(FILE, Arrays.copyOf(whole, bytes)), FILE));
        }
        all.add(new Hostile("nothing", FolderWriter.file(FILE, new byte[0]), "empty"));
    }

    private static void json(List<Hostile> all) {
        add(all, "not-an-object", "[]", 0, "not a JSON object");
        add(all, "a-number", "1", 0, "not a JSON object");
        add(all, "two-values", "{} {}", 0, "follows its end");
        add(all, "byte-order-mark", "\uFEFF{}", 0, "not valid JSON");
        add(all, "single-quotes", "{\u0001}", 0, "not valid JSON");
        add(all, "comment", "{/**/}", 0, "not valid JSON");
        add(all, "trailing-comma", "{'a':{'dtype':'F32','shape':[],'data_offsets':[0,4]},}", 4, "not valid JSON");
        add(all, "colour", "{\u001b[31m}", 0, "not valid JSON");
        add(all, "deep-arrays", "{'w':" + "[".repeat(200_000), 0, "nested too deeply");
        add(all, "deep-objects", "{'w':{'x':" + "{'x':".repeat(200_000), 0, "nested too deeply");
        add(all, "long-number", "{'w':{'shape':[" + "9".repeat(1 << 20) + "]}}", 0, "digits");
        add(all, "long-name", "{'" + "n".repeat(1 << 20) + "':{}}", 0, "names of 65536");
        add(all, "name-of-65000", "{'" + "n".repeat(65_000) + "':{}}", 0, "has no dtype");
        add(all, "names-in-colour", "{'\\u001b[2J\\u202e\\n':{}}", 0, "has no dtype");
        all.add(new Hostile(
                "overlong-utf-8",
                FolderWriter.file(FILE, bytes(new byte[] {'{', '"', (byte) 0xc0, (byte) 0xaf, '"', '}'}, 0)),
                "UTF-8"));
        all.add(new Hostile(
                "surrogate-in-utf-8",
                FolderWriter.file(
                        FILE, bytes(new byte[] {'{', '"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"', '}'}, 0)),
                "UTF-8"));
        all.add(new Hostile(
                "utf-16",
                FolderWriter.file(FILE, bytes("{}".getBytes(StandardCharsets.UTF_16LE), 0)),
                "not valid JSON"));
        all.add(new Hostile(
                "utf-32",
                FolderWriter.file(FILE, bytes(new byte[] {0, 0, 0, '{', 0, 0, 0, '}'}, 0)),
                "not valid JSON"));
        add(all, "metadata-is-an-array", "{'__metadata__':[]}", 0, "__metadata__");
        add(all, "metadata-is-a-number", "{'__metadata__':{'a':1}}", 0, "not a string");
        add(all, "metadata-twice", "{'__metadata__':{},'__metadata__':{}}", 0, "Duplicate");
        add(all, "metadata-name-twice", "{'__metadata__':{'a':'','a':''}}", 0, "Duplicate");
        add(
                all,
                "tensor-twice",
                "{'w':{'dtype':'I8','shape':[1],'data_offsets':[0,1]},'w':{'dtype':'I8','shape':[1],'data_offsets':[1,2]}}",
                2,
                "Duplicate");
        add(
                all,
                "tensor-twice-by-escape",
                "{'w':{'dtype':'I8','shape':[1],'data_offsets':[0,1]},'\\u0077':{'dtype':'I8','shape':[1],'data_offsets':[1,2]}}",
                2,
                "Duplicate");
        add(all, "field-twice", "{'w':{'dtype':'I8','dtype':'I8','shape':[1],'data_offsets':[0,1]}}", 1, "Duplicate");
    }

    private static void tensor(List<Hostile> all, String name, String shape, String range, String expected) {
        add(
                all,
                "tensor-" + name,
                "{'w':{'dtype':'F32','shape':" + shape + ",'data_offsets':" + range + "}}",
                24,
                expected);
    }

    private static void tensors(List<Hostile> all) {
        tensor(all, "size-negative", "[-2,-3]", "[0,24]", "not a size");
        tensor(all, "size-of-20-digits", "[99999999999999999999]", "[0,24]", "not a size");
        tensor(all, "size-real", "[6.0]", "[0,24]", "not a size");
        tensor(all, "size-1e1000", "[1e1000]", "[0,24]", "not a size");
        tensor(all, "size-1e999999999", "[1e999999999]", "[0,24]", "not a size");
        tensor(all, "size-null", "[null]", "[0,24]", "not a size");
        tensor(all, "size-text", "['\\u001b[31m6']", "[0,24]", "not a size");
        tensor(all, "size-array", "[[6]]", "[0,24]", "not a size");
        tensor(all, "size-object", "[{'a':6}]", "[0,24]", "not a size");
        tensor(all, "size-overflows", "[4611686018427387904,4]", "[0,24]", "overflows");
        tensor(all, "size-wraps-to-6", "[4611686018427387910]", "[0,24]", "overflows");
        tensor(all, "size-overflows-by-zero", "[4611686018427387904,4,0]", "[0,24]", "overflows");
        tensor(all, "33-axes", "[" + "1,".repeat(32) + "6]", "[0,24]", "most");
        tensor(all, "32-axes", "[" + "1,".repeat(31) + "6]", "[0,24]", "");
        tensor(all, "a-million-axes", "[" + "1,".repeat(1_000_000) + "6]", "[0,24]", "most");
        tensor(all, "range-of-one", "[6]", "[24]", "not [begin, end]");
        tensor(all, "range-of-three", "[6]", "[0,24,24]", "not [begin, end]");
        tensor(all, "range-backwards", "[6]", "[24,0]", "not [begin, end]");
        tensor(all, "range-negative", "[6]", "[-24,0]", "not a size");
        tensor(all, "range-at-the-end", "[6]", "[9223372036854775783,9223372036854775807]", "ends at byte");
        tensor(all, "range-missing", "[6]", "null", "not an array");
        tensor(all, "range-too-long", "[6]", "[0,25]", "take 24");
        add(all, "type-unknown", "{'w':{'dtype':'\\u001bX','shape':[6],'data_offsets':[0,24]}}", 24, "");
        add(all, "type-a-number", "{'w':{'dtype':32,'shape':[6],'data_offsets':[0,24]}}", 24, "no dtype");
        add(
                all,
                "type-of-a-megabyte",
                "{'w':{'dtype':'" + "F".repeat(1 << 20) + "','shape':[6],'data_offsets':[0,24]}}",
                24,
                "");
        add(all, "half-bytes", "{'w':{'dtype':'F4','shape':[3],'data_offsets':[0,2]}}", 2, "");
        add(all, "null-tensor", "{'w':null}", 0, "not described");
        add(all, "shape-missing", "{'w':{'dtype':'F32','data_offsets':[0,24]}}", 24, "shape");
        byte[] header =
                "{\"w\":{\"dtype\":\"BOOL\",\"shape\":[9],\"data_offsets\":[0,9]}}".getBytes(StandardCharsets.UTF_8);
        byte[] booleans = bytes(header, 9);
        booleans[booleans.length - 1] = 2;
        all.add(new Hostile("boolean-2", FolderWriter.file(FILE, booleans), "BOOL holds 2"));
    }

    private static void covers(List<Hostile> all) {
        add(all, "hole-in-front", "{'w':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}", 8, "holes");
        add(all, "hole-behind", MATRIX, 25, "describes 24");
        add(all, "data-missing", MATRIX, 23, "ends at byte 24 of 23");
        add(
                all,
                "overlap",
                "{'a':{'dtype':'I8','shape':[2],'data_offsets':[0,2]},'b':{'dtype':'I8','shape':[2],'data_offsets':[1,3]}}",
                3,
                "overlaps");
        add(
                all,
                "same-place",
                "{'a':{'dtype':'I8','shape':[2],'data_offsets':[0,2]},'b':{'dtype':'I8','shape':[2],'data_offsets':[0,2]}}",
                2,
                "overlaps");
        add(
                all,
                "empty-inside",
                "{'a':{'dtype':'I8','shape':[2],'data_offsets':[0,2]},'b':{'dtype':'I8','shape':[0],'data_offsets':[1,1]}}",
                2,
                "overlaps");
        add(all, "empty-behind", "{'a':{'dtype':'I8','shape':[0],'data_offsets':[5,5]}}", 2, "ends at byte");
    }

    private static FolderWriter flood(String head, IntText part, int parts, String tail, int data) {
        return folder -> {
            StringBuilder header = new StringBuilder(head);
            for (int i = 0; i < parts; i++) {
                header.append(part.at(i));
            }
            Files.write(folder.resolve(FILE), bytes(header.append(tail).toString(), data));
        };
    }

    /** A text for each number. */
    @FunctionalInterface
    private interface IntText {
        String at(int number);
    }

    private static void floods(List<Hostile> all) {
        all.add(new Hostile(
                "a-million-tensors",
                flood(
                        "{'a':{'dtype':'I8','shape':[0],'data_offsets':[0,0]}",
                        i -> ",'" + i + "':{'dtype':'I8','shape':[0],'data_offsets':[0,0]}",
                        1_000_000,
                        "}",
                        0),
                "65536 tensors"));
        all.add(new Hostile(
                "60000-tensors",
                flood(
                        "{'a':{'dtype':'I8','shape':[0],'data_offsets':[0,0]}",
                        i -> ",'" + i + "':{'dtype':'I8','shape':[1],'data_offsets':[" + i + "," + (i + 1) + "]}",
                        60_000,
                        "}",
                        60_000),
                ""));
        all.add(new Hostile(
                "a-million-names", flood("{'a':{}", i -> ",'" + i + "':{}", 1_000_000, "}", 0), "no dtype"));
        all.add(new Hostile(
                "names-of-90-mb",
                flood(
                        "{'a':{'dtype':'I8','shape':[0],'data_offsets':[0,0]}",
                        i -> ",'" + i + "n".repeat(45_000) + "':{'dtype':'I8','shape':[0],'data_offsets':[0,0]}",
                        2_000,
                        "}",
                        0),
                "8388608 characters"));
        all.add(new Hostile(
                "metadata-of-90-mb",
                flood("{'__metadata__':{'a':''", i -> ",'" + i + "':'" + "x".repeat(1000) + "'", 90_000, "}}", 0),
                "8388608 characters"));
        all.add(new Hostile(
                "metadata-of-a-million-entries",
                flood("{'__metadata__':{'a':''", i -> ",'" + i + "':''", 1_000_000, "}}", 0),
                "65536 entries"));
        all.add(new Hostile(
                "metadata-of-one-text",
                flood("{'__metadata__':{'a':'", i -> "x".repeat(1000), 90_000, "'}}", 0),
                "texts of 8388608"));
        all.add(new Hostile("90-mb-of-spaces", spaces(90_000_000), ""));
        all.add(new Hostile(
                "99-mb-of-numbers", flood("{'w':{'x':[0", i -> ",0,0,0,0,0,0,0,0,0,0", 4_950_000, "]}}", 0), "tokens"));
        all.add(new Hostile(
                "unknown-fields", flood("{'w':{'x':{'a':0", i -> ",'" + i + "':0", 4_000_000, "}}}", 0), "tokens"));
        all.add(new Hostile("101-mb", spaces(101_000_000), "most is 100000000"));
        all.add(new Hostile(
                "types",
                flood(
                        "{'a':{'dtype':'I8','shape':[0],'data_offsets':[0,0]}",
                        i -> ",'" + i + "':{'dtype':'" + i + "x".repeat(500) + "','shape':[0],'data_offsets':[0,0]}",
                        60_000,
                        "}",
                        0),
                "8388608 characters"));
        all.add(new Hostile(
                "random-names",
                flood(
                        "{'a':{'dtype':'I8','shape':[0],'data_offsets':[0,0]}",
                        i -> ",'" + new SplittableRandom(i).nextLong() + "':{'dtype':'Q" + i % 100
                                + "','shape':[],'data_offsets':[0,0]}",
                        60_000,
                        "}",
                        0),
                ""));
    }

    private static FolderWriter spaces(int count) {
        return folder -> {
            try (OutputStream out = Files.newOutputStream(folder.resolve(FILE))) {
                out.write(ByteBuffer.allocate(8)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(count + 2L)
                        .array());
                out.write('{');
                byte[] some = new byte[1_000_000];
                Arrays.fill(some, (byte) ' ');
                for (int i = 0; i < count / some.length; i++) {
                    out.write(some);
                }
                out.write('}');
            }
        };
    }

    private static void files(List<Hostile> all) {
        String large = "{'w':{'dtype':'F32','shape':[%d],'data_offsets':[0,%d]}}";
        long terabyte = 1L << 40;
        for (String type : new String[] {"F32", "BOOL", "U8"}) {
            String header = String.format(large, terabyte / (type.equals("F32") ? 4 : 1), terabyte)
                    .replace("F32", type);
            all.add(new Hostile(
                    "a-terabyte-of-" + type,
                    WeightsReading.sparse(
                            FolderWriter.file(FILE, bytes(header, 0)), FILE, terabyte + 8 + header.length()),
                    ""));
        }
        all.add(new Hostile(
                "sparse-zeros", WeightsReading.sparse(FolderWriter.file(FILE, new byte[1]), FILE, terabyte), ""));
        all.add(new Hostile("pipe", StrangeFiles.pipe(FILE), "not a regular file"));
        all.add(new Hostile("folder", folder -> Files.createDirectories(folder.resolve(FILE)), "is a folder"));
        all.add(new Hostile(
                "zeros",
                folder -> Files.createSymbolicLink(folder.resolve(FILE), Path.of("/dev/zero")),
                "not a regular file"));
        all.add(new Hostile(
                "random",
                folder -> Files.createSymbolicLink(folder.resolve(FILE), Path.of("/dev/random")),
                "not a regular file"));
        all.add(new Hostile(
                "process-memory",
                folder -> Files.createSymbolicLink(folder.resolve(FILE), Path.of("/proc/self/mem")),
                FILE));
        all.add(new Hostile(
                "process-maps",
                folder -> Files.createSymbolicLink(folder.resolve(FILE), Path.of("/proc/self/maps")),
                FILE));
    }
}
