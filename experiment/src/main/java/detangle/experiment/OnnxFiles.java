package detangle.experiment;

import detangle.export.ModelExport;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.ModelFolderWriter;
import detangle.models.files.WholeFolder;
import detangle.train.TrainingCallback;
import detangle.train.TrainingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Writes {@code PREFIX_onnx_fp32.bin}, a model in ONNX's format, with each evaluation ({@code --export_onnx_model}).
 */
final class OnnxFiles implements TrainingCallback {
    private final ModelExport.Options options;
    private final Path folder;
    private final Supplier<String> prefix;
    private final Consumer<String> log;

    private OnnxFiles(ModelExport.Options options, Path folder, Supplier<String> prefix, Consumer<String> log) {
        this.options = options;
        this.folder = folder;
        this.prefix = prefix;
        this.log = log;
    }

    /**
     * Makes the writer of a task.
     *
     * @param prefix gives the prefix of the results of the present update
     * @throws TrainingException if the head is of the task's own
     */
    static OnnxFiles of(FineTuningTask task, Path folder, Supplier<String> prefix, Consumer<String> log) {
        Architecture head = switch (task.head()) {
            case TaskHead.Published(var published, boolean soft) -> published.head();
            case TaskHead.Own own ->
                throw new TrainingException("export_onnx_model is for published heads, and the task " + task.name()
                        + " has one of its own: leave it out");
        };
        ModelExport.Options options =
                ModelExport.Options.of(ModelExport.Format.onnx).withHead(head);
        return new OnnxFiles(options, folder, prefix, log);
    }

    @Override
    public void onSave(Path checkpoint) {
        write(checkpoint);
    }

    private void write(Path model) {
        Path file = folder.resolve(prefix.get() + "_onnx_fp32.bin");
        ModelExport.write(model, file, options).forEach(written -> log.accept("wrote " + written));
    }

    /** Writes a model that has not been saved in a folder. */
    void write(ModelFolderWriter files, Map<String, Tensor> parameters) {
        try {
            Path part = Files.createTempDirectory(folder, ".onnx");
            try {
                files.writeInto(part, parameters);
                write(part);
            } finally {
                WholeFolder.delete(part);
            }
        } catch (IOException e) {
            throw ResultFiles.fault(folder, e);
        }
    }
}
