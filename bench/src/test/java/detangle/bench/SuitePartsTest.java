package detangle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.ComputePrecision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A suite that goes on has the parts that it had, and none that were measured otherwise. */
class SuitePartsTest {
    private static final String CONFIG = "deberta-v3-xsmall";
    private static final Host HOST =
            new Host("cpu", 2, "1 GiB", "os", "25", "0", "now", new TreeMap<>(Map.of("vector", "Detangle 0")));

    @TempDir
    private Path folder;

    private final AtomicInteger measured = new AtomicInteger();

    /** What stands for the model that a part would make. */
    private Path weights;

    @BeforeEach
    void model() throws IOException {
        Path model = Files.createDirectories(folder.resolve("models/" + CONFIG + ", encoder/" + CONFIG));
        weights = Files.createFile(model.resolve("model.safetensors"));
    }

    private SuiteParts parts(int iterations) {
        BenchOptions options = new BenchOptions(
                List.of(),
                Optional.empty(),
                Optional.empty(),
                TrainingStep.of(List.of()),
                List.of("vector"),
                List.of(ComputePrecision.FP32),
                List.of(),
                List.of(2),
                Map.of("onnxruntime", Optional.of(Path.of("huggingface"))),
                1,
                iterations,
                Duration.ZERO,
                0,
                1,
                true);
        return SuiteParts.open(options, folder, message -> {});
    }

    private <R extends Report> R part(SuiteParts parts, String name, Class<R> type, R report) {
        return parts.part(CONFIG, "encoder", name, type, (options, scratch) -> {
            assertEquals(weights.getParent(), options.models().getFirst());
            measured.incrementAndGet();
            return report;
        });
    }

    private static TrafficReport traffic() {
        TrafficReport.Served served = new TrafficReport.Served(
                0.5, 1, 2, 3, 2000, Optional.of(400.0), List.of(new TrafficReport.AtLength(8, 4)));
        return new TrafficReport(
                HOST,
                List.of(new TrafficReport.Line(
                        CONFIG,
                        "encoder",
                        "vector",
                        "8 to 256",
                        6,
                        42,
                        1,
                        2,
                        1,
                        true,
                        served,
                        Map.of("onnxruntime", new TrafficReport.Peer("own export", 0.7, served)))));
    }

    private static SpeedReport shapes() {
        return new SpeedReport(
                HOST,
                List.of(new ReportLine(
                        CONFIG,
                        "encoder",
                        "vector",
                        Optional.of("fp32"),
                        1,
                        16,
                        Optional.empty(),
                        2,
                        0,
                        6,
                        3,
                        4,
                        5,
                        6,
                        7,
                        Optional.of(0.5),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        true,
                        Optional.empty(),
                        Optional.empty(),
                        Map.of(
                                "onnxruntime",
                                new ReportLine.Peer(
                                        "own export",
                                        4,
                                        0.75,
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.empty())))));
    }

    private static ColdReport cold() {
        return new ColdReport(
                HOST, List.of(new ColdReport.Start(CONFIG, "vector", false, "ids", 16, 2, 0, 10, 1900, 1800)));
    }

    @Test
    void partsAreMeasuredOnce() {
        for (int run = 0; run < 2; run++) {
            SuiteParts parts = parts(6);
            assertEquals(traffic(), part(parts, "traffic", TrafficReport.class, traffic()));
            assertEquals(shapes(), part(parts, "shapes", SpeedReport.class, shapes()));
            assertEquals(cold(), part(parts, "cold", ColdReport.class, cold()));
            assertEquals(Map.of("vector", "Detangle 0"), parts.versions());
        }
        assertEquals(3, measured.get());
    }

    @Test
    void modelsGoWithTheirLastPart() {
        SuiteParts parts = parts(6);
        part(parts, "cold", ColdReport.class, cold());
        assertTrue(Files.exists(weights));
        parts.done(CONFIG, "encoder");
        assertFalse(Files.exists(weights));
        assertEquals(cold(), part(parts, "cold", ColdReport.class, cold()));
        assertEquals(1, measured.get());
    }

    @Test
    void partsOfOtherOptionsAreRefused() {
        parts(6);
        assertEquals(
                folder + " has results of another machine, version or options, as " + folder.resolve("measured.txt")
                        + " tells: name another folder",
                assertThrows(BenchException.class, () -> parts(7)).getMessage());
    }

    @Test
    void aBrokenPartIsNamed() throws IOException {
        Path part = folder.resolve(CONFIG + ", encoder, cold.json");
        Files.writeString(part, "{\"host\":");
        SuiteParts parts = parts(6);
        assertEquals(
                part + " cannot be read; delete it, and this part is measured again",
                assertThrows(BenchException.class, () -> part(parts, "cold", ColdReport.class, cold()))
                        .getMessage());
    }
}
