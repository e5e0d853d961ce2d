package detangle.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.ir.Tensor;
import detangle.models.deberta.OutputNames;
import detangle.train.data.Example;
import detangle.train.data.Target;
import detangle.train.data.TokenIds;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of results appear together or not at all. */
final class ResultFilesTest {
    private static final Map<String, Double> MEASURES = Map.of("accuracy", 1.0);

    /** As a full disk does, in the middle of the second file. */
    private static final PredictionFiles FULL_DISK = PredictionFiles.RESULTS.and((predictions, where) -> {
        Path file = where.file("submit", "tsv");
        Files.writeString(file, "index\tpre");
        throw new FileSystemException(file.toString(), null, "No space left on device");
    });

    private final List<Example> examples =
            List.of(Example.of(new TokenIds(new int[] {1, 2}, 2), new Target.OneClass(1)));

    @TempDir
    private Path folder;

    private Predictions predictions(float... logits) {
        Predictions predictions = new Predictions(examples);
        predictions.add(Map.of(OutputNames.LOGITS, Tensor.of(logits, 1, logits.length)));
        return predictions;
    }

    private EvaluationSet set(PredictionFiles files) {
        return new EvaluationSet("dev", examples, Measures.ACCURACY, files);
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aFullDiskLeavesTheResultsThatAreThere() throws IOException {
        ResultFiles.write(set(PredictionFiles.RESULTS), predictions(0, 1), MEASURES, folder, "final");
        ResultFiles.writeTest(set(PredictionFiles.RESULTS), predictions(0, 1), folder, "final");
        List<String> before = names();
        assertEquals(
                List.of(
                        "eval_results_dev_final.txt",
                        "predict_labels_dev_final.txt",
                        "predict_results_dev_final.txt",
                        "test_logits_dev_final.txt"),
                before);
        String logits = Files.readString(folder.resolve("predict_results_dev_final.txt"));
        String results = Files.readString(folder.resolve("eval_results_dev_final.txt"));
        assertEquals("accuracy = 1.0\neval_samples = 1\n", results);
        EvaluationSet full = set(FULL_DISK);
        Predictions others = predictions(1, 0);
        for (Runnable write : List.<Runnable>of(
                () -> ResultFiles.write(full, others, Map.of("accuracy", 0.0), folder, "final"),
                () -> ResultFiles.writeTest(full, others, folder, "final"))) {
            assertEquals(
                    "results cannot be written to " + folder + ": No space left on device",
                    assertThrows(ResultFiles.ResultException.class, write::run).getMessage());
        }
        assertEquals(before, names());
        assertEquals(logits, Files.readString(folder.resolve("predict_results_dev_final.txt")));
        assertEquals(logits, Files.readString(folder.resolve("test_logits_dev_final.txt")));
        assertEquals(results, Files.readString(folder.resolve("eval_results_dev_final.txt")));
    }
}
