package detangle.bench;

import detangle.backend.ComputePrecision;
import detangle.models.deberta.Architecture;
import detangle.runtime.Backends;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

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

    /** Returns the name of PyTorch in a precision, as reports have it. */
    static String name(ComputePrecision precision) {
        return NAME + " " + precision;
    }

    /**
     * Where and in what PyTorch trains.
     *
     * @param cuda whether it trains on a GPU of CUDA
     */
    record Training(ComputePrecision precision, boolean cuda) {
        /** Returns PyTorch as it is compared with a backend: on a GPU where the backend's device is one. */
        static Training beside(String backend, ComputePrecision precision) {
            return new Training(
                    precision, Backends.device(Optional.of(backend), Set.of()).isGpu());
        }

        /** Returns the name as reports have it. */
        String name() {
            return PyTorch.name(precision) + (cuda ? " on cuda" : "");
        }

        /** Returns the words that tell the script of it. */
        List<String> words() {
            return List.of(precision.toString(), cuda ? "cuda" : "cpu");
        }
    }

    /** Returns the precisions in which Detangle is measured and PyTorch is run. */
    static List<ComputePrecision> precisions(BenchOptions options) {
        return options.precisions().stream()
                .distinct()
                .filter(p -> p == ComputePrecision.FP32 || p == ComputePrecision.BF16)
                .toList();
    }

    /**
     * Returns forward passes of a model's encoder in each of the {@link #precisions}; in fp32 if there is none.
     *
     * @throws BenchException if the model has a head, which the script does not run
     */
    static List<Contender> forward(BenchModel model, BenchOptions options, Optional<Path> python) {
        if (model.head() != Architecture.ENCODER) {
            throw new BenchException("the peer " + NAME + " runs encoders alone, and not "
                    + model.head().text() + ": choose --head " + Architecture.ENCODER.text());
        }
        List<ComputePrecision> common = precisions(options);
        return (common.isEmpty() ? List.of(ComputePrecision.FP32) : common)
                .stream()
                        .map(precision -> new Contender(
                                name(precision),
                                model.name(),
                                true,
                                threads -> Worker.pytorchForward(model, python(python), threads, precision)))
                        .toList();
    }
}
