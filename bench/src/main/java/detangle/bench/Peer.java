package detangle.bench;

import detangle.export.ModelExport;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/** A runtime to compare with; each constant is the word by which users name it, and a folder of {@code peers}. */
enum Peer {
    onnxruntime(ModelExport.Format.onnx),
    djl(ModelExport.Format.torchscript);

    private final ModelExport.Format format;

    Peer(ModelExport.Format format) {
        this.format = format;
    }

    /**
     * Returns the peer of a name.
     *
     * @throws BenchException if no peer has it
     */
    static Peer named(String name) {
        return Arrays.stream(values())
                .filter(p -> p.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new BenchException("there is no peer '" + name + "'; there are "
                        + Arrays.stream(values()).map(Peer::name).collect(Collectors.joining(", "))));
    }

    /** Returns the file in a folder that holds the model as this runtime loads it. */
    Path file(BenchModel model, Path folder) {
        return folder.resolve(model.name() + "." + format);
    }

    /** Writes the model as this runtime loads it. */
    void export(BenchModel model, Path file) {
        ModelExport.write(model.folder(), file, ModelExport.Options.of(format).withHead(model.head()));
    }

    /** Returns a process that has loaded the file. */
    Worker start(BenchModel model, Path file, int threads) {
        return Worker.peer(name(), model.inputs(), file, threads);
    }
}
