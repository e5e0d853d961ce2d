package detangle.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A server that behaves like the hub, well and badly. */
class HubTest {
    private static final byte[] WEIGHTS = bytes(100_000);

    @TempDir
    private Path cache;

    private final FakeHub server = new FakeHub();

    @BeforeEach
    void fillRepository() {
        server.put("config.json", "{\"model_type\":\"deberta-v2\"}");
        server.put("tokenizer.json", "{}");
        server.put("README.md", "# A model");
        server.put("train.py", "print('never asked for')");
        server.files.put("model.safetensors", WEIGHTS);
        server.files.put("pytorch_model.bin", bytes(2000));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    private Hub hub(Optional<String> token, boolean offline) {
        return hub(server.endpoint(), token, offline);
    }

    private Hub hub(URI endpoint, Optional<String> token, boolean offline) {
        HubOptions options =
                new HubOptions(endpoint, cache, token, offline, ProxySelector.of(null), Duration.ofSeconds(5));
        return new Hub(options, 1);
    }

    private Path load() {
        return hub(Optional.empty(), false).folder(FakeHub.REPOSITORY, HubProgress.NONE);
    }

    private void refusedWith(String part) {
        HubException e = assertThrows(HubException.class, this::load);
        assertEquals(1, e.getMessage().lines().count());
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }

    private Path repository() {
        return cache.resolve("models--some-org--some-model");
    }

    private List<String> namesIn(String folder) throws IOException {
        try (Stream<Path> files = Files.list(repository().resolve(folder))) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void theCacheIsLaidOutAsPythonKnowsIt() throws IOException {
        Path folder = load();
        assertEquals(repository().resolve("snapshots").resolve(FakeHub.COMMIT), folder);
        assertEquals(FakeHub.COMMIT, Files.readString(repository().resolve("refs/main")));
        assertEquals(
                List.of("config.json", "model.safetensors", "tokenizer.json"), namesIn("snapshots/" + FakeHub.COMMIT));
        assertArrayEquals(WEIGHTS, Files.readAllBytes(folder.resolve("model.safetensors")));
        assertEquals(
                Path.of("../../blobs", FakeHub.sha256(WEIGHTS)),
                Files.readSymbolicLink(folder.resolve("model.safetensors")));
        assertEquals(0, server.asked("train.py") + server.asked("pytorch_model.bin") + server.asked("README.md"));
    }

    @Test
    void modulesOfSentenceTransformersAreLoaded() throws IOException {
        server.put("modules.json", """
                [{"path":"","type":"sentence_transformers.models.Transformer"},
                {"path":"1_Pooling","type":"sentence_transformers.models.Pooling"},
                {"path":"2_Dense","type":"sentence_transformers.models.Dense"},
                {"path":"3_Normalize","type":"sentence_transformers.models.Normalize"}]""");
        server.put("1_Pooling/config.json", "{}");
        server.put("2_Dense/config.json", "{}");
        server.put("2_Dense/pytorch_model.bin", "weights");
        server.put("2_Dense/train.py", "print('never asked for')");
        server.put("4_Other/config.json", "{}");
        server.put("sentence_bert_config.json", "{}");
        server.put("config_sentence_transformers.json", "{}");
        Path folder = load();
        for (String name : List.of(
                "modules.json",
                "1_Pooling/config.json",
                "2_Dense/config.json",
                "2_Dense/pytorch_model.bin",
                "sentence_bert_config.json",
                "config_sentence_transformers.json")) {
            assertArrayEquals(server.files.get(name), Files.readAllBytes(folder.resolve(name)), name);
        }
        assertEquals(0, server.asked("2_Dense/train.py") + server.asked("4_Other/config.json"));
        // A folder without the pooling is half a model, and a commit is asked for again.
        Files.delete(folder.resolve("1_Pooling/config.json"));
        hub(Optional.empty(), false).folder(FakeHub.REPOSITORY + "@" + FakeHub.COMMIT, HubProgress.NONE);
        assertTrue(Files.isRegularFile(folder.resolve("1_Pooling/config.json")));
    }

    /** transformers in Python loads configuration, tokenizer and weights alone. */
    @Test
    void whatOthersHaveLeftOutIsLoaded() throws IOException {
        Path folder = load();
        Files.delete(repository().resolve(".no_exist").resolve(FakeHub.COMMIT).resolve("modules.json"));
        server.put("modules.json", "[{\"path\":\"1_Pooling\",\"type\":\"sentence_transformers.models.Pooling\"}]");
        server.put("1_Pooling/config.json", "{}");
        hub(Optional.empty(), false).folder(FakeHub.REPOSITORY + "@" + FakeHub.COMMIT, HubProgress.NONE);
        assertTrue(Files.isRegularFile(folder.resolve("1_Pooling/config.json")));
    }

    @Test
    void anEncoderMayHaveAFolderOfItsOwn() throws IOException {
        for (String name : List.of("config.json", "tokenizer.json", "model.safetensors")) {
            server.files.put("0_Transformer/" + name, server.files.remove(name));
        }
        server.put("config.json", "{\"__version__\":\"1.0.0\"}");
        server.put("0_Transformer/sentence_bert_config.json", "{}");
        server.put(
                "modules.json", "[{\"path\":\"0_Transformer\",\"type\":\"sentence_transformers.models.Transformer\"}]");
        Path folder = load();
        assertArrayEquals(WEIGHTS, Files.readAllBytes(folder.resolve("0_Transformer/model.safetensors")));
        assertTrue(Files.isRegularFile(folder.resolve("0_Transformer/sentence_bert_config.json")));
        int before = server.requests.size();
        assertEquals(
                folder,
                hub(Optional.empty(), false).folder(FakeHub.REPOSITORY + "@" + FakeHub.COMMIT, HubProgress.NONE));
        assertEquals(before, server.requests.size());
        server.put("modules.json", "[{\"path\":\"../0\",\"type\":\"sentence_transformers.models.Transformer\"}]");
        Files.delete(folder.resolve("modules.json"));
        refusedWith("names the folder ../0");
    }

    @Test
    void whatIsThereIsNotLoadedAgain() {
        Path first = load();
        int before = server.requests.size();
        assertEquals(first, load());
        assertEquals(before + 1, server.requests.size(), "only whether main is still the same commit");
        Path pinned = hub(Optional.empty(), false).folder(FakeHub.REPOSITORY + "@" + FakeHub.COMMIT, HubProgress.NONE);
        assertEquals(first, pinned);
        assertEquals(before + 1, server.requests.size(), "a commit never changes");
    }

    @Test
    void progressReachesTheEnd() {
        List<Long> done = new ArrayList<>();
        hub(Optional.empty(), false).folder(FakeHub.REPOSITORY, (file, at, total) -> {
            if (file.equals("model.safetensors")) {
                done.add(at);
                assertEquals(WEIGHTS.length, total);
            }
        });
        assertEquals(WEIGHTS.length, done.getLast());
    }

    @Test
    void theTokenDoesNotFollowARedirect() {
        server.needsToken = true;
        hub(Optional.of(FakeHub.TOKEN), false).folder(FakeHub.REPOSITORY, HubProgress.NONE);
        assertTrue(server.asked("STORE model.safetensors") > 0);
        assertEquals(List.of(), server.leaked);
    }

    @Test
    void withoutATokenAPrivateModelIsRefused() {
        server.needsToken = true;
        refusedWith("set HF_TOKEN");
        assertFalse(Files.exists(repository().resolve("refs")));
    }

    @Test
    void gatedModelsAndUnknownRevisionsAreTold() {
        server.errorCode = Optional.of("GatedRepo");
        refusedWith("accept its terms");
        server.errorCode = Optional.of("RevisionNotFound");
        refusedWith("has no revision main");
        server.errorCode = Optional.of("RepoNotFound");
        refusedWith("there is neither a folder nor a model some-org/some-model");
    }

    @Test
    void aBodyThatBreaksOffIsContinued() throws IOException {
        server.breaksOffAfter = 30_000;
        server.breaksOff = 2;
        assertArrayEquals(WEIGHTS, Files.readAllBytes(load().resolve("model.safetensors")));
        assertEquals(1, server.asked("STORE model.safetensors bytes=30000-"));
        assertEquals(1, server.asked("STORE model.safetensors bytes=60000-"));
    }

    @Test
    void aServerThatStallsIsAskedAgain() throws IOException {
        server.stalls = 1;
        HubOptions impatient = new HubOptions(
                server.endpoint(), cache, Optional.empty(), false, ProxySelector.of(null), Duration.ofMillis(300));
        Path folder = new Hub(impatient, 1).folder(FakeHub.REPOSITORY, HubProgress.NONE);
        assertArrayEquals(WEIGHTS, Files.readAllBytes(folder.resolve("model.safetensors")));
        assertEquals(1, server.asked("STORE model.safetensors bytes=50000-"));
    }

    @Test
    void whatHasComeServesTheNextAttempt() throws IOException {
        server.breaksOffAfter = 0;
        server.breaksOff = Integer.MAX_VALUE;
        Files.createDirectories(repository().resolve("blobs"));
        Path incomplete = repository().resolve("blobs").resolve(FakeHub.sha256(WEIGHTS) + ".incomplete");
        Files.write(incomplete, Arrays.copyOf(WEIGHTS, 40_000));
        refusedWith("broke off after 40000 of 100000 bytes");
        assertEquals(40_000, Files.size(incomplete));
        server.breaksOff = 0;
        assertArrayEquals(WEIGHTS, Files.readAllBytes(load().resolve("model.safetensors")));
        assertFalse(Files.exists(incomplete));
    }

    @Test
    void aStoreWithoutRangesStartsAgain() throws IOException {
        server.breaksOffAfter = 30_000;
        server.breaksOff = 1;
        server.ignoresRanges = true;
        assertArrayEquals(WEIGHTS, Files.readAllBytes(load().resolve("model.safetensors")));
    }

    @Test
    void aWrongHashLeavesNothing() throws IOException {
        server.hashOfAll = Optional.of("f".repeat(64));
        refusedWith("is damaged");
        assertEquals(List.of(), namesIn("blobs"));
        assertFalse(Files.exists(repository().resolve("refs")));
    }

    @Test
    void aTagThatIsNoHashLeadsNowhere() throws IOException {
        server.hashOfAll = Optional.of("../../../evil");
        assertArrayEquals(WEIGHTS, Files.readAllBytes(load().resolve("model.safetensors")));
        assertFalse(Files.exists(cache.resolve("evil")));
        assertTrue(namesIn("blobs").contains(FakeHub.sha256(WEIGHTS)), "named by its content");
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "no other system has a device that is always full")
    void aFullDiskIsTold() {
        HubOptions options = new HubOptions(
                server.endpoint(), cache, Optional.empty(), false, ProxySelector.of(null), Duration.ofSeconds(5));
        URI uri = server.endpoint().resolve("/" + FakeHub.REPOSITORY + "/resolve/" + FakeHub.COMMIT + "/config.json");
        RemoteFile file = new RemoteFile("config.json", uri, "", false, OptionalLong.empty());
        Transfer transfer = new Transfer(new HubClient(options), file, Path.of("/dev/full"), HubProgress.NONE);
        HubException e = assertThrows(HubException.class, transfer::attempt);
        assertEquals("/dev/full cannot be written: No space left on device", e.getMessage());
    }

    @Test
    void namesOfTheRepositoryLeadNowhere() throws IOException {
        server.alsoListed.addAll(List.of("../../../evil.json", "/etc/passwd", "..\\\\evil"));
        load();
        assertEquals(
                List.of("config.json", "model.safetensors", "tokenizer.json"), namesIn("snapshots/" + FakeHub.COMMIT));
        assertFalse(Files.exists(cache.resolve("evil.json")));
    }

    @Test
    void shardsAreLoadedUnlessTheirNamesLeadElsewhere() throws IOException {
        server.files.remove("model.safetensors");
        server.files.remove("pytorch_model.bin");
        server.files.put("model-00001-of-00002.safetensors", bytes(3000));
        server.files.put("model-00002-of-00002.safetensors", bytes(10));
        server.put(
                "model.safetensors.index.json",
                "{\"weight_map\":{\"a\":\"model-00001-of-00002.safetensors\",\"b\":\"model-00002-of-00002.safetensors\"}}");
        Path folder = load();
        assertEquals(3000, Files.size(folder.resolve("model-00001-of-00002.safetensors")));
        assertEquals(10, Files.size(folder.resolve("model-00002-of-00002.safetensors")));

        Files.delete(folder.resolve("model.safetensors.index.json"));
        server.put("model.safetensors.index.json", "{\"weight_map\":{\"a\":\"../../evil.safetensors\"}}");
        refusedWith("not a name of a shard");
    }

    @Test
    void aRepositoryThatIsNoModelIsRefused() {
        server.files.remove("model.safetensors");
        server.files.remove("pytorch_model.bin");
        refusedWith("no weights that can be read");
        server.files.remove("config.json");
        refusedWith("has no config.json");
    }

    @Test
    void offlineTheCacheMustDo() {
        HubException e = assertThrows(
                HubException.class, () -> hub(Optional.empty(), true).folder(FakeHub.REPOSITORY, HubProgress.NONE));
        assertTrue(e.getMessage().contains("HF_HUB_OFFLINE"), e.getMessage());
        Path folder = load();
        int before = server.requests.size();
        assertEquals(folder, hub(Optional.empty(), true).folder(FakeHub.REPOSITORY, HubProgress.NONE));
        assertEquals(before, server.requests.size());
    }

    @Test
    void aHubThatIsDownIsReplacedByTheCache() {
        server.unavailable = 1;
        refusedWith("cannot be reached (IOException: status 503)");
        Path folder = load();
        URI nobody = URI.create("http://127.0.0.1:1");
        assertEquals(folder, hub(nobody, Optional.empty(), false).folder(FakeHub.REPOSITORY, HubProgress.NONE));
        HubException e = assertThrows(
                HubException.class,
                () -> hub(nobody, Optional.empty(), false).folder("some-org/other", HubProgress.NONE));
        assertTrue(e.getMessage().contains("check the network or HTTPS_PROXY"), e.getMessage());
    }

    @Test
    void manyAtOnceLoadItOnce() throws Exception {
        try (ExecutorService pool = Executors.newFixedThreadPool(8)) {
            List<Callable<Path>> tasks = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                tasks.add(this::load);
            }
            for (Future<Path> folder : pool.invokeAll(tasks)) {
                assertArrayEquals(WEIGHTS, Files.readAllBytes(folder.get().resolve("model.safetensors")));
            }
        }
        assertEquals(1, server.asked("STORE model.safetensors"));
    }

    @Test
    void foldersComeFirst() throws IOException {
        Path folder = Files.createDirectories(cache.resolve("base"));
        assertEquals(folder, hub(Optional.empty(), true).folder(folder.toString(), HubProgress.NONE));
        HubException e = assertThrows(
                HubException.class,
                () -> hub(Optional.empty(), true)
                        .folder(cache.resolve("nowhere").toString(), HubProgress.NONE));
        assertTrue(e.getMessage().contains("neither a folder nor"), e.getMessage());
    }

    @Test
    void everyVariableIsHeeded() throws IOException {
        Path home = Files.createDirectories(cache.resolve("home"));
        assertEquals(
                home.resolve(".cache/huggingface/hub"),
                HubOptions.of(Map.of(), home).cache());
        assertEquals(
                Path.of("/x/hub"), HubOptions.of(Map.of("HF_HOME", "/x"), home).cache());
        assertEquals(
                home.resolve("c"),
                HubOptions.of(Map.of("HF_HOME", "/x", "HF_HUB_CACHE", "~/c"), home)
                        .cache());
        assertEquals(
                URI.create("https://mirror"),
                HubOptions.of(Map.of("HF_ENDPOINT", "https://mirror/"), home).endpoint());
        assertTrue(HubOptions.of(Map.of("HF_HUB_OFFLINE", "1"), home).offline());
        assertEquals(Optional.empty(), HubOptions.of(Map.of(), home).token());
        Files.createDirectories(home.resolve(".cache/huggingface"));
        Files.writeString(home.resolve(".cache/huggingface/token"), FakeHub.TOKEN + "\n");
        assertEquals(Optional.of(FakeHub.TOKEN), HubOptions.of(Map.of(), home).token());
        assertFalse(HubOptions.of(Map.of(), home).toString().contains(FakeHub.TOKEN));
        assertThrows(HubException.class, () -> HubOptions.of(Map.of("HF_ENDPOINT", "ftp://x"), home));
        assertThrows(HubException.class, () -> HubOptions.of(Map.of("HF_HUB_DOWNLOAD_TIMEOUT", "soon"), home));

        HubOptions proxied =
                HubOptions.of(Map.of("HTTPS_PROXY", "http://proxy:3128", "no_proxy", "localhost,.inner.net"), home);
        assertEquals(
                3128,
                ((InetSocketAddress) proxied.proxy(URI.create("https://huggingface.co/x"))
                                .address())
                        .getPort());
        assertEquals(Proxy.NO_PROXY, proxied.proxy(URI.create("https://hub.inner.net/x")));
    }

    @Test
    void requestsGoThroughAProxy() {
        // To a proxy the hub's name is a part of the request: it need not exist.
        HubOptions options = new HubOptions(
                URI.create("http://hub.invalid"),
                cache,
                Optional.empty(),
                false,
                EnvironmentProxies.of(Map.of("http_proxy", server.endpoint().toString())),
                Duration.ofSeconds(5));
        server.files.put("model.safetensors", bytes(10));
        Path folder = new Hub(options, 1).folder(FakeHub.REPOSITORY, HubProgress.NONE);
        assertTrue(Files.exists(folder.resolve("model.safetensors")));
    }

    /** The user stands in the variable with percent signs, as in each address. */
    @Test
    void aProxyIsToldItsUser() {
        server.proxyUser = Optional.of(
                "Basic " + Base64.getEncoder().encodeToString("ada:p@ss:word".getBytes(StandardCharsets.UTF_8)));
        String address = server.endpoint().toString().replace("http://", "http://ada:p%40ss:word@");
        HubOptions options = new HubOptions(
                URI.create("http://hub.invalid"),
                cache,
                Optional.empty(),
                false,
                EnvironmentProxies.of(Map.of("http_proxy", address)),
                Duration.ofSeconds(5));
        server.files.put("model.safetensors", bytes(10));
        Path folder = new Hub(options, 1).folder(FakeHub.REPOSITORY, HubProgress.NONE);
        assertTrue(Files.exists(folder.resolve("model.safetensors")));

        ProxySelector wrong = EnvironmentProxies.of(Map.of("http_proxy", "http://ada:secret@proxy"));
        HubException e = assertThrows(HubException.class, () -> wrong.select(URI.create("http://hub.invalid")));
        assertEquals(
                "'http://proxy' is not an address of a proxy, such as http://proxy:3128",
                e.getMessage().replaceFirst("//[^/]*@", "//user@"));
        assertFalse(e.getMessage().contains("secret"), e.getMessage());
    }

    /** The hub has a newer commit, of which a command needs the tokenizer alone. */
    @Test
    void aRevisionGoesOnLeadingToItsWeights() throws IOException {
        server.files.put("model.safetensors", bytes(10));
        Path whole = hub(Optional.empty(), false).folder(FakeHub.REPOSITORY, HubProgress.NONE);
        String older = "f".repeat(FakeHub.COMMIT.length());
        Files.move(whole, whole.resolveSibling(older));
        Files.writeString(repository().resolve("refs/main"), older);
        Path without = hub(Optional.empty(), false).folderWithoutWeights(FakeHub.REPOSITORY, HubProgress.NONE);
        assertEquals(whole, without);
        assertFalse(Files.exists(without.resolve("model.safetensors")));
        assertEquals(
                whole.resolveSibling(older), hub(Optional.empty(), true).folder(FakeHub.REPOSITORY, HubProgress.NONE));
    }

    @Test
    void theFolderOfTheUserIsThatOfPython() {
        assertEquals(Path.of("/elsewhere"), HubOptions.userHome(Map.of("HOME", "/elsewhere")));
        assertEquals(Path.of(System.getProperty("user.home")), HubOptions.userHome(Map.of("HOME", "")));
    }

    @Test
    void namesOfModels() {
        assertEquals(
                "microsoft/deberta-base", ModelId.parse("base").orElseThrow().repository());
        assertEquals(
                "microsoft/deberta-v2-xxlarge-mnli",
                ModelId.parse("xxlarge-v2-mnli").orElseThrow().repository());
        assertEquals(
                new ModelId("microsoft/deberta-v3-base", "refs/pr/1"),
                ModelId.parse("deberta-v3-base@refs/pr/1").orElseThrow());
        for (String none : List.of("nothing", "a/b/c", "../x", "a/..", "a/b@../../x", "/a", "a b/c", "a/b@", "")) {
            assertEquals(Optional.empty(), ModelId.parse(none), none);
        }
    }
}
