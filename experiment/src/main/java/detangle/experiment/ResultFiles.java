package detangle.experiment;

import detangle.ir.DeviceException;
import detangle.models.deberta.ModelFolderWriter;
import detangle.models.deberta.OutputNames;
import detangle.models.files.WholeFiles;
import detangle.models.files.WholeFolder;
import detangle.train.TrainingCallback;
import detangle.train.data.Target;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Writes the files of results that the original writes, under the same names and in the same form. */
final class ResultFiles {
    /** Thrown if a file of results cannot be written. */
    static final class ResultException extends DeviceException {
        private static final long serialVersionUID = 1L;

        ResultException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    private ResultFiles() {}

    /**
     * Writes {@code eval_results_SET_PREFIX.txt}, a measure in each line by their names' order, and the files of
     * predictions of the set.
     *
     * @param measures the measures by name
     */
    static void write(
            EvaluationSet set, Predictions predictions, Map<String, Double> measures, Path folder, String prefix) {
        try (WholeFiles files = new WholeFiles()) {
            PredictionFiles.Where where = new PredictionFiles.Where(files, folder, set.name(), prefix);
            set.files().write(predictions, where);
            Map<String, String> lines = new TreeMap<>();
            measures.forEach((name, value) -> lines.put(name, PythonText.number(value)));
            lines.put("eval_samples", Integer.toString(predictions.size()));
            // The results last: where they are, the predictions are too.
            Files.write(
                    where.text("eval_results"),
                    lines.entrySet().stream()
                            .map(line -> line.getKey() + " = " + line.getValue())
                            .toList());
            files.publish();
        } catch (IOException e) {
            throw fault(folder, e);
        }
    }

    /** Writes {@code test_logits_SET_PREFIX.txt}, the logits of an example in each line, and the set's own files. */
    static void writeTest(EvaluationSet set, Predictions predictions, Path folder, String prefix) {
        try (WholeFiles files = new WholeFiles()) {
            PredictionFiles.Where where = new PredictionFiles.Where(files, folder, set.name(), prefix);
            writeLogits(where.text("test_logits"), predictions);
            set.files().write(predictions, where);
            files.publish();
        } catch (IOException e) {
            throw fault(folder, e);
        }
    }

    /**
     * Writes {@code predict_results_SET_PREFIX.txt} and {@code predict_labels_SET_PREFIX.txt}: logits and right
     * answers.
     */
    static void writePredictions(Predictions predictions, PredictionFiles.Where where) throws IOException {
        writeLogits(where.text("predict_results"), predictions);
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < predictions.size(); i++) {
            switch (predictions.examples().get(i).target()) {
                case Target.OneClass(int index) -> lines.add(PythonText.exact(index));
                case Target.Numbers(float[] values) -> lines.add(PythonText.exactRow(values));
                default -> {} // Answers of other kinds are not numbers of one row.
            }
        }
        if (!lines.isEmpty()) {
            Files.write(where.text("predict_labels"), lines);
        }
    }

    private static void writeLogits(Path file, Predictions predictions) throws IOException {
        List<String> outputs = predictions.outputs().contains(OutputNames.LOGITS)
                ? List.of(OutputNames.LOGITS)
                : predictions.outputs();
        try (BufferedWriter writer = Files.newBufferedWriter(file)) {
            for (int i = 0; i < predictions.size(); i++) {
                List<String> columns = new ArrayList<>();
                for (String output : outputs) {
                    columns.add(PythonText.exactRow(predictions.values(output, i)));
                }
                writer.write(String.join("\t", columns) + "\n");
            }
        }
    }

    /** Returns who writes {@code model_config.json}, the configuration of the model, when its training begins. */
    static TrainingCallback configuration(ModelFolderWriter files, Path folder) {
        return new TrainingCallback() {
            @Override
            public void onBegin(Begin begin) {
                writeConfiguration(files, folder);
            }
        };
    }

    private static void writeConfiguration(ModelFolderWriter files, Path folder) {
        try {
            Path part = Files.createTempDirectory(folder, ".config");
            try {
                files.writeConfiguration(part);
                Path written = part.resolve("config.json");
                WholeFiles.write(folder.resolve("model_config.json"), Files.readAllBytes(written));
            } finally {
                WholeFolder.delete(part);
            }
        } catch (IOException e) {
            throw fault(folder, e);
        }
    }

    static ResultException fault(Path folder, IOException e) {
        return new ResultException("results cannot be written to " + folder + ": " + WholeFiles.reason(e), e);
    }
}
