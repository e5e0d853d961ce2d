package detangle.hostile;

import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.models.gliclass.GliclassConfig;
import detangle.models.gliclass.GliclassModel;
import detangle.pipelines.LabelClassifier;
import detangle.pipelines.LabelOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A folder of a GLiClass model: its configuration with that of the encoder inside, and the tensors of its own layers.
 */
final class GliclassReader implements Reader {
    private static final int WORDS = 16;
    private static final int WIDTH = FamilyModel.WIDTH;
    private static final String LSTM = "model.lstm.lstm.";
    private static final String ADDED = "added_tokens.json";

    private static final String[][] FIELDS = {
        {"model_type", "7", ""},
        {"model_type", "\"gliclass\"", "model_type is 'gliclass'"},
        {"architecture_type", "\"encoder-decoder\"", "architecture_type"},
        {"architecture_type", "\"\\u001b[31m\"", "architecture_type"},
        {"architecture_type", "[]", "architecture_type"},
        {"architecture_type", "\"bi-encoder-fused\"", "label_model_config is missing"},
        {"architecture_type", "\"bi-encoder\"", "label_model_config is missing"},
        {"label_model_config", "[]", ""},
        {"hidden_size", "2147483647", "hidden_size is 2147483647; it must be at most 65536"},
        {"hidden_size", "65536", "linear_1"},
        {"hidden_size", "0", "hidden_size"},
        {"hidden_size", "7", "linear_1"},
        {"encoder_layer_id", "2147483647", "encoder_layer_id"},
        {"encoder_layer_id", "-4", "encoder_layer_id"},
        {"encoder_layer_id", "0", ""},
        {"encoder_layer_id", "1", ""},
        {"encoder_layer_id", "1e999", "encoder_layer_id"},
        {"scorer_type", "\"decoder-kv\"", "scorer_type"},
        {"scorer_type", "\"weighted-dot\"", "scorer.proj_text"},
        {"scorer_type", "\"hopfield\"", "scorer"},
        {"scorer_type", "\"cross-attn\"", "scorer_num_heads"},
        {"scorer_type", "{}", "scorer_type"},
        {"pooling_strategy", "\"pass\"", "scorer_type"},
        {"pooling_strategy", "\"" + "avg".repeat(100_000) + "\"", "pooling_strategy"},
        {"pooling_strategy", "\"last\"", ""},
        {"class_token_pooling", "\"sum\"", "class_token_pooling"},
        {"class_token_pooling", "\"average\"", ""},
        {"embed_class_token", "\"no\"", "embed_class_token"},
        {"embed_class_token", "false", ""},
        {"max_labels_alloc", "\"some\"", "max_labels_alloc"},
        {"max_labels_alloc", "2147483647", "max_labels_alloc"},
        {"max_labels_alloc", "-1", "max_labels_alloc"},
        {"max_labels_alloc", "1", "has place for 1 labels"},
        {"max_labels_alloc", "1025", "max_labels_alloc is 1025; it must be at most 1024"},
        {"max_labels_alloc", "1024", ""},
        {"class_token_index", "2147483647", "class_token_index"},
        {"class_token_index", "1", "class_token_index is 1"},
        {"class_token_index", "-1", "class_token_index is 16"},
        {"class_token_index", "-2", "class_token_index"},
        {"text_token_index", "13", "text_token_index is 13"},
        {"example_token_index", "13", "example_token_index is 13"},
        {"vocab_size", "2147483647", "vocab_size"},
        {"vocab_size", "17", "vocab_size"},
        {"vocab_size", "0", "vocab_size"},
        {"projector_hidden_act", "\"quick\"", "projector_hidden_act"},
        {"projector_hidden_act", "\"tanh\"", ""},
        {"use_lstm", "false", LSTM},
        {"use_segment_embeddings", "false", "segment_embeddings"},
        {"normalize_features", "false", ""},
        {"normalize_features", "7", "normalize_features"},
        {"squeeze_layers", "true", "squeeze_layers"},
        {"prompt_first", "true", ""},
        {"encoder_config", "null", "encoder_config is missing"},
        {"encoder_config", "[]", "encoder_config"},
        {"encoder_config", "{}", "hidden_size"},
    };

    private static final String[][] ENCODERS = {
        {"num_hidden_layers", "100000", "num_hidden_layers is 100000; it must be at most 256"},
        {"num_hidden_layers", "256", "says 256 layers (num_hidden_layers), and the checkpoint "},
        {"hidden_size", "65536", "shape"},
        {"hidden_size", "6", "shape"},
        {"intermediate_size", "262144", "by its intermediate_size"},
        {"position_buckets", "1048576", "position_buckets"},
        {"type_vocab_size", "2", "use_segment_embeddings"},
        {"model_type", "\"t5\"", "encoder_config.model_type is 't5'"},
        {"model_type", "\"qwen3\"", "encoder_config.model_type is 'qwen3'"},
        {"hidden_act", "\"\"", "hidden_act"},
        {"relative_attention", "false", "relative_attention"},
    };

    private static FolderWriter files(FamilyModel model) {
        return FolderWriter.file(SmallModel.VOCABULARY, SmallModel.TOKENS)
                .and(FolderWriter.file(ADDED, "{\"<<LABEL>>\":13,\"<<SEP>>\":14,\"<<EXAMPLE>>\":15}"))
                .and(FolderWriter.file("labels/" + SmallModel.VOCABULARY, SmallModel.TOKENS))
                .and(FolderWriter.file(SmallModel.CONFIG, model.json()))
                .and(SmallModel.weights(SmallModel.WEIGHTS, model.tensors()));
    }

    private static final FamilyModel GOOD = made();

    private static FamilyModel made() {
        SequencedMap<String, String> fields = new LinkedHashMap<>();
        fields.put("model_type", "\"GLiClass\"");
        fields.put("architecture_type", "\"uni-encoder\"");
        fields.put("hidden_size", "6");
        fields.put("scorer_type", "\"mlp\"");
        fields.put("pooling_strategy", "\"avg\"");
        fields.put("use_lstm", "true");
        fields.put("use_segment_embeddings", "true");
        fields.put("normalize_features", "true");
        fields.put("extract_text_features", "true");
        fields.put("class_token_index", "13");
        fields.put("text_token_index", "14");
        fields.put("example_token_index", "15");
        fields.put("vocab_size", Integer.toString(WORDS));
        SmallModel encoder = SmallModel.of(Architecture.ENCODER).with("type_vocab_size", "0");
        FamilyModel model = FamilyModel.of(encoder, "model.encoder_model.", WORDS, fields, GliclassReader::files);
        SequencedMap<String, Tensor> tensors = model.tensors();
        tensors.keySet().removeIf(name -> name.contains("token_type"));
        tensors.put("model.segment_embeddings.weight", SmallModel.all(0.1f, 3, WIDTH));
        for (String suffix : List.of("_l0", "_l0_reverse")) {
            tensors.put(LSTM + "weight_ih" + suffix, SmallModel.all(0.1f, 2 * WIDTH, WIDTH));
            tensors.put(LSTM + "weight_hh" + suffix, SmallModel.all(0.1f, 2 * WIDTH, WIDTH / 2));
            tensors.put(LSTM + "bias_ih" + suffix, SmallModel.all(0.1f, 2 * WIDTH));
            tensors.put(LSTM + "bias_hh" + suffix, SmallModel.all(0.1f, 2 * WIDTH));
        }
        addParameters(model, GliclassModel.scores(model.read(GliclassConfig::read)));
        return model;
    }

    private static void addParameters(FamilyModel model, Program program) {
        for (Node node : program.nodes()) {
            if (node.op() instanceof TensorOp.Param(String name, var type) && name.startsWith("model.")) {
                model.tensors().put(name, SmallModel.all(0.1f, type.shape().sizes()));
            }
        }
    }

    /** Models whose labels have an encoder like that of the text, of the same words. */
    private static final FamilyModel BI_ENCODER = ofLabels("bi-encoder");

    private static final FamilyModel FUSED = ofLabels("bi-encoder-fused");

    private static final String[][] LABELS_FIELDS = {
        {"architecture_type", "\"bi-encoder-decoder\"", "architecture_type is 'bi-encoder-decoder'"},
        {"label_model_name", "7", "label_model_name"},
        {"label_model_name", "null", "label_model_name is missing"},
        {"label_model_name", "\"../../../etc\"", "needs the tokenizer and config.json of ../../../etc"},
        {"label_model_config", "null", "label_model_config is missing"},
        {"label_model_config", "[]", "label_model_config"},
        {"label_model_config", "{\"model_type\":\"modernbert\"}", "label_model_config.model_type is 'modernbert'"},
        {"label_model_config", "{\"model_type\":\"bert\"}", "hidden_size is missing"},
        {"pooling_strategy", "\"pass\"", "pooling_strategy"},
        {"pooling_strategy", "\"max\"", ""},
        {"hidden_size", "7", "linear_1"},
        {"scorer_type", "\"weighted-dot\"", "scorer.proj_text"},
    };

    private static FamilyModel ofLabels(String kind) {
        FamilyModel model = GOOD.with("architecture_type", '"' + kind + '"')
                .with("label_model_name", "\"labels\"")
                .with("label_model_config", SmallModel.of(Architecture.ENCODER).json())
                .with("pooling_strategy", "\"rms\"");
        FamilyModel all = new FamilyModel(
                model.fields(), model.encoder(), new LinkedHashMap<>(model.tensors()), GliclassReader::files);
        all.addEncoder("model.label_encoder.");
        GliclassConfig config = all.read(GliclassConfig::read);
        DebertaConfig labels = config.labels().orElseThrow().config();
        addParameters(all, DebertaModel.build(labels, GliclassModel.labelEncoder(config), ModelOptions.DEFAULT));
        return all;
    }

    @Override
    public String name() {
        return "gliclass";
    }

    @Override
    public List<Hostile> good() {
        return List.of(
                new Hostile("a model with an LSTM and segments", GOOD.files(), ""),
                new Hostile("a bi-encoder", BI_ENCODER.files(), ""),
                new Hostile("a fused bi-encoder", FUSED.files(), ""));
    }

    @Override
    public List<Hostile> madeByHand() {
        List<Hostile> all = new ArrayList<>(GOOD.withFields("", FIELDS));
        all.addAll(BI_ENCODER.withFields(" of a bi-encoder", LABELS_FIELDS));
        all.addAll(FUSED.withFields(" of a fused model", LABELS_FIELDS));
        all.addAll(GOOD.withEncoders(ENCODERS));
        all.addAll(StrangeFiles.inThePlaceOf(SmallModel.CONFIG, GOOD.files()));
        all.addAll(GOOD.withTensors(
                name -> !name.startsWith("model.encoder_model.") && !name.startsWith("model.segment")));
        all.addAll(FUSED.withTensors(name -> name.startsWith("model.biencoder_projector.")));
        others(all);
        return all;
    }

    private static void others(List<Hostile> all) {
        Map<String, Tensor> others = Map.of(
                "no segment", SmallModel.all(0, 0, WIDTH),
                "no axis", SmallModel.all(0),
                "another width", SmallModel.all(0, 3, 4));
        others.forEach((what, tensor) -> all.add(new Hostile(
                "the table of segments has " + what,
                GOOD.withTensor("model.segment_embeddings.weight", tensor).files(),
                "token_type_embeddings")));
        all.add(new Hostile(
                "there is no table of segments",
                GOOD.withoutTensor("model.segment_embeddings.weight").files(),
                "segment_embeddings"));
        all.add(new Hostile(
                "finite numbers whose products are infinite",
                GOOD.withTensor("model.scorer.mlp.0.weight", SmallModel.all(3e38f, 256, 2 * WIDTH))
                        .withTensor("model.scorer.mlp.2.weight", SmallModel.all(3e38f, 128, 256))
                        .files(),
                "config.json: its weights are finite"));
        all.addAll(GOOD.withLeftOver(
                List.of("model.lstm.lstm.weight_ih_l1", "model.scorer.a", "model.layer_wise_attention.w")));
    }

    @Override
    public void read(Path folder) {
        try (LabelClassifier classifier = LabelClassifier.load(folder, SmallModel.OPTIONS)) {
            classifier.classify(SmallModel.TEXT, List.of("money", "the card"), LabelOptions.DEFAULT);
        }
    }
}
