package detangle.models.adapter;

import detangle.ir.OneLine;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.ConfigFields;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * Reads adapter_config.json as {@link AdapterConfig}. Names and defaults of fields are those of PEFT
 * (tuners/lora/config.py).
 */
final class AdapterConfigReader {
    private static final Logger LOG = LoggerFactory.getLogger(AdapterConfigReader.class);

    private static final int DEFAULT_RANK = 8;
    private static final int MAX_RANK = 1 << 16;

    /** A model has some hundred modules, and a name for each is as many as make sense. */
    private static final int MAX_NAMES = 1 << 12;

    private static final int MAX_NAME_LENGTH = 256;

    /** Fields that are read. */
    private static final Set<String> READ = Set.of(
            "alpha_pattern",
            "base_model_name_or_path",
            "bias",
            "fan_in_fan_out",
            "init_lora_weights",
            "layers_pattern",
            "layers_to_transform",
            "lora_alpha",
            "lora_bias",
            "lora_dropout",
            "modules_to_save",
            "peft_type",
            "r",
            "rank_pattern",
            "target_modules",
            "task_type",
            "use_dora",
            "use_rslora");

    /** Fields that say how an adapter was trained or saved, and nothing of what it computes. */
    private static final Set<String> HARMLESS = Set.of(
            "auto_mapping",
            "corda_config",
            "ensure_weight_tying",
            "ephemeral_gpu_offload",
            "eva_config",
            "inference_mode",
            "loftq_config",
            "lora_ga_config",
            "megatron_core",
            "peft_version",
            "qalora_group_size",
            "revision",
            "runtime_config");

    /** Fields of what is not supported, where they say anything. */
    private static final Set<String> UNSUPPORTED = Set.of(
            "alora_invocation_tokens",
            "arrow_config",
            "exclude_modules",
            "kasa_config",
            "layer_replication",
            "megatron_config",
            "monteclora_config",
            "target_parameters",
            "trainable_token_indices",
            "use_bdlora",
            "use_qalora",
            "velora_config");

    /**
     * The kinds of initial values that change the model's own weights. All others have no effect on a trained adapter.
     */
    private static final Set<String> CHANGES_THE_MODEL = Set.of("pissa", "olora", "loftq", "corda", "lora_ga");

    private final ConfigFields fields;

    private AdapterConfigReader(ConfigFields fields) {
        this.fields = fields;
    }

    static AdapterConfig read(Path file) {
        return new AdapterConfigReader(ConfigFields.read(file)).config();
    }

    private AdapterConfig config() {
        refuseOtherKinds();
        warnOfUnknown();
        return new AdapterConfig(
                fields.file(),
                fields.between(1, MAX_RANK, "r", DEFAULT_RANK),
                fields.number("lora_alpha", DEFAULT_RANK),
                fields.probability("lora_dropout", 0),
                fields.flag("use_rslora", false),
                fields.flag("use_dora", false),
                patterns("rank_pattern"),
                patterns("alpha_pattern"),
                targets(),
                fields.find("modules_to_save")
                        .map(node -> names("modules_to_save", node))
                        .orElse(List.of()),
                head(),
                fields.text("base_model_name_or_path"));
    }

    private void refuseOtherKinds() {
        Optional<String> kind = fields.text("peft_type");
        if (kind.isEmpty() || !kind.get().equals("LORA")) {
            throw fields.fault(
                    "peft_type",
                    kind.map(k -> "is '" + k + "', and adapters of type LORA alone are supported")
                            .orElse("is missing: this is not the configuration of an adapter of PEFT"));
        }
        String bias = fields.text("bias").orElse("none");
        if (!bias.equals("none")) {
            throw fields.fault("bias", "is '" + bias + "', and trained biases are not supported: only none is");
        }
        for (String flag : List.of("fan_in_fan_out", "lora_bias")) {
            if (fields.flag(flag, false)) {
                throw fields.fault(flag, "is true, which is not supported: DeBERTa's linear layers have no such thing");
            }
        }
        for (String field : fields.names()) {
            if (UNSUPPORTED.contains(field) && saysSomething(fields.root().path(field))) {
                throw fields.fault(field, "is set, and adapters with it are not supported");
            }
        }
        fields.find("init_lora_weights")
                .filter(JsonNode::isString)
                .map(JsonNode::stringValue)
                .filter(word -> CHANGES_THE_MODEL.stream().anyMatch(word::startsWith))
                .ifPresent(word -> {
                    throw fields.fault(
                            "init_lora_weights",
                            "is '" + word
                                    + "', which changes the model's own weights: convert the adapter to plain LoRA"
                                    + " with PEFT (save_pretrained with path_initial_model_for_weight_conversion)");
                });
    }

    /** Later versions of PEFT add fields, nearly all of which say nothing where they are not set. */
    private void warnOfUnknown() {
        fields.names().stream()
                .filter(name -> !READ.contains(name) && !HARMLESS.contains(name) && !UNSUPPORTED.contains(name))
                .filter(name -> saysSomething(fields.root().path(name)))
                .findFirst()
                .ifPresent(name -> LOG.warn(
                        "{}",
                        OneLine.of(fields.file() + ": the field " + name
                                + " is set and not read: it may be of a later version of PEFT, and change what the adapter"
                                + " does")));
    }

    private static boolean saysSomething(JsonNode value) {
        boolean empty = value.isContainer() && value.isEmpty();
        return !value.isNull() && !empty && !(value.isBoolean() && !value.booleanValue());
    }

    private TargetModules targets() {
        JsonNode modules =
                fields.find("target_modules").orElseThrow(() -> fields.fault("target_modules", "names no modules"));
        Optional<Set<Integer>> layers = layers();
        if (!modules.isString()) {
            return new TargetModules.Names(names("target_modules", modules), layers);
        }
        if (layers.isPresent()) {
            throw fields.fault("layers_to_transform", "is set, and target_modules is one text and no list of names");
        }
        String text = modules.stringValue();
        return text.equalsIgnoreCase("all-linear") ? new TargetModules.AllLinear() : new TargetModules.Expression(text);
    }

    private Optional<Set<Integer>> layers() {
        Optional<JsonNode> wanted = fields.find("layers_to_transform").filter(AdapterConfigReader::saysSomething);
        if (wanted.isEmpty()) {
            return Optional.empty();
        }
        Optional<JsonNode> pattern = fields.find("layers_pattern").filter(AdapterConfigReader::saysSomething);
        boolean known = pattern.map(node -> node.isArray() && node.size() == 1 ? node.path(0) : node)
                .map(node -> node.asString("").equals("layer"))
                .orElse(true);
        if (!known) {
            throw fields.fault("layers_pattern", "is " + pattern.get() + "; DeBERTa's layers are called layer");
        }
        Set<Integer> numbers = new HashSet<>();
        for (JsonNode number : wanted.get().isArray() ? wanted.get().values() : List.of(wanted.get())) {
            OptionalInt whole = ConfigFields.whole(number);
            if (whole.isEmpty() || whole.getAsInt() < 0) {
                throw fields.fault("layers_to_transform", "has " + number + ", which is not the number of a layer");
            }
            numbers.add(whole.getAsInt());
        }
        return Optional.of(numbers);
    }

    private List<String> names(String field, JsonNode list) {
        if (!list.isArray() || list.isEmpty() || list.size() > MAX_NAMES) {
            throw fields.fault(field, "is not a list of 1 to " + MAX_NAMES + " names of modules");
        }
        List<String> names = new ArrayList<>();
        for (JsonNode name : list.values()) {
            if (!name.isString()
                    || name.stringValue().isEmpty()
                    || name.stringValue().length() > MAX_NAME_LENGTH) {
                throw fields.fault(field, "has something that is not the name of a module");
            }
            names.add(name.stringValue());
        }
        return names;
    }

    private SequencedMap<String, Double> patterns(String field) {
        JsonNode root = fields.object(field).root();
        if (root.size() > MAX_NAMES) {
            throw fields.fault(field, "has more than " + MAX_NAMES + " expressions");
        }
        SequencedMap<String, Double> patterns = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : root.properties()) {
            double value = new ConfigFields(fields.file(), root).number(entry.getKey(), 0);
            if (field.equals("rank_pattern") && (value < 1 || value > MAX_RANK || value != Math.rint(value))) {
                throw fields.fault(field, "has the rank " + entry.getValue() + "; a rank is from 1 to " + MAX_RANK);
            }
            patterns.put(entry.getKey(), value);
        }
        return patterns;
    }

    private Optional<Architecture> head() {
        return fields.text("task_type").map(task -> switch (task) {
            case "SEQ_CLS" -> Architecture.SEQUENCE_CLASSIFICATION;
            case "TOKEN_CLS" -> Architecture.TOKEN_CLASSIFICATION;
            case "QUESTION_ANS" -> Architecture.QUESTION_ANSWERING;
            case "FEATURE_EXTRACTION" -> Architecture.ENCODER;
            default ->
                throw fields.fault(
                        "task_type",
                        "is '" + task + "'; supported are SEQ_CLS, TOKEN_CLS, QUESTION_ANS and FEATURE_EXTRACTION");
        });
    }
}
