package detangle.hostile;

import static detangle.hostile.FolderWriter.file;

import detangle.hub.Hub;
import detangle.hub.HubException;
import detangle.hub.HubOptions;
import detangle.hub.HubProgress;
import detangle.ir.InvalidInputException;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Models out of the cache that huggingface_hub and Detangle share, without a network. */
final class HubCacheReader implements Reader {
    private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
    private static final String MODEL = "cache/models--some-org--some-model/";
    private static final String SNAPSHOT = MODEL + "snapshots/" + COMMIT + "/";
    private static final String REF = MODEL + "refs/main";
    private static final String MODULES = "modules.json";
    private static final String INDEX = "model.safetensors.index.json";
    private static final String ABSENT = "is not in";

    /** A refusal of the cache's files: offline there is nothing else that could be at fault. */
    private static final class RefusedException extends InvalidInputException {
        private static final long serialVersionUID = 1L;

        RefusedException(HubException cause) {
            super(cause.getMessage(), cause);
        }
    }

    @Override
    public String name() {
        return "hub-cache";
    }

    @Override
    public List<Hostile> good() {
        return List.of(
                new Hostile("one file of weights", whole().and(file(SNAPSHOT + "model.safetensors", "weights")), ""),
                new Hostile("shards", whole().and(sharded("model-1.safetensors")), ""),
                new Hostile(
                        "modules",
                        whole().and(file(SNAPSHOT + "model.safetensors", "weights"))
                                .and(file(SNAPSHOT + "1_Pooling/config.json", "{}"))
                                .and(file(
                                        SNAPSHOT + MODULES,
                                        "[{\"path\":\"\",\"type\":\"a.Transformer\"},"
                                                + "{\"path\":\"1_Pooling\",\"type\":\"a.Pooling\"}]")),
                        ""));
    }

    private static FolderWriter whole() {
        return file(REF, COMMIT).and(file(SNAPSHOT + "config.json", "{}")).and(file(SNAPSHOT + "tokenizer.json", "{}"));
    }

    private static FolderWriter sharded(String shard) {
        return file(SNAPSHOT + INDEX, "{\"weight_map\":{\"a\":\"" + shard + "\"}}")
                .and(file(SNAPSHOT + "model-1.safetensors", "weights"));
    }

    @Override
    public void read(Path folder) {
        HubOptions options = new HubOptions(
                URI.create("http://127.0.0.1:9"),
                folder.resolve("cache"),
                Optional.empty(),
                true,
                ProxySelector.of(null),
                Duration.ofSeconds(1));
        try {
            Path found = new Hub(options).folder("some-org/some-model", HubProgress.NONE);
            if (!Files.isRegularFile(found.resolve("config.json")) && !Files.exists(found.resolve(MODULES))) {
                throw new IllegalStateException(found + " is not a model, and was found");
            }
        } catch (HubException e) {
            throw new RefusedException(e);
        }
    }

    @Override
    public List<Hostile> madeByHand() {
        List<Hostile> made = new ArrayList<>(List.of(
                ref("of another folder", "../../../../etc"),
                ref("of a commit in capitals", COMMIT.toUpperCase(Locale.ROOT)),
                ref("of a short commit", "0123456"),
                ref("of a commit twice", COMMIT + COMMIT),
                ref("of a commit that is not there", "f".repeat(40)),
                ref("of controls", "\u001b[2J"),
                ref("of a megabyte", COMMIT + " ".repeat(1 << 20)),
                index("a shard of another folder", "../a.safetensors", "which is not a name of a shard"),
                index("a shard of the root", "/etc/passwd.bin", "which is not a name of a shard"),
                index("a shard that steers a terminal", "\\u001b[2J.bin", "which is not a name of a shard"),
                index("a shard of a long name", "a".repeat(100_000) + ".bin", "which is not a name of a shard"),
                index("a shard that is missing", "b.safetensors", ABSENT),
                json("no shards", INDEX, "{\"weight_map\":{}}", "names no shards"),
                json("no map", INDEX, "[]", "names no shards"),
                json("half an index", INDEX, "{\"weight_map\":{", INDEX),
                json("an index of lists in lists", INDEX, "[".repeat(1_000_000), INDEX),
                json("an index of a million shards", INDEX, shards(1_000_000), INDEX),
                json("an index of half a million lists", INDEX, "[" + "[],".repeat(400_000) + "[]]", INDEX),
                json("a folder above", MODULES, "[{\"path\":\"../..\"}]", "is not one of a repository"),
                json("a folder of the root", MODULES, "[{\"path\":\"/etc\"}]", "is not one of a repository"),
                json("a folder of a zero", MODULES, "[{\"path\":\"a\\u0000\"}]", "is not one of a repository"),
                json("a folder that steers a terminal", MODULES, "[{\"path\":\"\\u001b[2J\"}]", "is not one of"),
                json(
                        "a folder of a hundred thousand",
                        MODULES,
                        "[{\"path\":\"" + "a/".repeat(100_000) + "\"}]",
                        MODULES),
                json("ten thousand modules", MODULES, "[" + "{},".repeat(10_000) + "{}]", "at most 100 are read"),
                json("a million modules", MODULES, "[" + "{},".repeat(1_000_000) + "{}]", MODULES),
                json("modules of lists in lists", MODULES, "[".repeat(1_000_000), MODULES),
                json("a module of a million digits", MODULES, "[" + "1".repeat(1_000_000) + "]", MODULES),
                json("half of the modules", MODULES, "[{\"path\":\"\"", MODULES)));
        FolderWriter others = whole().and(file(SNAPSHOT + "model.safetensors", "weights"));
        StrangeFiles.inThePlaceOf(REF, others)
                .forEach(strange -> made.add(new Hostile(strange.name(), strange.files(), ABSENT)));
        StrangeFiles.inThePlaceOf(SNAPSHOT + MODULES, others)
                .forEach(strange -> made.add(new Hostile(strange.name(), strange.files(), "")));
        StrangeFiles.inThePlaceOf(SNAPSHOT + INDEX, whole().and(sharded("model-1.safetensors")))
                .forEach(strange -> made.add(new Hostile(strange.name(), strange.files(), "")));
        return made;
    }

    private static Hostile ref(String what, String content) {
        return new Hostile(
                "a ref " + what,
                whole().and(file(SNAPSHOT + "model.safetensors", "weights")).and(file(REF, content)),
                ABSENT);
    }

    private static Hostile index(String what, String shard, String expected) {
        return new Hostile(what, whole().and(sharded(shard)), expected);
    }

    private static Hostile json(String what, String name, String content, String expected) {
        FolderWriter weights = name.equals(INDEX) ? folder -> {} : file(SNAPSHOT + "model.safetensors", "weights");
        return new Hostile(what, whole().and(weights).and(file(SNAPSHOT + name, content)), expected);
    }

    private static String shards(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> "\"" + i + "\":\"" + i + ".bin\"")
                .collect(Collectors.joining(",", "{\"weight_map\":{", "}}"));
    }
}
