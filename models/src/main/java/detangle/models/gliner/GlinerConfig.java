package detangle.models.gliner;

import detangle.models.bert.InnerEncoder;
import detangle.models.deberta.ConfigException;
import detangle.models.deberta.ConfigFields;
import detangle.models.deberta.DebertaConfig;
import detangle.models.files.ModelFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The content of the gliner_config.json of a published model (gliner/config.py).
 *
 * @param encoder the DeBERTa model inside
 * @param hiddenSize width of words, labels and spans; the encoder's states are projected to it
 * @param maxWidth the longest span, in words
 * @param maxWords the longest text, in words
 * @param scoring how spans are found and scored
 * @param fuseLayers whether the outputs of all layers are summed up; otherwise that of the last layer is taken
 * @param lstm whether a bidirectional LSTM runs over the words
 * @param labels the source of the vectors of labels
 */
public record GlinerConfig(
        DebertaConfig encoder,
        int hiddenSize,
        int maxWidth,
        int maxWords,
        Scoring scoring,
        boolean fuseLayers,
        boolean lstm,
        LabelSource labels) {
    /** The most steps of all fusing layers; released models have four in one layer. */
    private static final int MAX_STEPS = 64;

    /** The file's name in a model's folder. */
    public static final String FILE = "gliner_config.json";

    private static final String ENCODER_FILE = "config.json";
    private static final String TOKEN_LEVEL = "token_level";
    private static final String RELATIONS_LAYER = "relations_layer";
    private static final String LABELS_ENCODER = "labels_encoder";
    private static final String LABELS_CONFIG = "labels_encoder_config";
    private static final String FUSION = "post_fusion_schema";

    /**
     * Reads a folder's configuration.
     *
     * @param base the folder of {@link #baseModel}, if it is one whose encoder this folder does not describe
     * @param labelsEncoder the files of {@link #labelsModel}, if this folder does not state its configuration
     * @param rows the rows of the checkpoint's table of words ({@link GlinerCheckpoint#wordRows}), which are the size
     *     of the vocabulary if the file does not state one, as older files do not
     * @throws detangle.models.deberta.ConfigException if the file is missing or not well formed, or the model is of
     *     another kind
     */
    public static GlinerConfig read(Path folder, Optional<Path> base, Optional<ModelFiles> labelsEncoder, int rows) {
        ConfigFields fields = fields(folder);
        checkKind(fields);
        int vocabulary = fields.integer("vocab_size", -1);
        DebertaConfig encoder = encoder(folder, fields, base, vocabulary < 0 ? rows : vocabulary);
        boolean fuseLayers = fields.flag("fuse_layers", false);
        if (fuseLayers && encoder.numHiddenLayers() < 2) {
            throw fields.fault("fuse_layers", "is true, and the encoder has one layer, with which none is fused");
        }
        return new GlinerConfig(
                encoder,
                fields.between(1, 1 << 16, "hidden_size", 512),
                fields.between(1, 1 << 8, "max_width", 12),
                fields.between(1, 1 << 20, "max_len", 384),
                scoring(fields),
                fuseLayers,
                // A bi-encoder's checkpoint holds an LSTM that is never run (gliner/modeling/base.py:827-886).
                rnnLayers(fields) == 1 && fields.find(LABELS_ENCODER).isEmpty(),
                labels(fields, encoder, labelsEncoder));
    }

    /** Returns how relations between entities are found; empty if the model finds none. */
    public Optional<Relations> relations() {
        return switch (labels) {
            case LabelSource.Prompt prompt -> prompt.relations();
            case LabelSource.OwnEncoder _ -> Optional.empty();
        };
    }

    /** Returns the layers in which words and labels attend to each other; empty if there are none. */
    public Optional<CrossFusion> fusion() {
        return switch (labels) {
            case LabelSource.Prompt _ -> Optional.empty();
            case LabelSource.OwnEncoder own -> own.fusion();
        };
    }

    private static ConfigFields fields(Path folder) {
        ModelFiles files = ModelFiles.of(folder);
        if (!files.has(FILE) && files.has(ENCODER_FILE)) {
            throw new ConfigException(files.path(FILE), "no such file: this is not a GLiNER model");
        }
        return ConfigFields.read(folder, FILE);
    }

    /** Returns whether a folder or an artifact has the configuration of a GLiNER model, of this kind or another. */
    public static boolean isIn(Path folder) {
        return ModelFiles.of(folder).has(FILE);
    }

    /** Returns the kind of GLiNER model in a folder, in words, by gliner's own rules: {@code uni-encoder, spans}. */
    public static String kind(Path folder) {
        ConfigFields fields = fields(folder);
        String kind = "uni-encoder";
        if (fields.find(RELATIONS_LAYER).isPresent()) {
            kind = "relations";
        } else if (fields.find("labels_decoder").isPresent()) {
            kind = "decoder of labels";
        } else if (fields.find("labels_encoder").isPresent()) {
            kind = "bi-encoder";
        }
        return kind + (isOfTokens(fields) ? ", tokens" : ", spans");
    }

    /**
     * Returns whether a folder's model scores words, so that an entity may have any number of words; otherwise it
     * scores spans up to a width.
     */
    public static boolean isOfTokens(Path folder) {
        return isOfTokens(fields(folder));
    }

    private static boolean isOfTokens(ConfigFields fields) {
        return fields.text("span_mode").orElse("").equals(TOKEN_LEVEL);
    }

    /** Throws a {@link detangle.models.deberta.ConfigException} if a folder's model is of a kind that cannot be run. */
    public static void check(Path folder) {
        ConfigFields fields = fields(folder);
        checkKind(fields);
        scoring(fields);
        relations(fields);
    }

    /**
     * Returns the name on the hub of the model whose encoder a folder has, if the folder does not describe the encoder
     * itself.
     */
    public static Optional<String> baseModel(Path folder) {
        ConfigFields fields = fields(folder);
        return fields.find("encoder_config").isPresent()
                        || ModelFiles.of(folder).has(ENCODER_FILE)
                ? Optional.empty()
                : Optional.of(modelName(fields));
    }

    /** Returns the name on the hub of the model from which a folder's encoder of labels was made, if it has one. */
    public static Optional<String> labelsModel(Path folder) {
        return fields(folder).text(LABELS_ENCODER);
    }

    /**
     * Returns {@link #labelsModel}; empty if the encoder is of a kind that is not supported, so that nothing of it is
     * read.
     */
    public static Optional<String> neededLabelsModel(Path folder) {
        ConfigFields fields = fields(folder);
        boolean stated = fields.find(LABELS_CONFIG).isPresent();
        return labelsModel(folder).filter(name -> !stated || InnerEncoder.isSupported(fields.object(LABELS_CONFIG)));
    }

    /** Returns whether a folder states the configuration of its encoder of labels, or has none. */
    public static boolean statesLabelsEncoder(Path folder) {
        ConfigFields fields = fields(folder);
        return fields.find(LABELS_ENCODER).isEmpty()
                || fields.find(LABELS_CONFIG).isPresent();
    }

    /** Returns the name on the hub of the model whose tokenizer a folder uses if it has none itself. */
    public static String modelName(Path folder) {
        return modelName(fields(folder));
    }

    private static String modelName(ConfigFields fields) {
        return fields.text("model_name").orElseThrow(() -> fields.fault("model_name", "is missing"));
    }

    /** Returns the number of LSTM layers; files of early 2024 have a flag instead of a number. */
    private static int rnnLayers(ConfigFields fields) {
        return fields.atLeast(0, "num_rnn_layers", fields.flag("has_rnn", true) ? 1 : 0);
    }

    private static DebertaConfig encoder(Path folder, ConfigFields fields, Optional<Path> base, int vocabulary) {
        ConfigFields encoder = fields.find("encoder_config").isPresent()
                ? fields.object("encoder_config")
                : ConfigFields.read(base.orElse(folder), ENCODER_FILE);
        // The encoder has no head here, and its table has more rows for the tokens that mark labels.
        return DebertaConfig.of(encoder.with("architectures", null).with("vocab_size", vocabulary));
    }

    private static void checkKind(ConfigFields fields) {
        // As in gliner, model_type is ignored: it was "gliner" for every kind from June 2024 to November 2025.
        refuseUnless(fields, "subtoken_pooling", "first");
        refuseUnless(fields, "words_splitter_type", "whitespace");
        if (fields.flag("precomputed_prompts_mode", false)) {
            throw fields.fault("precomputed_prompts_mode", "is true: labels of a model's own are not supported");
        }
        if (fields.find("labels_decoder").isPresent()) {
            throw fields.fault("labels_decoder", "is set: models that generate labels are not supported");
        }
        if (fields.text(LABELS_ENCODER).filter(String::isBlank).isPresent()) {
            throw fields.fault(LABELS_ENCODER, "is empty: name the model that the encoder of labels was made from");
        }
        if (fields.find(LABELS_ENCODER).isEmpty()) {
            refuseUnless(fields, FUSION, "");
        } else if (fields.find(RELATIONS_LAYER).isPresent()) {
            throw fields.fault(RELATIONS_LAYER, "is set beside labels_encoder: a model has one of the two");
        } else if (fields.flag("fuse_layers", false)) {
            throw fields.fault("fuse_layers", "is true beside labels_encoder, which is not supported");
        }
        if (rnnLayers(fields) > 1) {
            throw fields.fault("num_rnn_layers", "is above 1, which is not supported");
        }
    }

    private static void refuseUnless(ConfigFields fields, String field, String supported) {
        fields.text(field).filter(word -> !word.equals(supported)).ifPresent(word -> {
            throw fields.fault(field, "is '" + word + "'; supported is '" + supported + "'");
        });
    }

    private static Scoring scoring(ConfigFields fields) {
        String word = fields.text("span_mode").orElse("markerV0");
        return switch (word) {
            case "markerV0" -> new Scoring.Spans(SpanMode.MARKER_V0);
            case "marker" -> new Scoring.Spans(SpanMode.MARKER);
            case TOKEN_LEVEL ->
                // Models with relations ignore it (gliner/modeling/base.py, UniEncoderTokenRelexModel).
                fields.flag("represent_spans", false)
                                && fields.find(RELATIONS_LAYER).isEmpty()
                        ? new Scoring.RepresentedSpans()
                        : new Scoring.Tokens();
            default ->
                throw fields.fault("span_mode", "is '" + word + "'; supported are markerV0, marker and token_level");
        };
    }

    private static LabelSource labels(ConfigFields fields, DebertaConfig text, Optional<ModelFiles> model) {
        Optional<String> name = fields.text(LABELS_ENCODER);
        if (name.isEmpty()) {
            int classToken = fields.integer("class_token_index", -1);
            return new LabelSource.Prompt(
                    fields.text("ent_token").orElse("<<ENT>>"),
                    fields.text("sep_token").orElse("<<SEP>>"),
                    classToken < 0 ? Optional.empty() : Optional.of(classToken),
                    fields.flag("embed_ent_token", true),
                    relations(fields));
        }
        ConfigFields encoder = fields.find(LABELS_CONFIG).isPresent()
                ? fields.object(LABELS_CONFIG)
                : ConfigFields.read(model.orElseThrow(), ENCODER_FILE);
        return new LabelSource.OwnEncoder(
                name.get(),
                InnerEncoder.isSupported(encoder) ? Optional.of(InnerEncoder.config(encoder)) : Optional.empty(),
                encoder.text("model_type").orElse("not stated"),
                fusion(fields, text));
    }

    private static Optional<CrossFusion> fusion(ConfigFields fields, DebertaConfig text) {
        String schema = fields.text(FUSION).orElse("");
        if (schema.isEmpty()) {
            return Optional.empty();
        }
        List<CrossFusion.Step> steps = new ArrayList<>();
        for (String step : schema.split("-", MAX_STEPS + 1)) {
            steps.add(Arrays.stream(CrossFusion.Step.values())
                    .filter(s -> s.name().toLowerCase(Locale.ROOT).equals(step))
                    .findFirst()
                    .orElseThrow(() ->
                            fields.fault(FUSION, "has the step '" + step + "'; supported are l2l, l2t, t2t and t2l")));
        }
        int heads = text.numAttentionHeads();
        int width = fields.between(1, 1 << 16, "hidden_size", 512);
        if (width % heads != 0) {
            throw fields.fault(FUSION, "is set, and hidden_size " + width + " has no " + heads + " equal heads");
        }
        return Optional.of(new CrossFusion(steps, fields.between(1, MAX_STEPS, "num_post_fusion_layers", 1), heads));
    }

    private static Optional<Relations> relations(ConfigFields fields) {
        return fields.text(RELATIONS_LAYER).map(word -> {
            int relToken = fields.integer("rel_token_index", -1);
            return new Relations(
                    pairs(fields, word),
                    pairScoring(fields),
                    fields.text("rel_token").orElse("<<REL>>"),
                    relToken < 0 ? Optional.empty() : Optional.of(relToken),
                    fields.flag("embed_rel_token", true));
        });
    }

    private static Relations.Pairs pairs(ConfigFields fields, String word) {
        return switch (word) {
            case "none" -> Relations.Pairs.ALL;
            case "dot" -> Relations.Pairs.DOT;
            default -> throw fields.fault(RELATIONS_LAYER, "is '" + word + "'; supported are none and dot");
        };
    }

    private static Relations.PairScoring pairScoring(ConfigFields fields) {
        return fields.text("triples_layer")
                .map(word -> switch (word) {
                    case "DistMult" -> Relations.PairScoring.DIST_MULT;
                    default ->
                        throw fields.fault("triples_layer", "is '" + word + "'; supported are DistMult and null");
                })
                .orElse(Relations.PairScoring.CONCATENATION);
    }
}
