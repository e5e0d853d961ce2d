package detangle.models.adapter;

import detangle.models.deberta.ConfigFields;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.ProblemType;
import detangle.models.weights.Weights;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A model's configuration and weights as an adapter changes them.
 *
 * @param weights closed by whoever gets them
 */
public record AdaptedModel(DebertaConfig config, Weights weights) {

    /**
     * Returns a model with an adapter, if there is one; exceptions are those of {@link Adapter#open} and {@link
     * Adapter#merged}, and leave the weights open.
     *
     * @param weights are taken over by the result
     * @param adapter the adapter's folder
     */
    public static AdaptedModel of(DebertaConfig config, Weights weights, Optional<Path> adapter) {
        if (adapter.isEmpty()) {
            return new AdaptedModel(config, weights);
        }
        Adapter opened = Adapter.open(adapter.get());
        try {
            return new AdaptedModel(opened.of(config), opened.merged(weights));
        } catch (RuntimeException | Error e) {
            opened.close();
            throw e;
        }
    }

    /**
     * Returns the fields of a config.json with this model's labels, for a copy of the model that has the adapter in it.
     */
    public ConfigFields withLabels(ConfigFields fields) {
        String problem = config.statedProblemType().map(ProblemType::text).orElse(null);
        return fields.withLabels(config.labelNames().names()).with("problem_type", problem);
    }
}
