package detangle.bench;

import detangle.backend.ComputePrecision;
import detangle.models.deberta.Architecture;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The peer that is run by scripts of {@code bench/peers}, in a Python that has torch and transformers. It reads the
 * model's own folder, and needs no export.
 */
final class PyTorch {
    /** The word by which users name it: {@code pytorch=PYTHON}. */
    static final String NAME = "pytorch";

    private static final Path PYTHON = Path.of("python3");

    private PyTorch() {}

    /** Returns the Python to run, which is the one of the path where none is given. */
    static Path python(Optional<Path> given) {
        return given.orElse(PYTHON);
    }

    /** Returns bf16 where Detangle is measured in it, else fp32. */
    static ComputePrecision precision(BenchOptions options) {
        return options.precisions().contains(ComputePrecision.BF16) ? ComputePrecision.BF16 : ComputePrecision.FP32;
    }

    /**
     * Returns forward passes of a model's encoder in the {@link #precision}.
     *
     * @throws BenchException if the model has a head, which the script does not run
     */
    static Contender forward(BenchModel model, BenchOptions options, Optional<Path> python) {
        if (model.head() != Architecture.ENCODER) {
            throw new BenchException("the peer " + NAME + " runs encoders alone, and not "
                    + model.head().text() + ": choose --head " + Architecture.ENCODER.text());
        }
        ComputePrecision precision = precision(options);
        return new Contender(
                NAME + " " + precision,
                model.name(),
                true,
                threads -> Worker.pytorchForward(model, python(python), threads, precision));
    }
}
