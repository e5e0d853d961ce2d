package detangle.train;

import detangle.backend.Device;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.runtime.Backends;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/** Evaluates a model without training it. */
public final class ModelEvaluation {
    private ModelEvaluation() {}

    /**
     * Judges a model by its present parameters.
     *
     * @param program the model without dropout, with or without its loss
     * @param parameters a tensor for each parameter of the program, by name
     * @param options the options of which the backend, its precision and packing are heeded
     * @return the metrics of the evaluator
     */
    public static SequencedMap<String, Double> of(
            Program program, Map<String, Tensor> parameters, TrainingOptions options, Evaluator evaluator) {
        Device device = Backends.device(options.backend(), Set.of(), options.precision());
        LoadedPlan loaded = LoadedPlan.of(
                device, TrainingPrograms.evaluation(program, options.packing()), device.variables(parameters));
        try {
            return evaluator.evaluate(loaded::run);
        } finally {
            loaded.executable().close();
        }
    }
}
