package detangle.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.BackendException;
import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.Peaks;
import detangle.backend.Plan;
import detangle.backend.Variables;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.models.deberta.RandomWeights;
import detangle.models.weights.SafetensorsWriter;
import detangle.models.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionTest {
    private static final String STATES = "hidden_states.1";

    @TempDir
    private Path folder;

    /** A device that does something of a test's own before it loads the second program. */
    private record BeforeSecond(Device interpreter, Runnable action, AtomicInteger loads) implements Device {
        @Override
        public String name() {
            return "before-second";
        }

        @Override
        public String description() {
            return "a device of a test";
        }

        @Override
        public Variables variables(Map<String, Tensor> values) {
            return interpreter.variables(values);
        }

        @Override
        public Device host() {
            return interpreter;
        }

        @Override
        public Executable load(Plan plan, Variables variables) {
            if (loads.incrementAndGet() == 2) {
                action.run();
            }
            return interpreter.load(plan, variables);
        }

        @Override
        public Optional<Peaks> measurePeaks() {
            return Optional.empty();
        }
    }

    private Session session(Runnable beforeSecond) throws IOException {
        Files.writeString(folder.resolve("config.json"), """
                {"model_type":"deberta-v2","architectures":["DebertaV2Model"],"vocab_size":20,"hidden_size":8,
                "num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":8,"type_vocab_size":0,
                "max_position_embeddings":16,"relative_attention":true,"pos_att_type":"p2c|c2p",
                "position_biased_input":false}
                """);
        DebertaConfig config = DebertaConfig.read(folder);
        Program program = DebertaModel.build(config, Architecture.ENCODER, ModelOptions.DEFAULT);
        SafetensorsWriter.write(
                folder.resolve("model.safetensors"), new TreeMap<>(RandomWeights.of(program)), Map.of());
        SessionModel model = new SessionModel(
                config,
                Optional.of(Architecture.ENCODER),
                Map.of(),
                mask -> DebertaModel.build(config, Architecture.ENCODER, ModelOptions.DEFAULT.with(mask)),
                false,
                SessionModel.StoredPrograms.NONE);
        Device interpreter = Backends.device(Optional.of("reference"), Set.of());
        return Session.loaded(
                model,
                new BeforeSecond(interpreter, beforeSecond, new AtomicInteger()),
                Weights.open(folder),
                SessionOptions.DEFAULT);
    }

    /** @param pairs whether the mask says what each position sees, for which there is a program of its own */
    private static float[] states(Session session, boolean pairs) {
        Tensor mask = pairs
                ? Tensor.of(new long[] {1, 1, 1, 1, 1, 1, 1, 1, 1}, 1, 3, 3)
                : Tensor.of(new long[] {1, 1, 1}, 1, 3);
        Map<String, Tensor> inputs = Map.of("input_ids", Tensor.of(new long[] {3, 4, 5}, 1, 3), "attention_mask", mask);
        return session.run(inputs).get(STATES).toFloats();
    }

    @Test
    void runsDoNotWaitForAProgramThatTheyDoNotNeed() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        try (Session session = session(() -> {
            loading.countDown();
            await(released);
        })) {
            float[] before = states(session, false);
            CompletableFuture<float[]> other = CompletableFuture.supplyAsync(() -> states(session, true));
            try {
                assertTrue(loading.await(20, TimeUnit.SECONDS));
                float[] meanwhile = assertTimeoutPreemptively(Duration.ofSeconds(20), () -> states(session, false));
                assertArrayEquals(before, meanwhile);
            } finally {
                released.countDown();
            }
            assertEquals(before.length, other.get().length);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aProgramThatMemoryDoesNotSufficeForIsRefused() throws IOException {
        try (Session session = session(() -> {
            throw new OutOfMemoryError("Java heap space");
        })) {
            BackendException e = assertThrows(BackendException.class, () -> states(session, true));
            assertInstanceOf(OutOfMemoryError.class, e.getCause());
            String fault = folder.resolve("model.safetensors")
                    + ": there is not enough memory to load the model (Java heap space): give the JVM";
            assertTrue(e.getMessage().startsWith(fault), e.getMessage());
            // The session goes on, with that program too once there is room.
            assertEquals(24, states(session, false).length);
            assertEquals(24, states(session, true).length);
        }
    }
}
