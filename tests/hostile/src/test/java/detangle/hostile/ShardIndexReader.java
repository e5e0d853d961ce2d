package detangle.hostile;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The index of a checkpoint in several files. */
final class ShardIndexReader implements Reader {
    private static final String INDEX = "model.safetensors.index.json";
    private static final String SHARD = "model-00001-of-00001.safetensors";
    private static final FolderWriter WEIGHTS = FolderWriter.file(
            SHARD, SafetensorsFileReader.bytes("{'w':{'dtype':'F32','shape':[2,3],'data_offsets':[0,24]}}", 24));

    @Override
    public String name() {
        return "shard-index";
    }

    @Override
    public void read(Path folder) {
        WeightsReading.read(folder);
    }

    @Override
    public List<Hostile> good() {
        return List.of(
                index("one", map("'w':'" + SHARD + "'"), ""),
                index(
                        "odd",
                        "\uFEFF{'metadata':{'total_size':NaN},'weight_map':{'w':'x','w':'" + SHARD + "'},'more':[[]]}",
                        ""));
    }

    private static String map(String entries) {
        return "{'metadata':{'total_size':24},'weight_map':{" + entries + "}}";
    }

    private static Hostile index(String name, String json, String expected) {
        return new Hostile(name, WEIGHTS.and(FolderWriter.file(INDEX, json.replace('\'', '"'))), expected);
    }

    private static Hostile shard(String name, String shard, String expected) {
        return index("shard-" + name, map("'w':'" + shard + "'"), expected);
    }

    @Override
    public List<Hostile> madeByHand() {
        List<Hostile> all = new ArrayList<>(List.of(
                shard("above", "../" + SHARD, "beside the index"),
                shard("absolute", "/etc/passwd", "beside the index"),
                shard("backslash", "..\\\\" + SHARD, "beside the index"),
                shard("drive", "C:" + SHARD, "beside the index"),
                shard("dot", ".", "beside the index"),
                shard("dots", "..", "beside the index"),
                shard("empty", "", "beside the index"),
                shard("blank", "\\u00a0\\u2003", "missing"),
                shard("null", "\\u0000", "beside the index"),
                shard("half-a-character", "\\ud800x", ""),
                shard("colour", "\\u009b31m\\u202e", "missing"),
                shard("long", "n".repeat(5000), "missing"),
                shard("missing", "x.safetensors", "missing"),
                shard("itself", INDEX, ""),
                index("no-map", "{}", "no weight_map"),
                index("map-is-an-array", "{'weight_map':[]}", "no weight_map"),
                index("map-is-empty", "{'weight_map':{}}", "no weight_map"),
                index("map-that-ends-empty", "{'weight_map':{'w':'" + SHARD + "'},'weight_map':{}}", "no weight_map"),
                index("not-an-object", "[[[]]]", "no weight_map"),
                index("shard-is-a-number", map("'w':1"), "not a file name"),
                index("shard-is-an-object", map("'w':{}"), "not a file name"),
                index("tensor-that-is-not-there", map("'\\u001b[31mv':'" + SHARD + "'"), "no tensor"),
                index("trailing", map("'w':'" + SHARD + "'") + "}", "not valid JSON"),
                index("empty", "", "empty"),
                index("deep", "{'weight_map':" + "[".repeat(100_000), "not valid JSON"),
                index("deep-beside-the-map", "{'x':" + "{'x':".repeat(100_000), "not valid JSON"),
                new Hostile(
                        "not-utf-8",
                        WEIGHTS.and(FolderWriter.file(INDEX, new byte[] {'{', '"', (byte) 0xff, '"', '}'})),
                        "UTF-8"),
                new Hostile("pipe", StrangeFiles.pipe(INDEX), "not a regular file"),
                new Hostile("folder", folder -> Files.createDirectories(folder.resolve(INDEX)), "is a folder"),
                new Hostile(
                        "zeros",
                        folder -> Files.createSymbolicLink(folder.resolve(INDEX), Path.of("/dev/zero")),
                        "not a regular file"),
                new Hostile("sparse", WeightsReading.sparse(FolderWriter.file(INDEX, "{"), INDEX, 1L << 30), "most is"),
                new Hostile(
                        "shard-is-a-pipe",
                        index("", map("'w':'p'"), "").files().and(StrangeFiles.pipe("p")),
                        "not a regular file"),
                new Hostile(
                        "shard-is-a-folder",
                        index("", map("'w':'p'"), "")
                                .files()
                                .and(folder -> Files.createDirectories(folder.resolve("p"))),
                        "is a folder"),
                new Hostile(
                        "shard-is-memory",
                        index("", map("'w':'p'"), "")
                                .files()
                                .and(folder -> Files.createSymbolicLink(folder.resolve("p"), Path.of("/dev/zero"))),
                        "not a regular file")));
        all.add(many("a-million-tensors", 300_000, i -> SHARD, "65536 tensors"));
        all.add(many("60000-tensors-that-are-not-there", 60_000, i -> SHARD, "no tensor"));
        all.add(many("as-many-shards", 60_000, i -> i + ".safetensors", "missing"));
        all.add(new Hostile(
                "2000-shards",
                folder -> {
                    many("", 2000, i -> i + ".safetensors", "").files().write(folder);
                    for (int i = 0; i < 2000; i++) {
                        Files.createLink(folder.resolve(i + ".safetensors"), folder.resolve(SHARD));
                    }
                },
                "1024 shards"));
        all.add(new Hostile(
                "shards-of-many-tensors",
                folder -> {
                    many("", 40, i -> i + ".safetensors", "").files().write(folder);
                    StringBuilder header = new StringBuilder("{'0':{'dtype':'I8','shape':[0],'data_offsets':[0,0]}");
                    for (int i = 1; i < 60_000; i++) {
                        header.append(",'").append(i).append("':{'dtype':'I8','shape':[0],'data_offsets':[0,0]}");
                    }
                    Files.write(folder.resolve(SHARD), SafetensorsFileReader.bytes(header + "}", 0));
                    for (int i = 0; i < 40; i++) {
                        Files.createLink(folder.resolve(i + ".safetensors"), folder.resolve(SHARD));
                    }
                },
                "65536 tensors"));
        return all;
    }

    /** Names a shard for a number. */
    @FunctionalInterface
    private interface Shards {
        String of(int number);
    }

    private static Hostile many(String name, int tensors, Shards shards, String expected) {
        return new Hostile(
                name,
                folder -> {
                    WEIGHTS.write(folder);
                    StringBuilder map = new StringBuilder("{\"weight_map\":{\"0\":\"" + shards.of(0) + "\"");
                    for (int i = 1; i < tensors; i++) {
                        map.append(",\"")
                                .append(i)
                                .append("\":\"")
                                .append(shards.of(i))
                                .append('"');
                    }
                    Files.writeString(folder.resolve(INDEX), map.append("}}"), StandardCharsets.UTF_8);
                },
                expected);
    }
}
