package detangle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.backend.ComputePrecision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkerTest {
    @TempDir
    Path folder;

    private String fault(String body) throws IOException {
        Path program = folder.resolve("Program.java");
        Files.writeString(program, "void main() throws Exception { " + body + " }");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        BenchException e =
                assertThrows(BenchException.class, () -> new Worker("peer", List.of(java, program.toString())));
        return e.getMessage();
    }

    @Test
    void aProcessThatEndsSaysWhy() throws IOException {
        assertEquals(
                "peer ended unexpectedly: Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space",
                fault("throw new OutOfMemoryError(\"Java heap space\");"));
    }

    @Test
    void aProcessThatSaysNothingMayHaveRunOutOfMemory() throws IOException {
        assertEquals("peer ended unexpectedly; it may have run out of memory", fault("System.exit(1);"));
    }

    /** What a process prints must not fill a pipe that nobody reads. */
    @Test
    void aProcessThatSaysMuchIsNotHeldUp() throws IOException {
        assertEquals(
                "peer: it is broken",
                fault("for (int i = 0; i < 20_000; i++) { System.err.println(\"a warning\"); }"
                        + " System.out.println(\"error it is broken\");"));
    }

    /** The Python here answers with the arguments that the script is given. */
    @Test
    void pyTorchTrainsOnTheKindOfDeviceThatDetangleTrainsOn() throws IOException {
        Path python = Files.createFile(
                folder.resolve("python"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.writeString(python, "#!/bin/sh\necho ready $*\ncat >/dev/null\n");
        BenchModel model =
                BenchModel.of(PublishedConfig.write("deberta-base", folder), Optional.empty(), Optional.empty());
        TrainingStep step = TrainingStep.of(List.of("gradient_checkpointing"));
        for (boolean cuda : new boolean[] {false, true}) {
            PyTorch.Training training = new PyTorch.Training(ComputePrecision.FP32, cuda);
            assertEquals(cuda ? "pytorch fp32 on cuda" : "pytorch fp32", training.name());
            try (Worker worker = Worker.pytorchTraining(model, python, training, 2, step)) {
                String words = cuda ? "2 fp32 cuda gradient_checkpointing" : "2 fp32 cpu gradient_checkpointing";
                assertEquals(model.folder() + " " + words, worker.version().replaceFirst("[^ ]* ", ""));
            }
        }
        assertEquals(
                new PyTorch.Training(ComputePrecision.BF16, false),
                PyTorch.Training.beside("vector", ComputePrecision.BF16));
    }
}
