package detangle.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.hub.FakeMirror.Body;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ProxySelector;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hubs behind mirrors and repository managers, whose answers say less than the hub's, or other things. */
class HubMirrorTest {
    private static final byte[] WEIGHTS = new byte[50_000];

    static {
        new Random(3).nextBytes(WEIGHTS);
    }

    @TempDir
    private Path cache;

    private final FakeMirror server = new FakeMirror();

    @BeforeEach
    void fillRepository() {
        server.files.put("config.json", "{\"model_type\":\"deberta-v2\"}".getBytes(StandardCharsets.UTF_8));
        server.files.put("tokenizer.json", "{}".getBytes(StandardCharsets.UTF_8));
        server.files.put("model.safetensors", WEIGHTS);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Path load() {
        HubOptions options = new HubOptions(
                server.endpoint(),
                cache,
                Optional.of(FakeHub.TOKEN),
                false,
                ProxySelector.of(null),
                Duration.ofSeconds(5));
        return new Hub(options, 1).folder(FakeHub.REPOSITORY, HubProgress.NONE);
    }

    private void loads() throws IOException {
        Path folder = load();
        assertEquals(FakeHub.COMMIT, folder.getFileName().toString());
        for (Map.Entry<String, byte[]> file : server.files.entrySet()) {
            assertArrayEquals(file.getValue(), Files.readAllBytes(folder.resolve(file.getKey())), file.getKey());
        }
        try (Stream<Path> blobs = Files.list(folder.resolve("../../blobs"))) {
            assertEquals(
                    3,
                    blobs.filter(b -> b.getFileName().toString().matches("[0-9a-f]{40,64}"))
                            .count());
        }
        assertEquals(List.of(), server.leaked);
        int before = server.requests.size();
        load();
        assertEquals(before + 1, server.requests.size(), "what is there is not loaded again");
    }

    private void refusedWith(String part) {
        HubException e = assertThrows(HubException.class, this::load);
        assertEquals(1, e.getMessage().lines().count());
        assertTrue(e.getMessage().contains(part), e.getMessage());
        assertFalse(Files.exists(cache.resolve("models--some-org--some-model/refs")));
    }

    private static Map<String, String> etag(String value) {
        return Map.of("ETag", value);
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void redirectsThatTellNothingAreFollowed(int status) throws IOException {
        server.redirect = status;
        server.hops = List.of("/some-org/renamed", "/other", FakeMirror.STORE);
        server.headers = content -> etag("\"" + FakeHub.sha256(content) + "\"");
        loads();
    }

    @Test
    void aLoopOfRedirectsIsRefused() {
        server.hops = List.of("/a", "/b", "/a");
        refusedWith("is redirected more than 10 times");
    }

    @Test
    void aSignedAddressMayRefuseHead() throws IOException {
        server.hops = List.of(FakeMirror.STORE);
        server.statusOfHead = 403;
        server.lengthOfHead = content -> Optional.empty();
        loads();
    }

    @Test
    void aMirrorMayNotKnowHead() throws IOException {
        server.statusOfHead = 405;
        loads();
    }

    /** Tags that are not a hash of git or Git LFS are names, and the size is checked. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"d41d8cd98f00b204e9800998ecf8427e\"",
                "W/\"9bb58f26192e4ba00f01e2e7b136bbd8-12\"",
                "\"0123456789012345678901234567890123456789\"",
                "\"0123456789012345678901234567890123456789012345678901234567890123\"",
                "\"{SHA1{0123456789012345678901234567890123456789}}\"",
                "../../../evil",
                "\"\""
            })
    void tagsOfManyFormsAreNames(String tag) throws IOException {
        server.headers = content -> etag(tag);
        loads();
    }

    @Test
    void noTagIsNeeded() throws IOException {
        loads();
    }

    /** It is told from git's hash, which has as many digits, by the content. */
    @Test
    void aRepositoryManagersSha1IsRight() throws IOException {
        server.headers =
                content -> Map.of("ETag", sha1(content).toUpperCase(Locale.ROOT), "X-Repo-Commit", FakeHub.COMMIT);
        loads();
        assertTrue(Files.exists(cache.resolve("models--some-org--some-model/blobs/" + sha1(WEIGHTS))));
    }

    private String sha1(byte[] content) {
        try {
            return Hashes.sha1(Files.write(cache.resolve("content"), content));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A hash that the hub itself tells must be that of the content. */
    @Test
    void aHashOfTheHubsIsChecked() {
        server.headers = content -> Map.of("ETag", "\"" + "a".repeat(40) + "\"", "X-Repo-Commit", FakeHub.COMMIT);
        refusedWith("is damaged: its hash is ");
        server.headers = content -> Map.of("X-Linked-Etag", "\"" + "a".repeat(64) + "\"");
        refusedWith("is damaged: its hash is ");
    }

    /** A login page has a size too, and would stay in the cache. */
    @Test
    void aWebPageIsNoFile() {
        server.headers = content -> Map.of("Content-Type", "text/html; charset=utf-8");
        refusedWith("answers with a web page instead of the file");
    }

    @Test
    void aWrongSizeIsRefused() {
        server.headers = content -> Map.of("X-Linked-Size", "" + (content.length - 1));
        refusedWith("is longer than the");
        server.headers = content -> Map.of("X-Linked-Size", "" + (content.length + 1));
        refusedWith("broke off after");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0"})
    void aLengthThatHeadDoesNotTellIsTakenFromTheAnswer(String length) throws IOException {
        server.lengthOfHead = content -> Optional.of(length).filter(l -> !l.isEmpty());
        loads();
    }

    @Test
    void bodiesInPiecesAreRead() throws IOException {
        server.body = Body.CHUNKED;
        server.lengthOfHead = content -> Optional.empty();
        loads();
    }

    @Test
    void compressedBodiesAreRead() throws IOException {
        server.body = Body.GZIPPED;
        server.lengthOfHead = content -> Optional.empty();
        loads();
    }

    @Test
    void aCompressedBodyHasTheSizeThatIsTold() throws IOException {
        server.body = Body.GZIPPED;
        loads();
    }
}
