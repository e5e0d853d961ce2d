package detangle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.backend.ComputePrecision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A peer runs Detangle's export and, where another one is given for the model, that too, under names of their own. */
class ContenderTest {
    @TempDir
    private Path folder;

    private final List<String> progress = new ArrayList<>();

    private List<String> names(Path given) throws IOException {
        Path config = PublishedConfig.write("deberta-base", folder);
        // Exports that are there are not made again.
        Path scratch = Files.createDirectories(folder.resolve("scratch"));
        Files.createFile(scratch.resolve("deberta-base.onnx"));
        return names("onnxruntime", given, "encoder", List.of(ComputePrecision.FP32), config, scratch);
    }

    private List<String> pytorch(String head, ComputePrecision... precisions) throws IOException {
        Path config = PublishedConfig.write("deberta-base", folder);
        return names("pytorch", Path.of("python3"), head, List.of(precisions), config, folder);
    }

    private static BenchOptions options(String peer, Path given, List<ComputePrecision> precisions, Path config) {
        return new BenchOptions(
                List.of(config),
                Optional.empty(),
                Optional.empty(),
                TrainingStep.of(List.of()),
                List.of("vector"),
                precisions,
                List.of(),
                List.of(1),
                Map.of(peer, Optional.of(given)),
                1,
                1,
                Duration.ZERO,
                0,
                1,
                true);
    }

    private List<String> names(
            String peer, Path given, String head, List<ComputePrecision> precisions, Path config, Path scratch) {
        BenchOptions options = options(peer, given, precisions, config);
        BenchModel model = BenchModel.of(config, Optional.of(head), Optional.empty());
        return Contender.of(model, options, scratch, progress::add).stream()
                .map(c -> c.name() + ": " + c.model())
                .toList();
    }

    @Test
    void trainingIsComparedInEachOfItsPrecisions() throws IOException {
        Path config = PublishedConfig.write("deberta-base", folder);
        Path python = Path.of("python3");
        List<ComputePrecision> both = List.of(ComputePrecision.FP32, ComputePrecision.BF16);
        BenchOptions common = options("pytorch", python, both, config);
        assertEquals(both, PyTorch.precisions(common));
        TrainingBenchmark.checkPrecisions(common);
        BenchOptions other = options("pytorch", python, List.of(ComputePrecision.FP32, ComputePrecision.TF32), config);
        assertEquals(
                "the peer pytorch trains in fp32 and bf16 alone: choose --precision among them, or leave --peer out",
                assertThrows(BenchException.class, () -> TrainingBenchmark.checkPrecisions(other))
                        .getMessage());
    }

    @Test
    void aFolderHasAFileForEachModel() throws IOException {
        Path given = Files.createDirectories(folder.resolve("huggingface"));
        Files.createFile(given.resolve("deberta-base.onnx"));
        assertEquals(
                List.of(
                        "vector: deberta-base",
                        "onnxruntime: own export",
                        "onnxruntime huggingface: deberta-base.onnx"),
                names(given));
        assertEquals(List.of(), progress);
    }

    @Test
    void aFolderWithoutTheModelIsSaid() throws IOException {
        Path given = Files.createDirectories(folder.resolve("huggingface"));
        assertEquals(List.of("vector: deberta-base", "onnxruntime: own export"), names(given));
        assertEquals(List.of(given + " has no deberta-base.onnx: onnxruntime runs Detangle's export alone"), progress);
    }

    @Test
    void aFileThatIsNotThereIsRefused() {
        Path given = folder.resolve("model.onnx");
        assertEquals(
                "there is no file " + given + " for onnxruntime",
                assertThrows(BenchException.class, () -> names(given)).getMessage());
    }

    @Test
    void pytorchComputesInThePrecisionsOfDetangle() throws IOException {
        assertEquals(
                List.of("vector: deberta-base", "pytorch fp32: deberta-base"),
                pytorch("encoder", ComputePrecision.FP32));
        assertEquals(
                List.of(
                        "vector: deberta-base",
                        "vector: deberta-base",
                        "pytorch fp32: deberta-base",
                        "pytorch bf16: deberta-base"),
                pytorch("encoder", ComputePrecision.FP32, ComputePrecision.BF16));
        assertEquals(
                "the peer pytorch runs encoders alone, and not masked-lm: choose --head encoder",
                assertThrows(BenchException.class, () -> pytorch("masked-lm", ComputePrecision.FP32))
                        .getMessage());
    }
}
