package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.testing.models.TinyModel;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page to try a model, in a browser without a window. Skipped where there is none. */
class PageTest {
    @TempDir
    private Path folder;

    private static Optional<Path> browser() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .flatMap(path -> Stream.of("chromium", "chromium-browser", "google-chrome")
                        .map(Path.of(path)::resolve))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** The document as the page's own code leaves it. */
    private String document(String address) throws IOException, InterruptedException {
        Path out = folder.resolve("out");
        Process process = new ProcessBuilder(List.of(
                        browser().orElseThrow().toString(),
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--user-data-dir=" + folder.resolve("profile"),
                        "--virtual-time-budget=15000",
                        "--dump-dom",
                        address))
                .redirectOutput(out.toFile())
                .redirectError(folder.resolve("err").toFile())
                .start();
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("the browser does not end");
        }
        assertEquals(0, process.exitValue(), Files.readString(folder.resolve("err")));
        return Files.readString(out, StandardCharsets.UTF_8);
    }

    private InferenceServer server(Path model) {
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("the-model", model));
        return InferenceServer.start(models, ServerOptions.DEFAULT.withPort(0));
    }

    @Test
    void showsLabelsAndVectors() throws Exception {
        if (browser().isEmpty()) {
            System.out.println("The page is not tested: there is no chromium on the PATH");
            Assumptions.abort("no browser");
        }
        try (InferenceServer server = server(TinyModel.SHIPPED)) {
            String page = document("http://127.0.0.1:" + server.port() + "/?text=Where+is+my+card%3F");
            assertTrue(page.contains("the-model, classifier"), page);
            assertTrue(page.contains("<td>card_arrival</td><td>0.9334</td>"), page);
            String refused = document("http://127.0.0.1:" + server.port() + "/?text=" + "card+".repeat(600));
            assertTrue(refused.contains("tokens, and the model takes 512"), refused);
        }
        Path encoder = TinyModel.write(folder.resolve("encoder"), "Model", List.of("LABEL_0"));
        try (InferenceServer server = server(encoder)) {
            String page = document("http://127.0.0.1:" + server.port() + "/?text=card");
            assertTrue(page.contains("<td>length</td><td>32</td>"), page);
        }
    }
}
