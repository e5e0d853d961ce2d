package detangle.train;

import detangle.ir.Tensor;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;

/** Judges a model while it is trained. */
@FunctionalInterface
public interface Evaluator {
    /**
     * Metrics of the model as it is now, by name, such as {@code loss} and {@code accuracy}.
     *
     * @param model runs the model: from the inputs of its evaluation program to its outputs
     */
    SequencedMap<String, Double> evaluate(UnaryOperator<Map<String, Tensor>> model);
}
