package detangle.experiment;

import detangle.models.files.WholeFiles;
import java.io.IOException;
import java.nio.file.Path;

/** Writes files of predictions, such as those that a benchmark takes. */
@FunctionalInterface
public interface PredictionFiles {
    /**
     * Writes {@code predict_results_SET_PREFIX.txt} with the logits of each example, and
     * {@code predict_labels_SET_PREFIX.txt} with its right answer, for sets that have no file of their own.
     */
    PredictionFiles RESULTS = ResultFiles::writePredictions;

    /**
     * Writes the files.
     *
     * @param where the folder and the parts of the names of the files
     */
    void write(Predictions predictions, Where where) throws IOException;

    /**
     * The folder and the parts of the names of files of predictions. They get their names together, once all of them
     * are written: a disk that is full or a process that is killed leaves those that were there before.
     *
     * @param files the files that are being written
     * @param folder the output folder
     * @param set the name of the set
     * @param prefix the tag of the command, or the number of the update of an evaluation during training
     */
    record Where(WholeFiles files, Path folder, String set, String prefix) {
        /**
         * Returns where to write what is to become a file of the folder: {@code submit-dev-final.tsv} for {@code
         * submit} and {@code tsv}.
         */
        public Path file(String beginning, String ending) throws IOException {
            return files.part(folder.resolve(beginning + "-" + set + "-" + prefix + "." + ending));
        }

        /**
         * Returns where to write what is to become a file of the original's main program: {@code
         * eval_results_dev_final.txt} for {@code eval_results}.
         */
        Path text(String beginning) throws IOException {
            return files.part(folder.resolve(beginning + "_" + set + "_" + prefix + ".txt"));
        }
    }

    /** Returns these files, and others beside them. */
    default PredictionFiles and(PredictionFiles more) {
        return (predictions, where) -> {
            write(predictions, where);
            more.write(predictions, where);
        };
    }
}
