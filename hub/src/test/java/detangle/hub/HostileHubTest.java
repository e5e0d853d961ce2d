package detangle.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Hubs and caches that someone has made to do harm: one line that names the address or the file, soon, and nothing
 * written elsewhere.
 */
class HostileHubTest {
    private static final String OK = "HTTP/1.1 200 OK\r\n";
    private static final Duration TIMEOUT = Duration.ofMillis(300);
    private static final Duration SOON = Duration.ofSeconds(8);

    @TempDir
    private Path folder;

    private Path cache() {
        return folder.resolve("cache");
    }

    private Hub hub(URI endpoint) {
        return new Hub(
                new HubOptions(endpoint, cache(), Optional.of(FakeHub.TOKEN), false, ProxySelector.of(null), TIMEOUT),
                1);
    }

    private String refusal(URI endpoint) {
        return assertTimeoutPreemptively(SOON, () -> {
            HubException e =
                    assertThrows(HubException.class, () -> hub(endpoint).folder(FakeHub.REPOSITORY, HubProgress.NONE));
            assertEquals(1, e.getMessage().lines().count());
            return e.getMessage();
        });
    }

    private static String listing(String siblings) {
        return "{\"sha\":\"" + FakeHub.COMMIT + "\",\"siblings\":[" + siblings + "]}";
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            value = {
                "{\"siblings\":[#{},# ",
                "{\"siblings\":[#{\"rfilename\":\"a\"},# ",
                "#[#does not answer in JSON",
                "#{\"a\":#does not answer in JSON",
                "{\"sha\":#1#has more than 33554432 bytes",
                "{\"sha\":\"#x# ",
                "#x#does not answer in JSON"
            })
    void aListingWithoutAnEndIsRefused(String begin, String repeated, String message) throws IOException {
        try (HostileServer server = HostileServer.endless(OK + "\r\n" + (begin == null ? "" : begin), repeated)) {
            String refusal = refusal(server.endpoint());
            assertTrue(refusal.contains(server.endpoint().toString()), refusal);
            assertTrue(message == null || refusal.contains(message), refusal);
        }
    }

    @Test
    void aListingThatDripsIsGivenUp() throws IOException {
        try (HostileServer server = new HostileServer((request, out) -> {
            out.write((OK + "\r\n").getBytes(StandardCharsets.UTF_8));
            while (true) {
                out.write(' ');
                Thread.sleep(50);
            }
        })) {
            assertTrue(refusal(server.endpoint()).contains("cannot be reached"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\r\n\r\n",
                "\0\0\0\0",
                "HTTP/1.1 999999999999 x\r\n\r\n",
                "HTTP/1.1 -1 x\r\n\r\n",
                "HTTP/1.1\r\n\r\n",
                OK + "Content-Length: -5\r\n\r\n{}",
                OK + "Content-Length: 99999999999999999999\r\n\r\n{}",
                OK + "Content-Length: 5\r\n\r\n{}",
                OK + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\n{}",
                OK + "Transfer-Encoding: chunked\r\n\r\n-1\r\n{}",
                OK + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
                OK + "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}",
                OK + "Content-Length: 2\r\n\r\n{}",
                OK + "Content-Length: 4\r\n\r\nnull",
                OK + "Content-Length: 16\r\n\r\n{\"sha\":\"../../\"}",
                OK + "Content-Length: 4\r\n\r\n\u001b[2J",
                "HTTP/1.1 302 x\r\nLocation: file:///etc/passwd\r\n\r\n",
                "HTTP/1.1 302 x\r\nLocation: ftp://127.0.0.1/a\r\n\r\n",
                "HTTP/1.1 302 x\r\nLocation: jar:file:///a.jar!/b\r\n\r\n",
                "HTTP/1.1 302 x\r\nLocation: http:///a\r\n\r\n",
                "HTTP/1.1 302 x\r\nLocation: http:a\r\n\r\n",
                "HTTP/1.1 302 x\r\nLocation: http://127.0.0.1:99999/a\r\n\r\n",
                "HTTP/1.1 302 x\r\nLocation: http://[::1\r\n\r\n",
                "HTTP/1.1 302 x\r\nLocation: mailto:a@b\r\n\r\n",
                "HTTP/1.1 302 x\r\nLocation: /again\r\n\r\n",
                "HTTP/1.1 302 x\r\nLocation: \r\n\r\n",
                "HTTP/1.1 302 x\r\nLocation: //\r\n\r\n",
                "HTTP/1.1 401 x\r\nContent-Length: 0\r\nX-Error-Code: \u001b[2J\r\n\r\n",
                "HTTP/1.1 599 x\r\nContent-Length: 0\r\n\r\n"
            })
    void anAnswerThatIsNoneIsRefused(String answer) throws IOException {
        try (HostileServer server = HostileServer.of(answer)) {
            String refusal = refusal(server.endpoint());
            assertTrue(refusal.contains(server.endpoint().toString()), refusal);
            assertFalse(refusal.contains(FakeHub.TOKEN), refusal);
            assertTrue(refusal.length() < 1000, refusal);
        }
    }

    @Test
    void headersWithoutAnEndAreRefused() throws IOException {
        try (HostileServer server = HostileServer.endless(OK, "X-A: b\r\n")) {
            assertTrue(refusal(server.endpoint()).contains(server.endpoint().toString()));
        }
    }

    /** A hub that lists two files, and says of each of them and sends for each what a test says. */
    private static HostileServer hubWith(String head, String get) {
        return new HostileServer((request, out) -> {
            String files = listing("{\"rfilename\":\"config.json\"},{\"rfilename\":\"model.safetensors\"}");
            out.write((request.contains("/api/models/")
                            ? OK + "Content-Length: " + files.length() + "\r\n\r\n" + files
                            : request.startsWith("HEAD") ? head : get)
                    .getBytes(StandardCharsets.UTF_8));
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "X-Linked-Size: 999999999999999999 | Content-Length: 2 | free",
                "X-Linked-Size: 5 | Content-Length: 2 | is longer than the 5 bytes",
                "X-Linked-Size: 5 | Content-Length: 7 | is longer than the 5 bytes",
                "X-Linked-Size: 5 | Transfer-Encoding: chunked | broke off",
                "ETag: \0/etc/passwd | X: y | tells neither its size nor its hash",
                "X-Linked-ETag: ../../../a | Content-Range: bytes 5-6/7 | tells neither its size nor its hash",
                "X-Linked-ETag: 0123456789abcdef0123456789abcdef01234567 | Content-Length: 7 | is damaged: its hash is",
                "X-Linked-Size: 7 | Content-Encoding: br | in the encoding br",
                "X-Linked-Size: 7 | Content-Type: text/html | a web page",
            })
    void aFileThatIsNotWhatTheHubSaysIsRefused(String head, String get, String message) throws IOException {
        try (HostileServer server =
                hubWith(OK + head.replace("\\0", "\0") + "\r\n\r\n", OK + get + "\r\n\r\n1234567")) {
            String refusal = refusal(server.endpoint());
            assertTrue(refusal.contains("model.safetensors"), refusal);
            assertTrue(refusal.contains(message), refusal);
            assertFalse(Files.exists(cache().resolve("models--some-org--some-model/refs")));
        }
    }

    @Test
    void configurationOfManyGigabytesIsNotLoaded() throws IOException {
        String files = listing("{\"rfilename\":\"modules.json\"}");
        try (HostileServer server = new HostileServer((request, out) -> out.write((request.contains("/api/models/")
                        ? OK + "Content-Length: " + files.length() + "\r\n\r\n" + files
                        : OK + "Content-Length: 2000000000\r\n\r\n")
                .getBytes(StandardCharsets.UTF_8)))) {
            String refusal = refusal(server.endpoint());
            assertTrue(refusal.contains("modules.json has more than 1074 MB"), refusal);
        }
    }

    @Test
    void aFileThatDripsIsGivenUp() throws IOException {
        try (HostileServer server = new HostileServer((request, out) -> {
            String files = listing("{\"rfilename\":\"config.json\"},{\"rfilename\":\"model.safetensors\"}");
            out.write((request.contains("/api/models/")
                            ? OK + "Content-Length: " + files.length() + "\r\n\r\n" + files
                            : OK + "Content-Length: 100000\r\n\r\n")
                    .getBytes(StandardCharsets.UTF_8));
            while (request.startsWith("GET") && !request.contains("/api/models/")) {
                out.write('a');
                Thread.sleep(100);
            }
        })) {
            assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
                HubException e = assertThrows(
                        HubException.class, () -> hub(server.endpoint()).folder(FakeHub.REPOSITORY, HubProgress.NONE));
                assertTrue(e.getMessage().contains("fewer than 256 bytes a second"), e.getMessage());
            });
        }
    }

    @Test
    void theTokenGoesToTheHubAlone() throws IOException {
        try (HostileServer other = HostileServer.of(OK + "Content-Length: 2\r\n\r\n{}");
                HostileServer server = HostileServer.of("HTTP/1.1 302 x\r\nLocation: http://localhost:"
                        + other.endpoint().getPort() + "/a\r\n\r\n")) {
            refusal(server.endpoint());
            assertTrue(server.requests.getFirst().contains(FakeHub.TOKEN));
            assertFalse(other.requests.getFirst().contains(FakeHub.TOKEN), other.requests.getFirst());
        }
    }

    private Path repository() throws IOException {
        return Files.createDirectories(cache().resolve("models--some-org--some-model"));
    }

    private static void fifo(Path path) throws IOException, InterruptedException {
        Files.createDirectories(path.getParent());
        assertEquals(0, new ProcessBuilder("mkfifo", path.toString()).start().waitFor());
    }

    /** A hub that behaves. */
    private static FakeHub good() {
        FakeHub hub = new FakeHub();
        hub.put("config.json", "{}");
        hub.put("tokenizer.json", "{}");
        hub.files.put("model.safetensors", new byte[2000]);
        return hub;
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "it has no named pipes among its files")
    void aRefThatIsNoCommitCountsForNothing() throws IOException, InterruptedException {
        Path refs = Files.createDirectories(repository().resolve("refs"));
        try (FakeHub hub = good()) {
            for (String kind : new String[] {"fifo", "folder", "binary", "huge", "path", "loop"}) {
                Path ref = refs.resolve("main");
                Files.deleteIfExists(ref);
                switch (kind) {
                    case "fifo" -> fifo(ref);
                    case "folder" -> Files.createDirectory(ref);
                    case "binary" -> Files.write(ref, new byte[] {-1, -2, 0});
                    case "path" -> Files.writeString(ref, "../../../../etc");
                    case "loop" -> Files.createSymbolicLink(ref, ref);
                    default -> {
                        try (RandomAccessFile file = new RandomAccessFile(ref.toFile(), "rw")) {
                            file.setLength(1L << 40);
                        }
                    }
                }
                assertTimeoutPreemptively(
                        SOON,
                        () -> assertTrue(Files.isRegularFile(hub(hub.endpoint())
                                .folder(FakeHub.REPOSITORY + "@" + FakeHub.COMMIT, HubProgress.NONE)
                                .resolve("config.json"))));
                assertTimeoutPreemptively(SOON, () -> {
                    try {
                        hub(hub.endpoint()).folder(FakeHub.REPOSITORY, HubProgress.NONE);
                    } catch (HubException e) {
                        assertTrue(kind.equals("folder") && e.getMessage().contains("refs"), kind + e.getMessage());
                    }
                });
            }
        }
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "it has no named pipes among its files")
    void nothingIsWrittenThroughWhatIsNoFile() throws IOException, InterruptedException {
        Path outside = Files.writeString(folder.resolve("outside"), "mine");
        String hash = FakeHub.sha256(new byte[2000]);
        try (FakeHub hub = good()) {
            for (String name : new String[] {
                "models--some-org--some-model/blobs/" + hash + ".incomplete",
                ".locks/models--some-org--some-model/" + hash + ".lock",
                "models--some-org--some-model/snapshots/" + FakeHub.COMMIT + "/model.safetensors"
            }) {
                for (String kind : new String[] {"fifo", "link", "folder"}) {
                    Path path = cache().resolve(name);
                    Files.createDirectories(path.getParent());
                    Files.deleteIfExists(path); // Locks stay.
                    switch (kind) {
                        case "fifo" -> fifo(path);
                        case "link" -> Files.createSymbolicLink(path, outside);
                        default -> Files.createDirectory(path);
                    }
                    boolean read = kind.equals("link")
                            && name.contains("snapshots"); // Whose cache it is may have put it there.
                    if (!read) {
                        String refusal = refusal(hub.endpoint());
                        assertTrue(refusal.contains(path + " is not a regular file: delete it"), refusal);
                    }
                    Files.delete(path);
                }
            }
            assertEquals("mine", Files.readString(outside));
            hub(hub.endpoint()).folder(FakeHub.REPOSITORY, HubProgress.NONE);
        }
    }

    @Test
    void namesThatAreNoneAreRefusedAtOnce() {
        for (String name : new String[] {
            "a\0b/c",
            "a/b@\0",
            "a/" + "b-".repeat(200_000) + "!",
            "a-".repeat(200_000) + "a/b!",
            "a/b@" + "c/".repeat(200_000),
            "../../etc",
            "a/..",
            "a/b@../../c",
            "a/b@/etc",
            "a//b",
            "a/b/c",
            "\u001b[2J/b",
            "a\\b/c",
            "",
            "@",
            "a/b@"
        }) {
            assertTimeoutPreemptively(SOON, () -> {
                if (!name.isEmpty()) {
                    HubException e = assertThrows(
                            HubException.class,
                            () -> hub(URI.create("http://127.0.0.1:1")).folder(name, HubProgress.NONE),
                            name);
                    assertTrue(e.getMessage().length() < 2100);
                }
                assertTrue(ModelId.parse(name).isEmpty());
            });
        }
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "it has no named pipes among its files")
    void theEnvironmentIsCheckedAndTheTokenNotShown() throws IOException, InterruptedException {
        Path pipe = folder.resolve("pipe");
        fifo(pipe);
        Path binary = Files.write(folder.resolve("binary"), new byte[] {-1, -2});
        Path large = Files.write(folder.resolve("large"), new byte[1 << 20]);
        for (Map<String, String> environment : List.of(
                Map.of("HF_TOKEN", "secret\nX-Evil: 1"),
                Map.of("HF_TOKEN", "secret\u00e9"),
                Map.of("HF_TOKEN_PATH", pipe.toString()),
                Map.of("HF_TOKEN_PATH", binary.toString()),
                Map.of("HF_TOKEN_PATH", large.toString()),
                Map.of("HF_TOKEN_PATH", "/dev/zero"),
                Map.of("HF_HOME", "a\0b"),
                Map.of("HF_ENDPOINT", "http://127.0.0.1:99999"),
                Map.of("HF_ENDPOINT", "http://127.0.0.1/?a"),
                Map.of("HF_ENDPOINT", "http://127.0.0.1/#a"),
                Map.of("HF_ENDPOINT", "file:///etc"),
                Map.of("HF_ENDPOINT", "http:"),
                Map.of("HF_ENDPOINT", "http:///a"),
                Map.of("HF_ENDPOINT", "\u001b[2J"),
                Map.of("HF_HUB_DOWNLOAD_TIMEOUT", "99999999999"))) {
            assertTimeoutPreemptively(SOON, () -> {
                HubException e = assertThrows(HubException.class, () -> HubOptions.of(environment, folder));
                assertFalse(e.getMessage().contains("secret"), e.getMessage());
            });
        }
        for (String proxy : new String[] {"http://proxy:99999", "::", "http://", "a b", "http://[::1", "proxy"}) {
            ProxySelector proxies =
                    HubOptions.of(Map.of("http_proxy", proxy), folder).proxies();
            assertThrows(HubException.class, () -> proxies.select(URI.create("http://a/b")), proxy);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[{\"path\":\"../..\"}]",
                "[{\"path\":\"/etc\"}]",
                "[{\"path\":\"a/../..\"}]",
                "[{\"path\":\"a\\\\b\"}]",
                "[{\"path\":\"\\u0000\"}]",
                "[{\"path\":\"\\u001b[2J\"}]",
                "[[[[",
                "{",
                ""
            })
    void foldersOfModulesAreThoseOfTheRepository(String modules) throws IOException {
        Path file = Files.writeString(folder.resolve("modules.json"), modules);
        if (!modules.isEmpty()) {
            HubException e = assertThrows(HubException.class, () -> RepositoryModules.in(folder));
            assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
        }
        Files.writeString(file, "[{\"path\":\"" + "a/".repeat(100_000) + "a\"}]");
        assertThrows(HubException.class, () -> RepositoryModules.in(folder));
        Files.writeString(
                file,
                IntStream.range(0, 1000)
                        .mapToObj(i -> "{\"path\":\"a" + i + "\"}")
                        .collect(Collectors.joining(",", "[", "]")));
        assertTrue(assertThrows(HubException.class, () -> RepositoryModules.in(folder))
                .getMessage()
                .contains("names 1000 modules, and at most 100 are read"));
        Files.writeString(file, "[" + "{},".repeat(600_000) + "{}]");
        assertThrows(HubException.class, () -> RepositoryModules.in(folder));
    }

    @Test
    void shardsAreNamesOfFiles() throws IOException {
        for (String shard : new String[] {
            "../a.bin", "/a.bin", "a/b.bin", "a.exe", "a\\\\b.bin", "\\u0000.bin", "a".repeat(300) + ".bin"
        }) {
            Path index = Files.writeString(folder.resolve("index.json"), "{\"weight_map\":{\"a\":\"" + shard + "\"}}");
            assertThrows(HubException.class, () -> RepositoryFiles.shards(index), shard);
        }
    }
}
