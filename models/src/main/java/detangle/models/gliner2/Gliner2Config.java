package detangle.models.gliner2;

import detangle.models.deberta.ConfigException;
import detangle.models.deberta.ConfigFields;
import detangle.models.deberta.DebertaConfig;
import detangle.models.files.ModelFiles;
import java.nio.file.Path;

/**
 * The content of config.json and encoder_config/config.json of a GLiNER2 model (gliner2/configuration.py).
 *
 * @param encoder the DeBERTa model inside, with as many words as the checkpoint's table has rows
 * @param pooling how tokens become words
 * @param head the head on the encoder
 */
public record Gliner2Config(DebertaConfig encoder, TokenPooling pooling, Gliner2Head head) {
    /** The file that describes the model. */
    public static final String FILE = "config.json";

    /** The file that describes its encoder. */
    public static final String ENCODER_FILE = "encoder_config/config.json";

    private static final String MODEL_TYPE = "extractor";
    private static final int DEFAULT_WIDTH = 8;
    private static final int MAX_WIDTH = 1 << 8;

    /**
     * Returns whether a folder or an artifact has the configuration of a GLiNER2 model, of this architecture or
     * another.
     *
     * @throws ConfigException if there is a config.json that is not a JSON object
     */
    public static boolean isIn(Path model) {
        ModelFiles files = ModelFiles.of(model);
        return files.has(FILE)
                && ConfigFields.read(files, FILE)
                        .root()
                        .path("model_type")
                        .asString("")
                        .equals(MODEL_TYPE);
    }

    /**
     * Reads a model's configuration.
     *
     * @param rows the rows of the checkpoint's table of words
     * @throws ConfigException if the model is of another kind; the message names the file and the field
     */
    public static Gliner2Config read(Path model, int rows) {
        ConfigFields fields = fields(model);
        return new Gliner2Config(
                encoder(model, rows),
                BoundaryFields.word(
                        fields, "token_pooling", TokenPooling.FIRST, TokenPooling.values(), TokenPooling::text),
                head(fields));
    }

    /** Throws a {@link ConfigException} that names the field if a folder's model is of a kind that cannot be run. */
    public static void check(Path model) {
        read(model, DebertaConfig.of(encoderFields(model)).vocabSize());
    }

    /** Returns the kind of GLiNER2 model in a folder, in words: {@code span}. */
    public static String architecture(Path model) {
        return fields(model).text("architecture").orElse("span");
    }

    /** Returns the fields that describe a folder's encoder, of any kind. */
    public static ConfigFields encoderFields(Path model) {
        return ConfigFields.read(model, ENCODER_FILE).with("architectures", null);
    }

    private static ConfigFields fields(Path model) {
        ConfigFields fields = ConfigFields.read(model, FILE);
        if (!fields.text("model_type").orElse("").equals(MODEL_TYPE)) {
            throw fields.fault("model_type", "is not '" + MODEL_TYPE + "': this is not a GLiNER2 model");
        }
        return fields;
    }

    private static Gliner2Head head(ConfigFields fields) {
        String architecture = fields.text("architecture").orElse("span");
        return switch (architecture) {
            case "span" -> spanHead(fields);
            case "boundary" -> BoundaryFields.read(fields);
            default -> throw fields.fault("architecture", "is '" + architecture + "'; supported are span, boundary");
        };
    }

    private static SpanHead spanHead(ConfigFields fields) {
        String mode = fields.object("span_head").text("span_mode").orElse("markerV0");
        if (!mode.equals("markerV0")) {
            throw fields.fault("span_head.span_mode", "is '" + mode + "'; supported is markerV0");
        }
        return new SpanHead(
                maxWidth(fields),
                BoundaryFields.word(
                        fields,
                        "counting_layer",
                        CountingLayer.COUNT_LSTM,
                        CountingLayer.values(),
                        CountingLayer::text));
    }

    private static DebertaConfig encoder(Path model, int rows) {
        // The table has more rows for the tokens that mark the parts of a schema.
        return DebertaConfig.of(encoderFields(model).with("vocab_size", rows));
    }

    /** Returns the greatest width of a span. As in gliner2, the head's number counts if both are stated. */
    private static int maxWidth(ConfigFields fields) {
        int own = fields.between(1, MAX_WIDTH, "max_width", DEFAULT_WIDTH);
        return fields.object("span_head").between(1, MAX_WIDTH, "max_width", own);
    }
}
