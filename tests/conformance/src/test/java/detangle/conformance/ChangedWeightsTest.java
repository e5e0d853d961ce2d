package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.models.weights.WeightsException;
import detangle.pipelines.EntityExtractor;
import detangle.pipelines.ExtractionOptions;
import detangle.pipelines.FeatureExtractor;
import detangle.runtime.ModelArtifact;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import detangle.server.ServerOptions;
import detangle.testing.models.TinyGliner;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tables of words are read from the mapped file for as long as a model runs: what happens to the file in the meantime
 * is noticed.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "a mapped file cannot be changed there")
class ChangedWeightsTest {
    private static final String CHANGED = "has changed since it was loaded: load the model again";
    private static final int LENGTH = 12;

    @TempDir
    private Path folder;

    /** What happens to a file after it was loaded. */
    private enum Change {
        CUT_OFF,
        EMPTIED,
        LENGTHENED,
        REWRITTEN;

        void to(Path file) throws IOException {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                switch (this) {
                    case CUT_OFF -> channel.truncate(5000);
                    case EMPTIED -> channel.truncate(0);
                    case LENGTHENED -> channel.write(ByteBuffer.allocate(100), channel.size());
                    case REWRITTEN -> channel.write(ByteBuffer.allocate(1 << 18), channel.size() / 2);
                }
            }
            // A test may be faster than the clock of a file system.
            Files.setLastModifiedTime(file, FileTime.fromMillis(System.currentTimeMillis() + 5000));
        }
    }

    private Path model() throws IOException {
        return TinyModel.write(folder.resolve("model"), "ForSequenceClassification", List.of("a", "b"));
    }

    private static Map<String, Tensor> inputs(boolean pairs) {
        long[] ids = new long[LENGTH];
        for (int i = 0; i < LENGTH; i++) {
            ids[i] = 300L * i;
        }
        long[] mask = new long[pairs ? LENGTH * LENGTH : LENGTH];
        Arrays.fill(mask, 1);
        return Map.of(
                "input_ids",
                Tensor.of(ids, 1, LENGTH),
                "attention_mask",
                pairs ? Tensor.of(mask, 1, LENGTH, LENGTH) : Tensor.of(mask, 1, LENGTH));
    }

    private static float[] logits(Session session) {
        return session.run(inputs(false)).get("logits").toFloats();
    }

    private static void assertNoticed(Path file, Runnable run) {
        for (int i = 0; i < 2; i++) {
            WeightsException e = assertThrows(WeightsException.class, run::run);
            assertEquals(file + ": " + CHANGED, e.getMessage());
        }
    }

    @ParameterizedTest
    @EnumSource(Change.class)
    void runsEndInOneError(Change change) throws IOException {
        Path model = model();
        Path weights = model.resolve("model.safetensors");
        try (Session session = Session.load(model, SessionOptions.DEFAULT.withHiddenStates(false))) {
            logits(session);
            change.to(weights);
            assertNoticed(weights, () -> logits(session));
        }
    }

    @ParameterizedTest
    @EnumSource(Change.class)
    void programsThatAreCompiledLaterToo(Change change) throws IOException {
        Path model = model();
        Path weights = model.resolve("model.safetensors");
        try (Session session = Session.load(model, SessionOptions.DEFAULT.withHiddenStates(false))) {
            change.to(weights);
            assertNoticed(weights, () -> session.run(inputs(true)));
            assertNoticed(weights, session::notFiniteWeight);
        }
    }

    /** What has been packed may be wrong, even if the file is put right again. */
    @Test
    void aChangeIsNeverForgotten() throws IOException {
        Path model = model();
        Path weights = model.resolve("model.safetensors");
        byte[] content = Files.readAllBytes(weights);
        FileTime modified = Files.getLastModifiedTime(weights);
        try (Session session = Session.load(model, SessionOptions.DEFAULT.withHiddenStates(false))) {
            Change.REWRITTEN.to(weights);
            assertNoticed(weights, () -> logits(session));
            Files.write(weights, content);
            Files.setLastModifiedTime(weights, modified);
            assertNoticed(weights, () -> logits(session));
        }
        try (Session again = Session.load(model, SessionOptions.DEFAULT.withHiddenStates(false))) {
            logits(again);
        }
    }

    @ParameterizedTest
    @EnumSource(Change.class)
    void artifactsToo(Change change) throws IOException {
        Path artifact = folder.resolve("model.dtl");
        ModelArtifact.write(model(), artifact, ModelArtifact.Options.DEFAULT);
        try (Session session = Session.load(artifact, SessionOptions.DEFAULT.withHiddenStates(false))) {
            logits(session);
            change.to(artifact);
            assertNoticed(artifact, () -> logits(session));
        }
    }

    /** As downloads and the project's own writers replace files. */
    @Test
    void aFileThatIsReplacedByRenameStaysWhatItWas() throws IOException {
        Path model = model();
        Path weights = model.resolve("model.safetensors");
        try (Session session = Session.load(model, SessionOptions.DEFAULT.withHiddenStates(false))) {
            float[] before = logits(session);
            Path other = Files.write(folder.resolve("other"), new byte[100]);
            Files.move(other, weights, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            assertArrayEquals(before, logits(session), 1e-6f);
            Files.delete(weights);
            assertArrayEquals(before, logits(session), 1e-6f);
        }
    }

    /** A row whose first place is masked needs an artifact's second program, which is compiled when it is asked for. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theSecondProgramIsThatOfTheFileThatWasLoaded(boolean replaced) throws IOException {
        Path model = model();
        Path kept = folder.resolve("kept.dtl");
        ModelArtifact.write(model, kept, ModelArtifact.Options.DEFAULT);
        Path artifact = Files.copy(kept, folder.resolve("model.dtl"));
        Path config = model.resolve("config.json");
        Files.writeString(
                config, Files.readString(config).replace("\"layer_norm_eps\":1e-7", "\"layer_norm_eps\":0.01"));
        Path other = folder.resolve("other.dtl");
        ModelArtifact.write(model, other, ModelArtifact.Options.DEFAULT);
        Map<String, Tensor> leftPadded = new HashMap<>(inputs(false));
        long[] mask = new long[LENGTH];
        Arrays.fill(mask, 2, LENGTH, 1);
        leftPadded.put("attention_mask", Tensor.of(mask, 1, LENGTH));
        SessionOptions options = SessionOptions.DEFAULT.withHiddenStates(false);
        try (Session session = Session.load(artifact, options);
                Session expected = Session.load(kept, options);
                Session otherwise = Session.load(other, options)) {
            logits(session);
            if (replaced) {
                Files.move(other, artifact, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            } else {
                Files.delete(artifact);
            }
            float[] logits = expected.run(leftPadded).get("logits").toFloats();
            assertArrayEquals(logits, session.run(leftPadded).get("logits").toFloats());
            assertFalse(Arrays.equals(
                    logits, otherwise.run(leftPadded).get("logits").toFloats()));
        }
    }

    @ParameterizedTest
    @EnumSource(Change.class)
    void vectorsToo(Change change) throws IOException {
        Path model = model();
        Path weights = model.resolve("model.safetensors");
        try (FeatureExtractor extractor = FeatureExtractor.load(model)) {
            extractor.encode("Where is my card?");
            change.to(weights);
            assertNoticed(weights, () -> extractor.encode("Where is my card?"));
        }
    }

    @ParameterizedTest
    @EnumSource(Change.class)
    void entitiesToo(Change change) throws IOException {
        Path model = TinyGliner.write(folder.resolve("gliner"));
        Path weights = model.resolve("model.safetensors");
        try (EntityExtractor extractor = EntityExtractor.load(model)) {
            extractor.extract("Ada lives in London", List.of("person"), ExtractionOptions.DEFAULT);
            change.to(weights);
            assertNoticed(
                    weights,
                    () -> extractor.extract("Ada lives in London", List.of("person"), ExtractionOptions.DEFAULT));
        }
    }

    @ParameterizedTest
    @EnumSource(Change.class)
    void aServerSaysSoAndLives(Change change) throws Exception {
        Path model = model();
        try (CaseServer server = CaseServer.of(model, ServerOptions.DEFAULT)) {
            server.post("/predict", Map.of("inputs", "Where is my card?"));
            change.to(model.resolve("model.safetensors"));
            for (int i = 0; i < 3; i++) {
                HttpResponse<String> answer = server.ask("/predict", Map.of("inputs", "Where is my card?"));
                assertEquals(500, answer.statusCode(), answer.body());
                assertTrue(answer.body().contains(CHANGED), answer.body());
            }
            server.get("/health");
        }
    }
}
