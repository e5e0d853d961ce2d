package detangle.bench;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.Head;
import detangle.models.deberta.ModelOptions;
import detangle.models.deberta.RandomWeights;
import detangle.models.gliner.GlinerCheckpoint;
import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner.GlinerModel;
import detangle.models.gliner.LabelSource;
import detangle.models.weights.SafetensorsWriter;
import detangle.pipelines.GlinerInputs;
import detangle.pipelines.SchemaInputs;
import detangle.pipelines.schema.Schema;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Models of the GLiNER family with the sizes of published ones and random weights. */
enum ExtractionModel {
    SMALL("gliner_small-v2.1", "deberta-v3-small", Kind.GLINER),
    BASE("gliner_base-v2.1", "deberta-v3-base", Kind.GLINER),
    /** A model whose labels have an encoder of their own, of the sizes of bge-base-en-v1.5. */
    BI_BASE("gliner-bi-base-v1.0", "deberta-v3-base", Kind.GLINER_BI_ENCODER),
    GLINER2_BASE("gliner2-base-v1", "deberta-v3-base", Kind.GLINER2);

    /** How a model is made and asked. */
    private enum Kind {
        GLINER,
        GLINER_BI_ENCODER,
        GLINER2
    }

    private static final String TEXT_ENCODER = "token_rep_layer.bert_layer.model.";
    private static final String LABEL_ENCODER = "token_rep_layer.labels_encoder.model.";
    private static final String LABELS = "labels_encoder";
    private static final int ROWS = 128_004;
    private static final int FIRST_MARK = 128_002;

    private final String published;
    private final String encoder;
    private final Kind kind;

    ExtractionModel(String published, String encoder, Kind kind) {
        this.published = published;
        this.encoder = encoder;
        this.kind = kind;
    }

    /** The name of the published model. */
    String published() {
        return published;
    }

    /** Returns whether labels have an encoder of their own, so that their vectors can be kept. */
    boolean encodesLabels() {
        return kind == Kind.GLINER_BI_ENCODER;
    }

    /** Returns whether an export of the model takes several texts at once. */
    boolean exportsBatches() {
        return kind != Kind.GLINER2;
    }

    /** Returns the tensors that an export of the model takes for texts and labels, as the original makes them. */
    ExportedInputs inputs(Path folder) {
        return switch (kind) {
            case GLINER, GLINER_BI_ENCODER -> {
                GlinerInputs inputs = GlinerInputs.of(folder);
                yield inputs::batch;
            }
            case GLINER2 -> {
                SchemaInputs inputs = SchemaInputs.of(folder);
                yield (texts, labels) ->
                        inputs.part(texts.getFirst(), Schema.ofEntities(labels.toArray(String[]::new)), 0);
            }
        };
    }

    /** Makes the inputs of a run of an export. */
    @FunctionalInterface
    interface ExportedInputs {
        /** Returns the inputs of one run, by their names. Where there are no batches, it is given one text. */
        Map<String, Tensor> of(List<String> texts, List<String> labels);
    }

    /** Makes the folder of the model in another one. */
    Path write(Path into) {
        try {
            Path folder = Files.createDirectories(into.resolve(published));
            Path described = PublishedConfig.write(encoder, into.resolve("configs"));
            if (kind == Kind.GLINER2) {
                RandomGliner2.write(folder, described.resolve("config.json"));
                return folder;
            }
            Files.writeString(folder.resolve(GlinerConfig.FILE), config(described));
            Files.writeString(folder.resolve("tokenizer.json"), SyllableTexts.tokenizer(List.of()));
            if (encodesLabels()) {
                Path labels = Files.createDirectories(folder.resolve(LABELS));
                Files.writeString(labels.resolve("tokenizer.json"), SyllableTexts.tokenizer(List.of()));
            }
            GlinerConfig config = GlinerConfig.read(folder, Optional.empty(), Optional.empty(), ROWS);
            SequencedMap<String, TensorType> types = types(config);
            SafetensorsWriter.writeEach(
                    folder.resolve("model.safetensors"), types, name -> RandomWeights.of(name, types.get(name)));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String config(Path encoderFolder) throws IOException {
        JsonMapper json = JsonMapper.shared();
        JsonNode ofText = json.readTree(Files.readString(encoderFolder.resolve("config.json")));
        ObjectNode config = json.createObjectNode()
                .put("model_name", "microsoft/" + encoder)
                .put("hidden_size", encodesLabels() ? ofText.get("hidden_size").intValue() : 512)
                .put("max_width", 12)
                .put("max_len", 384)
                .put("span_mode", "markerV0")
                .put("num_rnn_layers", encodesLabels() ? 0 : 1)
                .put("class_token_index", encodesLabels() ? -1 : FIRST_MARK)
                .put("vocab_size", ROWS);
        config.set("encoder_config", ofText);
        if (encodesLabels()) {
            config.put(LABELS, LABELS)
                    .putObject("labels_encoder_config")
                    .put("model_type", "bert")
                    .put("vocab_size", 30_522)
                    .put("hidden_size", 768)
                    .put("num_hidden_layers", 12)
                    .put("num_attention_heads", 12)
                    .put("intermediate_size", 3072)
                    .put("hidden_act", "gelu")
                    .put("max_position_embeddings", 512)
                    .put("type_vocab_size", 2)
                    .put("layer_norm_eps", 1e-12)
                    .put("pad_token_id", 0);
        }
        return config.toString();
    }

    private static SequencedMap<String, TensorType> types(GlinerConfig config) {
        SequencedMap<String, TensorType> types = new LinkedHashMap<>();
        add(types, config.encoder(), GlinerModel.states(config), TEXT_ENCODER);
        if (config.labels() instanceof LabelSource.OwnEncoder own) {
            add(types, own.encoder().orElseThrow(), GlinerModel.labels(config), LABEL_ENCODER);
        }
        types.putAll(GlinerCheckpoint.parameters(config));
        return types;
    }

    private static void add(SequencedMap<String, TensorType> types, DebertaConfig encoder, Head head, String prefix) {
        Program program = DebertaModel.build(encoder, head, ModelOptions.DEFAULT.withHiddenStates(false));
        RandomWeights.types(program).forEach((name, type) -> {
            if (name.startsWith("deberta.")) {
                types.put(prefix + name.substring("deberta.".length()), type);
            }
        });
    }
}
