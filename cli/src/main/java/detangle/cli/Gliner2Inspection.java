package detangle.cli;

import detangle.models.deberta.ConfigException;
import detangle.models.deberta.DebertaConfig;
import detangle.models.gliner2.BoundaryHead;
import detangle.models.gliner2.Gliner2Config;
import detangle.models.gliner2.SpanHead;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Prints what {@code inspect} says of a GLiNER2 model. */
final class Gliner2Inspection {
    private Gliner2Inspection() {}

    /**
     * Returns lines by their names.
     *
     * @throws ConfigException if {@code config.json} is not well formed
     */
    static Map<String, String> lines(Path folder) {
        Map<String, String> lines = new LinkedHashMap<>();
        lines.put("model type", "GLiNER2, " + Gliner2Config.architecture(folder));
        Optional<ConfigException> fault = fault(folder);
        lines.put("command", fault.map(e -> "none: " + e.getMessage()).orElse("extract --schema ..."));
        if (fault.isPresent()) {
            return lines;
        }
        DebertaConfig encoder = encoder(folder);
        Gliner2Config config = Gliner2Config.read(folder, encoder.vocabSize());
        lines.put("labels", "any that extract is given");
        lines.put(
                "encoder",
                encoder.modelType().text() + ", " + encoder.numHiddenLayers() + " layers of " + encoder.hiddenSize());
        lines.put("longest text", "any; extract reads those of more than 384 words in windows");
        switch (config.head()) {
            case SpanHead head -> {
                lines.put("counting layer", head.counting().text());
                lines.put("longest entity", head.maxWidth() + " words");
            }
            case BoundaryHead head -> {
                lines.put("longest entity", "any");
                lines.put("candidates", candidates(head));
                lines.put("overlaps", head.decoding().overlaps().text());
                lines.put("structures", head.records().isPresent() ? "yes, with a mode" : "no");
                lines.put("relations", head.relations().isPresent() ? "yes" : "no");
            }
        }
        return lines;
    }

    private static String candidates(BoundaryHead head) {
        return switch (head.candidates()) {
            case PER_QUERY -> head.candidates().text() + ", " + head.proposals().budget();
            case SHARED -> head.candidates().text() + ", " + head.pool().size();
        };
    }

    private static Optional<ConfigException> fault(Path folder) {
        try {
            Gliner2Config.check(folder);
            return Optional.empty();
        } catch (ConfigException e) {
            return Optional.of(e);
        }
    }

    /** Returns the encoder's configuration, if it is one that runs. */
    static DebertaConfig encoder(Path folder) {
        return DebertaConfig.of(Gliner2Config.encoderFields(folder));
    }

    /** Returns whether the model's memory can be told. */
    static boolean isSupported(Path folder) {
        return fault(folder).isEmpty();
    }
}
