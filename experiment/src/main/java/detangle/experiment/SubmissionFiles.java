package detangle.experiment;

import detangle.train.metrics.Logits;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.function.IntFunction;

/** Writes the files of predictions that tasks of texts and pairs have in common. */
public final class SubmissionFiles {
    private SubmissionFiles() {}

    /** Writes {@code submit-SET-PREFIX.tsv} with the number of each example and the greatest class's label. */
    public static PredictionFiles labels(List<String> labels) {
        return (predictions, where) ->
                table(where, i -> labels.get(Logits.argmax(predictions.logits(i))), predictions.size());
    }

    /** Writes {@code submit-SET-PREFIX.tsv} with the number of each example and the number that is predicted. */
    public static PredictionFiles numbers() {
        return (predictions, where) ->
                table(where, i -> PythonText.number(predictions.logits(i)[0]), predictions.size());
    }

    /**
     * Writes {@code pred-probs-SET-PREFIX.tsv} with the texts of each example and the probabilities of the classes.
     *
     * @param header the first line
     * @param texts the texts of each example, with tabs between them
     */
    public static PredictionFiles probabilities(String header, List<String> texts) {
        return (predictions, where) -> {
            try (BufferedWriter writer = Files.newBufferedWriter(where.file("pred-probs", "tsv"))) {
                writer.write(header + "\n");
                for (int i = 0; i < predictions.size(); i++) {
                    writer.write(texts.get(i) + "\t" + PythonText.row(Logits.softmax(predictions.logits(i))) + "\n");
                }
            }
        };
    }

    /** Writes the table that GLUE takes. */
    private static void table(PredictionFiles.Where where, IntFunction<String> prediction, int size)
            throws IOException {
        try (BufferedWriter writer = Files.newBufferedWriter(where.file("submit", "tsv"))) {
            writer.write("index\tpredictions\n");
            for (int i = 0; i < size; i++) {
                writer.write(i + "\t" + prediction.apply(i) + "\n");
            }
        }
    }
}
