package detangle.pipelines;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.weights.Weights;
import detangle.runtime.CompiledProgram;
import detangle.runtime.SessionOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The programs of a model beside its encoder. They are closed together, also where one of them cannot be loaded. */
final class SecondPrograms implements AutoCloseable {
    private final Weights weights;
    private final Map<String, Tensor> parameters;
    private final SessionOptions options;
    private final List<CompiledProgram> loaded = new ArrayList<>();

    /** @param parameters of all programs */
    SecondPrograms(Weights weights, Map<String, Tensor> parameters, SessionOptions options) {
        this.weights = weights;
        this.parameters = parameters;
        this.options = options;
    }

    /** A program that is loaded. */
    @FunctionalInterface
    interface Loaded {
        /**
         * Returns what the program gives; a {@link detangle.models.weights.WeightsException} if the file of its weights
         * has changed.
         */
        Map<String, Tensor> run(Map<String, Tensor> inputs);
    }

    /** Loads a program, whose weights are read from their file while it runs. */
    Loaded load(Program program) {
        CompiledProgram compiled = CompiledProgram.load(program, parameters, options);
        loaded.add(compiled);
        return inputs -> weights.reading(() -> compiled.run(inputs));
    }

    @Override
    public void close() {
        loaded.forEach(CompiledProgram::close);
    }
}
