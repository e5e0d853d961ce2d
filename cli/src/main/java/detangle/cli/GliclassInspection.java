package detangle.cli;

import detangle.models.deberta.ConfigException;
import detangle.models.deberta.DebertaConfig;
import detangle.models.gliclass.GliclassConfig;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Prints what {@code inspect} says of a GLiClass model, as far as its configuration tells. */
final class GliclassInspection {
    private GliclassInspection() {}

    /**
     * Returns lines by their names.
     *
     * @throws ConfigException if {@code config.json} is not well formed
     */
    static Map<String, String> lines(Path model) {
        Map<String, String> lines = new LinkedHashMap<>();
        lines.put("model type", "GLiClass, " + GliclassConfig.kind(model));
        try {
            GliclassConfig config = GliclassConfig.read(model);
            DebertaConfig encoder = config.encoder();
            lines.put("command", "zero-shot-classification --candidate-labels ...");
            lines.put("labels", labels(config));
            lines.put(
                    "encoder",
                    encoder.modelType().text() + ", " + encoder.numHiddenLayers() + " layers of " + encoder.hiddenSize()
                            + (config.layer() < encoder.numHiddenLayers()
                                    ? ", of which " + config.layer() + " run"
                                    : ""));
            config.labels()
                    .ifPresent(own -> lines.put(
                            "label encoder",
                            own.config().numHiddenLayers() + " layers of "
                                    + own.config().hiddenSize() + ", with the tokenizer of " + own.model()));
            lines.put("pooling", config.textPooling().text() + (config.lstm() ? ", behind an LSTM" : ""));
        } catch (ConfigException e) {
            lines.put("command", "none: " + e.getMessage());
        }
        return lines;
    }

    private static String labels(GliclassConfig config) {
        return "any that are named"
                + (config.slots().isPresent() ? ", up to " + config.slots().getAsInt() + " at once" : "");
    }

    /** Returns the encoder of labels, if they have one and the model is of a kind that can be run. */
    static Optional<DebertaConfig> labelEncoder(Path model) {
        try {
            return GliclassConfig.read(model).labels().map(GliclassConfig.LabelEncoder::config);
        } catch (ConfigException e) {
            return Optional.empty(); // The lines tell why.
        }
    }

    /**
     * Returns the encoder of texts, which takes nearly all of the memory; empty if the model is of a kind that cannot
     * be run.
     */
    static Optional<DebertaConfig> encoder(Path model) {
        try {
            return Optional.of(GliclassConfig.read(model).encoder());
        } catch (ConfigException e) {
            return Optional.empty(); // The lines tell why.
        }
    }
}
