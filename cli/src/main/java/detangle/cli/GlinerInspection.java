package detangle.cli;

import detangle.models.bert.InnerEncoder;
import detangle.models.deberta.ConfigException;
import detangle.models.deberta.ConfigFields;
import detangle.models.deberta.DebertaConfig;
import detangle.models.gliner.GlinerConfig;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Prints what {@code inspect} says of a GLiNER model, as far as its folder alone tells: nothing is fetched for it. */
final class GlinerInspection {
    private GlinerInspection() {}

    /**
     * Returns lines by their names.
     *
     * @throws ConfigException if {@code gliner_config.json} is not well formed
     */
    static Map<String, String> lines(Path folder) {
        ConfigFields fields = ConfigFields.read(folder, GlinerConfig.FILE);
        Map<String, String> lines = new LinkedHashMap<>();
        lines.put("model type", "GLiNER, " + GlinerConfig.kind(folder));
        lines.put("command", unsupported(folder).map(fault -> "none: " + fault).orElse("extract --labels ..."));
        lines.put("labels", "any that extract is given");
        lines.put("encoder", encoder(fields, folder));
        GlinerConfig.labelsModel(folder).ifPresent(model -> lines.put("encoder of labels", ofLabels(fields, model)));
        lines.put("longest text", fields.atLeast(1, "max_len", 384) + " words; extract reads longer ones in windows");
        lines.put(
                "longest entity",
                GlinerConfig.isOfTokens(folder)
                        ? "any number of words"
                        : fields.atLeast(1, "max_width", 12) + " words");
        return lines;
    }

    private static Optional<String> unsupported(Path folder) {
        try {
            GlinerConfig.check(folder);
            return Optional.empty();
        } catch (ConfigException e) {
            return Optional.of(e.getMessage());
        }
    }

    private static String ofLabels(ConfigFields fields, String model) {
        if (fields.find("labels_encoder_config").isEmpty()) {
            return "that of " + model;
        }
        ConfigFields encoder = fields.object("labels_encoder_config");
        String type = encoder.text("model_type").orElse("of no type that is named");
        return InnerEncoder.isSupported(encoder)
                ? type + ", its tokenizer that of " + model
                : type + ", which is not supported: vectors of labels have to be given";
    }

    private static String encoder(ConfigFields fields, Path folder) {
        Optional<String> base = GlinerConfig.baseModel(folder);
        if (base.isPresent()) {
            return "that of " + base.get();
        }
        return encoderConfig(folder)
                .map(c -> c.modelType().text() + ", " + c.numHiddenLayers() + " layers of " + c.hiddenSize())
                .orElseGet(() -> stated(fields, folder).text("model_type").orElse("of no type that is named"));
    }

    /** Returns the configuration of the encoder of texts, if the folder states it and it is DeBERTa's. */
    static Optional<DebertaConfig> encoderConfig(Path folder) {
        if (GlinerConfig.baseModel(folder).isPresent()) {
            return Optional.empty();
        }
        ConfigFields fields = ConfigFields.read(folder, GlinerConfig.FILE);
        try {
            return Optional.of(DebertaConfig.of(stated(fields, folder).with("architectures", null)));
        } catch (ConfigException e) {
            return Optional.empty();
        }
    }

    /** Returns the configuration of the encoder of labels, if the folder states it and it is one that runs. */
    static Optional<DebertaConfig> labelEncoderConfig(Path folder) {
        ConfigFields fields = ConfigFields.read(folder, GlinerConfig.FILE);
        if (GlinerConfig.labelsModel(folder).isEmpty()
                || fields.find("labels_encoder_config").isEmpty()) {
            return Optional.empty();
        }
        ConfigFields stated = fields.object("labels_encoder_config");
        try {
            return InnerEncoder.isSupported(stated) ? Optional.of(InnerEncoder.config(stated)) : Optional.empty();
        } catch (ConfigException e) {
            return Optional.empty();
        }
    }

    private static ConfigFields stated(ConfigFields fields, Path folder) {
        return fields.find("encoder_config").isPresent()
                ? fields.object("encoder_config")
                : ConfigFields.read(folder, "config.json");
    }
}
