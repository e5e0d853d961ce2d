package detangle.models.deberta;

import detangle.models.weights.Artifact;
import detangle.models.weights.Weights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Reads config.json as {@link DebertaConfig}. Field names and defaults are those of HuggingFace transformers
 * (configuration_deberta.py, configuration_deberta_v2.py, and the getattr calls of the two modeling files).
 */
final class ConfigReader {
    private static final String CONFIG = "config.json";
    /** The model_type of GLiNER2. */
    private static final String GLINER2 = "extractor";

    private static final String GLINER = "gliner_config.json";
    private static final String GLICLASS = "GLiClass";

    /** Five times as many as any released model has, and few enough that a program of as many is built in seconds. */
    private static final int MAX_LAYERS = 256;

    private static final int MAX_HEADS = 1 << 12;
    private static final int MAX_WIDTH = 1 << 16;
    private static final int MAX_INNER_WIDTH = 1 << 18;
    private static final int MAX_ROWS = 1 << 24;
    private static final int MAX_POSITIONS = 1 << 20;
    private static final int MAX_TYPES = 1 << 16;

    /** Released models have 1e-7, and other transformers up to 1e-5. */
    private static final double MAX_EPSILON = 0.01;

    private static final int MAX_KERNEL_WIDTH = 1 << 10;

    /** Every field that is read; a file's others say nothing here. */
    private static final Set<String> FIELDS = Set.of(
            "architectures",
            "attention_head_size",
            "attention_probs_dropout_prob",
            "cls_drop_out",
            "cls_dropout",
            "conv_act",
            "conv_groups",
            "conv_kernel_size",
            "embedding_size",
            "hidden_act",
            "hidden_dropout_prob",
            "hidden_size",
            "id2label",
            "initializer_range",
            "intermediate_size",
            "layer_norm_eps",
            "legacy",
            "max_position_embeddings",
            "max_relative_positions",
            "model_type",
            "norm_rel_ebd",
            "num_attention_heads",
            "num_hidden_layers",
            "num_labels",
            "pad_token_id",
            "padding_idx",
            "pooler_dropout",
            "pooler_hidden_act",
            "pooler_hidden_size",
            "pooling",
            "pos_att_type",
            "position_biased_input",
            "position_buckets",
            "problem_type",
            "pruned_heads",
            "relative_attention",
            "share_att_key",
            "tie_word_embeddings",
            "type_vocab_size",
            "vocab_size");

    private final ConfigFields fields;
    private final ModelType type;
    private final Optional<Architecture> head;

    private ConfigReader(ConfigFields fields, Optional<Architecture> head) {
        this.fields = fields;
        this.type = modelType(fields);
        this.head = head;
    }

    static DebertaConfig read(Path fileOrModel) {
        if (Artifact.is(fileOrModel)) {
            // It may have been compiled for another head than config.json names.
            String head = Artifact.manifest(fileOrModel).path("head").asString("");
            return new ConfigReader(ConfigFields.read(fileOrModel, CONFIG), Architecture.named(head)).config();
        }
        if (!Files.isDirectory(fileOrModel)) {
            if (Weights.areIn(fileOrModel)) {
                throw new ConfigException(
                        fileOrModel,
                        "holds weights, and a model is a folder with config.json beside them, or a file of detangle compile whose"
                                + " name ends with " + Artifact.EXTENSION);
            }
            return read(ConfigFields.read(fileOrModel));
        }
        refuseGliner(fileOrModel);
        return read(ConfigFields.read(fileOrModel, CONFIG));
    }

    /** A GLiNER model has a configuration of its own, and no config.json or one that is of no DeBERTa model. */
    private static void refuseGliner(Path folder) {
        Optional<String> type = Files.exists(folder.resolve(CONFIG))
                ? ConfigFields.read(folder, CONFIG).text("model_type")
                : Optional.empty();
        boolean deberta = type.filter(ConfigReader::isKnown).isPresent();
        if (type.equals(Optional.of(GLINER2))) {
            throw new ConfigException(
                    folder.resolve(CONFIG),
                    "this is a GLiNER2 model, which finds what a schema asks for: run it with extract --schema");
        }
        if (!deberta && Files.exists(folder.resolve(GLINER))) {
            throw new ConfigException(
                    folder.resolve(GLINER),
                    "this is a GLiNER model, which finds entities of kinds that are named: run it with extract --labels");
        }
    }

    private static boolean isKnown(String modelType) {
        return Arrays.stream(ModelType.values()).anyMatch(t -> t.text().equals(modelType));
    }

    static DebertaConfig read(ConfigFields fields) {
        return new ConfigReader(fields, Optional.empty()).config();
    }

    private DebertaConfig config() {
        boolean v2 = type == ModelType.DEBERTA_V2;
        int hiddenSize = fields.required("hidden_size", MAX_WIDTH);
        int heads = fields.required("num_attention_heads", MAX_HEADS);
        int positions = fields.between(1, MAX_POSITIONS, "max_position_embeddings", 512);
        int vocabSize = fields.required("vocab_size", MAX_ROWS);
        DebertaConfig config = new DebertaConfig(
                fields.file(),
                type,
                head.or(this::architecture),
                vocabSize,
                fields.between(1, MAX_WIDTH, "embedding_size", hiddenSize),
                hiddenSize,
                fields.required("num_hidden_layers", MAX_LAYERS),
                heads,
                headSize(hiddenSize, heads),
                fields.required("intermediate_size", MAX_INNER_WIDTH),
                fields.activation("hidden_act", HiddenActivation.GELU),
                positions,
                fields.flag("position_biased_input", true),
                fields.between(0, MAX_TYPES, "type_vocab_size", 0),
                padTokenId(vocabSize),
                layerNormEps(),
                fields.number("initializer_range", 0.02),
                fields.flag("relative_attention", false),
                posAttType(),
                maxRelativePositions(positions),
                v2 ? positionBuckets() : 0,
                v2 && normalizesRelativeEmbeddings(),
                v2 && fields.flag("share_att_key", false),
                v2 ? convolution(hiddenSize) : Optional.empty(),
                poolerActivation(hiddenSize),
                dropout(),
                fields.flag("legacy", true),
                fields.flag("tie_word_embeddings", true),
                LabelNames.of(fields),
                ProblemType.of(fields));
        checkBuckets(config);
        refusePrunedHeads();
        ConfigWarnings.log(fields, FIELDS, config);
        return config;
    }

    private static void refuseGliclass(ConfigFields fields) {
        if (fields.find("model_type")
                .filter(type -> GLICLASS.equals(type.asString("")))
                .isPresent()) {
            throw fields.fault(
                    "model_type",
                    "is '" + GLICLASS + "': such a model judges texts by labels that are named: run it with"
                            + " zero-shot-classification --candidate-labels");
        }
    }

    private static ModelType modelType(ConfigFields fields) {
        refuseGliclass(fields);
        // The original code has one model for all versions and writes no type; see ProjectionLayouts for its v1.
        boolean microsofts = fields.find("relative_attention").isPresent();
        String word = fields.text("model_type")
                .or(() -> microsofts ? Optional.of(ModelType.DEBERTA_V2.text()) : Optional.empty())
                .orElseThrow(() -> fields.fault("model_type", "is missing"));
        return Arrays.stream(ModelType.values())
                .filter(t -> t.text().equals(word))
                .findFirst()
                .orElseThrow(() -> fields.fault(
                        "model_type",
                        "is '" + word + "'; supported are "
                                + Arrays.stream(ModelType.values())
                                        .map(ModelType::text)
                                        .collect(Collectors.joining(", "))));
    }

    /**
     * Returns the head that {@code architectures} names, where it names one of transformers'. A class of somebody's
     * own, several heads or something that is not a list of names says nothing: the checkpoint will tell.
     */
    private Optional<Architecture> architecture() {
        JsonNode names = fields.find("architectures").orElseGet(JsonNodeFactory.instance::arrayNode);
        List<Architecture> understood = (names.isString() ? Stream.of(names) : names.valueStream())
                .flatMap(name -> Architecture.ofClass(name.asString("")).stream())
                .distinct()
                .toList();
        return understood.size() == 1 ? Optional.of(understood.getFirst()) : Optional.empty();
    }

    private int headSize(int hiddenSize, int heads) {
        if (hiddenSize % heads != 0) {
            throw fields.fault("hidden_size", "is " + hiddenSize + ", not a multiple of num_attention_heads " + heads);
        }
        int size = hiddenSize / heads;
        if (type == ModelType.DEBERTA_V2 && fields.integer("attention_head_size", size) != size) {
            // The output projection is hidden_size square, in HuggingFace as in microsoft's code.
            throw fields.fault("attention_head_size", "must be hidden_size / num_attention_heads = " + size);
        }
        return size;
    }

    private int padTokenId(int vocabSize) {
        String field = fields.find("pad_token_id").isPresent() ? "pad_token_id" : "padding_idx";
        int id = fields.atLeast(0, field, 0);
        if (id >= vocabSize) {
            throw fields.fault(field, "is " + id + ", outside the vocabulary of " + vocabSize);
        }
        return id;
    }

    private double layerNormEps() {
        double eps = fields.number("layer_norm_eps", 1e-7);
        // Single precision may round a smaller one to 0, and one as large as a variance makes all states alike.
        if (eps < Float.MIN_NORMAL || eps > MAX_EPSILON) {
            throw fields.fault(
                    "layer_norm_eps",
                    "is " + eps + "; it must be at least " + Float.MIN_NORMAL + " and at most " + MAX_EPSILON);
        }
        return eps;
    }

    private int maxRelativePositions(int maxPositionEmbeddings) {
        String field = "max_relative_positions";
        int stated = fields.atMost(MAX_POSITIONS, field, fields.integer(field, -1));
        return stated < 1 ? maxPositionEmbeddings : stated;
    }

    private int positionBuckets() {
        String field = "position_buckets";
        return Math.max(0, fields.atMost(MAX_POSITIONS, field, fields.integer(field, -1)));
    }

    /**
     * Returns the terms. Transformers reads the words of a list as they are written, and those of a text in lower case;
     * v1 scales the scores by the number of words, whatever they are. So a word that is not a term, or is there twice,
     * would mean other answers there.
     */
    private Set<PositionTerm> posAttType() {
        String field = "pos_att_type";
        EnumSet<PositionTerm> terms = EnumSet.noneOf(PositionTerm.class);
        List<String> words = fields.find(field).map(this::termNames).orElse(List.of());
        for (String word : words) {
            boolean none = words.size() == 1 && (word.isEmpty() || word.equals("none"));
            if (none && type == ModelType.DEBERTA_V2) {
                return terms;
            }
            if (none) {
                throw fields.fault(
                        field,
                        "is '" + word + "', which counts as a term when transformers scales the scores of a "
                                + type.text() + " model: leave the field out");
            }
            if (word.isEmpty()) {
                throw fields.fault(field, "has an empty part; it is c2p, p2c or c2p|p2c");
            }
            PositionTerm term = switch (word) {
                case "c2p" -> PositionTerm.C2P;
                case "p2c" -> PositionTerm.P2C;
                default ->
                    throw fields.fault(
                            field, "names '" + word + "'; supported are c2p, p2c, each a word of its own in a list");
            };
            if (!terms.add(term)) {
                throw fields.fault(field, "names " + word + " twice");
            }
        }
        return terms;
    }

    private List<String> termNames(JsonNode node) {
        if (node.isString()) {
            return Arrays.stream(node.stringValue().toLowerCase(Locale.ROOT).split("\\|", -1))
                    .map(String::strip)
                    .toList();
        }
        if (!node.isArray() || node.valueStream().anyMatch(word -> !word.isString())) {
            throw fields.fault("pos_att_type", "is neither a string nor a list of strings");
        }
        return node.valueStream().map(JsonNode::stringValue).toList();
    }

    /** A word that is not understood would be a norm less, and other answers. */
    private boolean normalizesRelativeEmbeddings() {
        // Without the table there is nothing to normalise, whatever the file says.
        if (!fields.flag("relative_attention", false)) {
            return false;
        }
        for (String word : words("norm_rel_ebd")) {
            if (!word.equals("layer_norm") && !word.equals("none")) {
                throw fields.fault("norm_rel_ebd", "names '" + word + "'; supported are layer_norm, none");
            }
        }
        return words("norm_rel_ebd").contains("layer_norm");
    }

    /** Returns the words of {@code "a|b"} or of {@code ["a", "b"]}, in lower case. */
    private List<String> words(String field) {
        return fields
                .find(field)
                .map(node -> node.isArray()
                        ? IntStream.range(0, node.size()).mapToObj(node::get).toList()
                        : List.of(node))
                .orElse(List.of())
                .stream()
                .map(node -> {
                    if (!node.isString()) {
                        throw fields.fault(field, "is neither a string nor a list of strings");
                    }
                    return node.stringValue();
                })
                .flatMap(text -> Arrays.stream(text.split("\\|")))
                .map(word -> word.strip().toLowerCase(Locale.ROOT))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    private Optional<DebertaConfig.Convolution> convolution(int hiddenSize) {
        int kernel = fields.atMost(MAX_KERNEL_WIDTH, "conv_kernel_size", fields.integer("conv_kernel_size", 0));
        if (kernel <= 0) {
            return Optional.empty();
        }
        int groups = fields.atLeast(1, "conv_groups", 1);
        if (kernel % 2 == 0) {
            throw fields.fault("conv_kernel_size", "is " + kernel + "; it must be odd, to keep the length");
        }
        if (hiddenSize % groups != 0) {
            throw fields.fault("conv_groups", "is " + groups + ", which does not divide hidden_size " + hiddenSize);
        }
        HiddenActivation activation = fields.activation("conv_act", HiddenActivation.TANH);
        return Optional.of(new DebertaConfig.Convolution(kernel, groups, activation));
    }

    private HiddenActivation poolerActivation(int hiddenSize) {
        int size = fields.integer("pooler_hidden_size", fields.object("pooling").integer("hidden_size", hiddenSize));
        if (size != hiddenSize) {
            throw fields.fault("pooler_hidden_size", "is " + size + "; it must be hidden_size " + hiddenSize);
        }
        return fields.activation(
                "pooler_hidden_act", fields.object("pooling").activation("hidden_act", HiddenActivation.GELU));
    }

    /** The classifier's rate is spelled in two ways: HuggingFace's, and microsoft's. */
    private DropoutRates dropout() {
        double hidden = fields.probability("hidden_dropout_prob", 0.1);
        double attention = fields.probability("attention_probs_dropout_prob", 0.1);
        double pooler =
                fields.probability("pooler_dropout", fields.object("pooling").probability("dropout", 0));
        double classifier = fields.probability("cls_dropout", fields.probability("cls_drop_out", hidden));
        return new DropoutRates(hidden, attention, pooler, classifier);
    }

    /** Transformers cannot prune heads of DeBERTa either, and fails where a configuration says so. */
    private void refusePrunedHeads() {
        if (!fields.object("pruned_heads").root().isEmpty()) {
            throw fields.fault("pruned_heads", "names heads that are left out, which is not supported");
        }
    }

    /** Beyond half the buckets the bucket grows as ln(r / mid) / ln((max - 1) / mid), which needs max - 1 > mid > 0. */
    private void checkBuckets(DebertaConfig config) {
        int buckets = config.positionBuckets();
        if (config.relativeAttention()
                && buckets > 0
                && (buckets == 1 || config.maxRelativePositions() - 1 <= buckets / 2)) {
            throw fields.fault(
                    "position_buckets",
                    "is " + buckets + ", which does not go with " + config.maxRelativePositions()
                            + " relative positions");
        }
    }
}
