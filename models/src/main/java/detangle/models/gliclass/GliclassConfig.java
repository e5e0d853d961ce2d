package detangle.models.gliclass;

import detangle.models.bert.InnerEncoder;
import detangle.models.deberta.ConfigFields;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.HiddenActivation;
import detangle.models.deberta.PaddedStates;
import detangle.models.files.ModelFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;

/**
 * The content of the config.json of a published GLiClass model (gliclass/config.py).
 *
 * @param encoder the DeBERTa model inside; with segments it has three token types
 * @param labels the encoder of labels; empty if labels and text go through one encoder together
 * @param layer the layer whose states are read: a number from 1, or 0 for the embeddings
 * @param innerWidth the width inside the projections of texts and labels
 * @param activation the activation between the two matrices of a projection
 * @param segments whether tokens of the labels, the text and the examples have embeddings of their own
 * @param lstm whether a bidirectional LSTM runs over the text's states
 * @param textAlone whether the text's vector is pooled from the states from its marker on; otherwise from all states
 * @param normalize whether vectors of texts and labels have length 1, and scores are scaled
 * @param labelsFirst whether labels stand in front of the text
 * @param slots the most labels of a call, if the model has a fixed number
 * @param labelToken the id of {@link Marker#LABEL}
 * @param textToken the id of {@link Marker#TEXT}; empty if it is not stated, as in the first models, and the model does
 *     not heed where the text begins
 * @param exampleToken the id of {@link Marker#EXAMPLE}; empty if it is not stated and the model does not heed where
 *     examples begin
 */
public record GliclassConfig(
        DebertaConfig encoder,
        Optional<LabelEncoder> labels,
        int layer,
        int innerWidth,
        HiddenActivation activation,
        boolean segments,
        boolean lstm,
        boolean textAlone,
        LabelPooling labelPooling,
        TextPooling textPooling,
        LabelScorer scorer,
        boolean normalize,
        boolean labelsFirst,
        OptionalInt slots,
        int labelToken,
        OptionalInt textToken,
        OptionalInt exampleToken) {
    /** The file's name in a model's folder. */
    public static final String FILE = "config.json";

    /** The most labels that a model with a fixed number of slots may have place for. */
    private static final int MAX_SLOTS = 1 << 10;

    private static final String MODEL_TYPE = "GLiClass";
    private static final String UNI_ENCODER = "uni-encoder";
    private static final String BI_ENCODER = "bi-encoder";
    private static final String FUSED = "bi-encoder-fused";
    private static final String ENCODER = "encoder_config";
    private static final String LABEL_ENCODER = "label_model_config";
    private static final int MAX_WIDTH = 1 << 16;
    private static final int SEGMENTS = 3;

    /**
     * An encoder for labels alone, so that the vector of a label serves all texts.
     *
     * @param model the model from which it was made, and whose tokenizer it has
     * @param padding what the original computes at padded positions of labels, which poolings read
     * @param fused whether a label's vector stands in front of the text as the embedding of its marker, so that the
     *     encoder of texts reads it; otherwise the vector is compared with the text's
     */
    public record LabelEncoder(DebertaConfig config, String model, PaddedStates padding, boolean fused) {}

    /** Returns whether a folder or an artifact has the configuration of a GLiClass model, of this kind or another. */
    public static boolean isIn(Path model) {
        return ModelFiles.of(model).has(FILE)
                && ConfigFields.read(model, FILE)
                        .find("model_type")
                        .filter(type -> type.isString() && type.stringValue().equals(MODEL_TYPE))
                        .isPresent();
    }

    /**
     * Reads the configuration of a folder or an artifact.
     *
     * @throws detangle.models.deberta.ConfigException if the file is missing or not well formed, or the model is of
     *     another kind
     */
    public static GliclassConfig read(Path model) {
        ConfigFields fields = ConfigFields.read(model, FILE);
        checkKind(fields);
        ConfigFields stated = encoderFields(fields);
        boolean own = !kind(fields).equals(UNI_ENCODER);
        // If labels have their own encoder, the fields of prompts with labels have no effect.
        boolean segments = !own && fields.flag("use_segment_embeddings", false);
        boolean textAlone = !own && fields.flag("extract_text_features", false);
        DebertaConfig encoder = DebertaConfig.of(segments ? withSegments(fields, stated) : stated);
        int vocabulary = encoder.vocabSize();
        TextPooling pooling = pooling(fields);
        return new GliclassConfig(
                encoder,
                own ? Optional.of(labelEncoder(fields, encoder, pooling)) : Optional.empty(),
                own ? encoder.numHiddenLayers() : layer(fields, encoder),
                fields.between(1, MAX_WIDTH, "hidden_size", encoder.hiddenSize()),
                fields.activation("projector_hidden_act", HiddenActivation.GELU),
                segments,
                !own && fields.flag("use_lstm", false),
                textAlone,
                labelPooling(fields),
                pooling,
                scorer(fields, encoder, pooling),
                fields.flag("normalize_features", false),
                fields.flag("prompt_first", false),
                own ? OptionalInt.empty() : slots(fields),
                token(fields, Marker.LABEL).orElse(vocabulary),
                tokenIfRead(fields, Marker.TEXT, vocabulary + 1, textAlone || segments),
                tokenIfRead(fields, Marker.EXAMPLE, vocabulary + 2, segments));
    }

    /** Returns the kind of a folder's model, as config.json names it: {@code uni-encoder}. */
    public static String kind(Path model) {
        return kind(ConfigFields.read(model, FILE));
    }

    private static String kind(ConfigFields fields) {
        return fields.text("architecture_type").orElse(UNI_ENCODER);
    }

    private static void checkKind(ConfigFields fields) {
        String type = fields.text("model_type").orElse("");
        if (!type.equals(MODEL_TYPE)) {
            throw fields.fault("model_type", "is '" + type + "', and a GLiClass model has '" + MODEL_TYPE + "'");
        }
        String kind = kind(fields);
        if (!List.of(UNI_ENCODER, BI_ENCODER, FUSED).contains(kind)) {
            throw fields.fault(
                    "architecture_type",
                    "is '" + kind + "'; supported are " + UNI_ENCODER + ", " + BI_ENCODER + " and " + FUSED);
        }
        if (fields.flag("squeeze_layers", false)) {
            throw fields.fault("squeeze_layers", "is true, which is not supported");
        }
    }

    private static ConfigFields encoderFields(ConfigFields fields) {
        if (fields.find(ENCODER).isEmpty()) {
            throw fields.fault(ENCODER, "is missing, so that the encoder is not described");
        }
        ConfigFields stated = fields.object(ENCODER);
        String type = stated.text("model_type").orElse("deberta-v2");
        if (!type.equals("deberta-v2") && !type.equals("deberta")) {
            throw fields.fault(
                    ENCODER + ".model_type",
                    "is '" + type + "'; supported are deberta and deberta-v2, other encoders are not");
        }
        ConfigFields typed = stated.with("model_type", type).with("architectures", null);
        return fields.find("vocab_size").isPresent()
                ? typed.with("vocab_size", fields.integer("vocab_size", 0))
                : typed;
    }

    private static LabelEncoder labelEncoder(ConfigFields fields, DebertaConfig encoder, TextPooling pooling) {
        if (fields.find(LABEL_ENCODER).isEmpty()) {
            throw fields.fault(LABEL_ENCODER, "is missing, so that the encoder of labels is not described");
        }
        ConfigFields stated = fields.object(LABEL_ENCODER);
        if (!InnerEncoder.isSupported(stated)) {
            throw fields.fault(
                    LABEL_ENCODER + ".model_type",
                    "is '" + stated.text("model_type").orElse("") + "'; supported are bert, deberta and deberta-v2");
        }
        String model =
                fields.text("label_model_name").orElseThrow(() -> fields.fault("label_model_name", "is missing"));
        if (pooling == TextPooling.PASS) {
            throw fields.fault("pooling_strategy", "is 'pass', which makes no vector of a label");
        }
        boolean fused = kind(fields).equals(FUSED);
        if (fused && encoder.embeddingSize() != encoder.hiddenSize()) {
            throw fields.fault(
                    ENCODER + ".embedding_size",
                    "is " + encoder.embeddingSize() + ", and vectors of labels take the place of embeddings and have "
                            + encoder.hiddenSize() + " numbers (hidden_size)");
        }
        return new LabelEncoder(InnerEncoder.config(stated), model, InnerEncoder.paddedStates(stated), fused);
    }

    /** Returns whether the vectors of labels stand in front of the text; see {@link LabelEncoder}. */
    public boolean fused() {
        return labels.filter(LabelEncoder::fused).isPresent();
    }

    /** Returns whether scores are multiplied by a learned number. */
    boolean scaled() {
        return normalize || labels.isPresent();
    }

    /**
     * Returns the fields of an encoder with token types for segments, because both kinds of embeddings are added to
     * those of words.
     */
    private static ConfigFields withSegments(ConfigFields fields, ConfigFields encoder) {
        if (encoder.integer("type_vocab_size", 0) != 0) {
            throw fields.fault(
                    "use_segment_embeddings",
                    "is true, and the encoder has token types of its own (type_vocab_size of encoder_config), which is not"
                            + " supported");
        }
        return encoder.with("type_vocab_size", SEGMENTS);
    }

    /** Returns the number of the layer that is read. As in Python, negative numbers count from the last layer. */
    private static int layer(ConfigFields fields, DebertaConfig encoder) {
        int last = encoder.numHiddenLayers();
        int asked = fields.integer("encoder_layer_id", -1);
        int layer = asked < 0 ? last + 1 + asked : asked;
        if (layer < 0 || layer > last) {
            throw fields.fault(
                    "encoder_layer_id",
                    "is " + asked + ", and the encoder has " + last + " layers: choose -1 to " + last);
        }
        return layer;
    }

    private static LabelPooling labelPooling(ConfigFields fields) {
        boolean marker = fields.flag("embed_class_token", true);
        String word = fields.text("class_token_pooling").orElse("first");
        return switch (word) {
            case "first" -> marker ? LabelPooling.MARKER : LabelPooling.FIRST_TOKEN;
            case "average" -> marker ? LabelPooling.AVERAGE : LabelPooling.AVERAGE_OF_TOKENS;
            default -> throw fields.fault("class_token_pooling", "is '" + word + "'; supported are first and average");
        };
    }

    private static TextPooling pooling(ConfigFields fields) {
        String word = fields.text("pooling_strategy").orElse("first");
        return TextPooling.named(word)
                .orElseThrow(() ->
                        fields.fault("pooling_strategy", "is '" + word + "'; supported are " + TextPooling.names()));
    }

    private static LabelScorer scorer(ConfigFields fields, DebertaConfig encoder, TextPooling pooling) {
        String word = fields.text("scorer_type").orElse("simple");
        LabelScorer scorer = switch (word) {
            case "simple" -> new LabelScorer.Dot();
            case "weighted-dot" -> new LabelScorer.WeightedDot();
            case "mlp" -> new LabelScorer.Mlp();
            case "hopfield" -> new LabelScorer.Hopfield();
            case "cross-attn" -> crossAttention(fields, encoder);
            default ->
                throw fields.fault(
                        "scorer_type",
                        "is '" + word + "'; supported are simple, weighted-dot, mlp, hopfield and cross-attn");
        };
        if (scorer instanceof LabelScorer.CrossAttention != (pooling == TextPooling.PASS)) {
            throw fields.fault(
                    "scorer_type",
                    "is '" + word + "', which does not go with pooling_strategy '" + pooling.text()
                            + "': cross-attn reads tokens, which are pooled by pass, and the others read a vector");
        }
        return scorer;
    }

    private static LabelScorer crossAttention(ConfigFields fields, DebertaConfig encoder) {
        int heads = fields.between(1, MAX_WIDTH, "scorer_num_heads", 16);
        if (encoder.hiddenSize() % heads != 0) {
            throw fields.fault(
                    "scorer_num_heads",
                    "is " + heads + ", which does not divide hidden_size " + encoder.hiddenSize() + " of the encoder");
        }
        return new LabelScorer.CrossAttention(heads, fields.between(2, MAX_WIDTH, "scorer_mlp_hidden_size", 1024));
    }

    /**
     * Returns the fixed number of labels, if there is one: {@code max_labels_alloc} is "dynamic", "fixed" or a number.
     */
    private static OptionalInt slots(ConfigFields fields) {
        JsonNode allocation = fields.find("max_labels_alloc").orElse(null);
        if (allocation == null
                || allocation.isString() && allocation.stringValue().equals("dynamic")) {
            return OptionalInt.empty();
        }
        if (allocation.isString() && allocation.stringValue().equals("fixed")) {
            return OptionalInt.of(fields.between(1, MAX_SLOTS, "max_num_classes", 25));
        }
        if (allocation.isNumber()) {
            return OptionalInt.of(fields.between(1, MAX_SLOTS, "max_labels_alloc", 0));
        }
        throw fields.fault("max_labels_alloc", "is " + allocation + "; supported are dynamic, fixed and a number");
    }

    private static OptionalInt token(ConfigFields fields, Marker marker) {
        int id = fields.atLeast(-1, marker.field(), -1);
        return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** @param otherwise the id that the original assumes where none is stated */
    private static OptionalInt tokenIfRead(ConfigFields fields, Marker marker, int otherwise, boolean isRead) {
        OptionalInt stated = token(fields, marker);
        return stated.isPresent() || !isRead ? stated : OptionalInt.of(otherwise);
    }

    /** Returns the id of a marker; empty if it may be any. */
    public OptionalInt id(Marker marker) {
        return switch (marker) {
            case LABEL -> OptionalInt.of(labelToken);
            case TEXT -> textToken;
            case EXAMPLE -> exampleToken;
        };
    }
}
