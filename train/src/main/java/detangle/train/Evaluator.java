package detangle.train;

import detangle.ir.Tensor;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Judges a model while it is trained. */
@FunctionalInterface
public interface Evaluator {
    /**
     * Returns metrics of the model with its present parameters, by name, such as {@code loss} and {@code accuracy}.
     *
     * @param model a function that runs the model's evaluation program: it takes inputs and gives outputs
     */
    SequencedMap<String, Double> evaluate(UnaryOperator<Map<String, Tensor>> model);

    /** Returns the names of the metrics; empty if they are not known before a model is judged. */
    default Set<String> metrics() {
        return Set.of();
    }
}
