package detangle.hostile;

import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.gliner.GlinerCheckpoint;
import detangle.models.gliner.GlinerConfig;
import detangle.pipelines.EntityExtractor;
import detangle.pipelines.ExtractionOptions;
import detangle.pipelines.ExtractionRequest;
import detangle.testing.Pickles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/** A folder of a GLiNER model: its configuration with that of the encoder inside, and the tensors of its own layers. */
final class GlinerReader implements Reader {
    private static final int WORDS = 16;
    private static final int WIDTH = 6;
    private static final String CONFIG = "gliner_config.json";

    private static final String[][] FIELDS = {
        {"hidden_size", "2147483647", "hidden_size is 2147483647; it must be at most 65536"},
        {"hidden_size", "65536", "hidden_size"},
        {"hidden_size", "7", "gliner_config.json"},
        {"hidden_size", "0", "hidden_size"},
        {"hidden_size", "8", "hidden_size 8"},
        {"max_width", "2147483647", "max_width is 2147483647; it must be at most 256"},
        {"max_width", "0", "max_width"},
        {"max_width", "256", ""},
        {"max_len", "2147483647", "max_len"},
        {"max_len", "-1", "max_len"},
        {"class_token_index", "2147483647", "(class_token_index)"},
        {"class_token_index", "16", "(class_token_index)"},
        {"class_token_index", "15", "(class_token_index)"},
        {"class_token_index", "1", "class_token_index is 1, which is not the id"},
        {"class_token_index", "1e999", "class_token_index"},
        {"class_token_index", "-1", ""},
        {"vocab_size", "2147483647", "vocab_size"},
        {"vocab_size", "17", "vocab_size"},
        {"vocab_size", "0", "vocab_size"},
        {"ent_token", "7", "ent_token"},
        {"ent_token", "\"\"", ""},
        {"ent_token", "\"" + "card ".repeat(100_000) + "\"", ""},
        {"sep_token", "\"\\u001b[31m\\u202e\"", ""},
        {"span_mode", "\"token_level\"", "scorer."},
        {"span_mode", "\"token-level\"", "supported are markerV0, marker and token_level"},
        {"represent_spans", "1", ""},
        {"span_mode", "\"marker\"", "span_rep_layer"},
        {"span_mode", "\"\\u001b[31m\"", "span_mode"},
        {"has_rnn", "false", "rnn.lstm."},
        {"has_rnn", "\"no\"", "has_rnn"},
        {"num_rnn_layers", "0", "rnn.lstm."},
        {"num_rnn_layers", "2147483647", "num_rnn_layers"},
        {"num_rnn_layers", "-1", "num_rnn_layers"},
        {"fuse_layers", "true", "layers_fuser.squeeze"},
        {"fuse_layers", "\"yes\"", "fuse_layers"},
        {"labels_encoder", "7", "labels_encoder"},
        {"labels_encoder", "\"../../../etc\"", "needs the tokenizer and config.json of ../../../etc"},
        {"labels_decoder", "[]", "labels_decoder"},
        {"relations_layer", "7", "relations_layer"},
        {"relations_layer", "\"none\"", "pair_rep_layer"},
        {"relations_layer", "\"gat\"", "supported are none and dot"},
        {"precomputed_prompts_mode", "true", "precomputed_prompts_mode"},
        {"subtoken_pooling", "\"mean\"", "subtoken_pooling"},
        {"words_splitter_type", "\"spacy\"", "words_splitter_type"},
        {"post_fusion_schema", "\"a\"", "post_fusion_schema"},
        {"embed_ent_token", "1", "embed_ent_token"},
        {"encoder_config", "[]", "encoder_config"},
        {"encoder_config", "{}", "model_type"},
        {"encoder_config", "null", "nobody/nothing"},
        {"model_name", "\"../../../etc\"", ""},
    };

    private static final String[][] ENCODERS = {
        {"num_hidden_layers", "100000", "num_hidden_layers is 100000; it must be at most 256"},
        {"num_hidden_layers", "256", "says 256 layers (num_hidden_layers), and the checkpoint "},
        {"hidden_size", "65536", "hidden_size"},
        {"hidden_size", "6", ""},
        {"intermediate_size", "262144", "by its intermediate_size"},
        {"position_buckets", "1048576", "position_buckets"},
        {"type_vocab_size", "65536", "by its type_vocab_size"},
        {"model_type", "\"bert\"", "model_type"},
        {"hidden_act", "\"\"", "hidden_act"},
        {"pos_att_type", "\"c2p|foo\"", "pos_att_type"},
        {"relative_attention", "false", "relative_attention"},
    };

    private static FolderWriter files(FamilyModel model) {
        FolderWriter tokenizer = FolderWriter.file(SmallModel.VOCABULARY, SmallModel.TOKENS);
        FolderWriter ofLabels = FolderWriter.file("labels/" + SmallModel.VOCABULARY, SmallModel.TOKENS);
        return (model.fields().containsKey("labels_encoder_config") ? tokenizer.and(ofLabels) : tokenizer)
                .and(FolderWriter.file(CONFIG, model.json()))
                .and(SmallModel.weights(SmallModel.WEIGHTS, model.tensors()));
    }

    private static final FamilyModel GOOD = made(Map.of());

    private static final FamilyModel TOKENS =
            made(Map.of("span_mode", "\"token_level\"", "represent_spans", "true", "fuse_layers", "true"));

    private static final FamilyModel RELATIONS =
            made(Map.of("span_mode", "\"token_level\"", "relations_layer", "\"dot\""));

    private static final String[][] RELATIONS_FIELDS = {
        {"relations_layer", "\"mlp\"", "relations_layer"},
        {"relations_layer", "null", "prompt_rep_layer.0.weight"},
        {"triples_layer", "\"TransE\"", "triples_layer"},
        {"triples_layer", "\"DistMult\"", "pair_rep_layer."},
        {"triples_layer", "[]", "triples_layer"},
        {"rel_token", "7", "rel_token"},
        {"rel_token_index", "2147483647", "gives <<REL>> the id 2147483647"},
        {"rel_token_index", "16", "gives <<REL>> the id 16"},
        {"rel_token_index", "1", "rel_token_index is 1, which is not the id"},
        {"rel_token_index", "-1", ""},
        {"embed_rel_token", "1", "embed_rel_token"},
    };

    /** One whose labels have an encoder like that of the text, of the same words. */
    private static final FamilyModel LABELS = ofLabels();

    private static final String[][] LABELS_FIELDS = {
        {"labels_encoder", "7", "labels_encoder"},
        {"labels_encoder", "\"\"", "labels_encoder is empty"},
        {"labels_encoder_config", "null", "labels/config.json: no such file"},
        {"labels_encoder_config", "[]", "labels_encoder_config"},
        {"labels_encoder_config", "{}", "has the model_type 'not stated'"},
        {"labels_encoder_config", "{\"model_type\":\"modernbert\"}", "has the model_type 'modernbert'"},
        {"labels_encoder_config", "{\"model_type\":\"bert\"}", "hidden_size is missing"},
        {
            "labels_encoder_config",
            "{\"model_type\":\"bert\",\"position_embedding_type\":\"relative_key\"}",
            "supported is absolute"
        },
        {"post_fusion_schema", "\"l2l-x\"", "has the step 'x'"},
        {"post_fusion_schema", "\"" + "l2l-".repeat(100_000) + "\"", "post_fusion_schema"},
        {"post_fusion_schema", "\"t2l\"", "cross_fuser."},
        {"post_fusion_schema", "null", "cross_fuser."},
        {"num_post_fusion_layers", "2147483647", "num_post_fusion_layers is 2147483647; it must be at most 64"},
        {"num_post_fusion_layers", "2", "cross_fuser.layers.1"},
        {"relations_layer", "\"dot\"", "relations_layer is set beside labels_encoder"},
        {"fuse_layers", "true", "fuse_layers is true beside labels_encoder"},
        {"hidden_size", "7", "post_fusion_schema is set, and hidden_size 7"},
    };

    private static FamilyModel ofLabels() {
        String encoder = SmallModel.of(Architecture.ENCODER).json();
        FamilyModel gliner = made(Map.of(
                "labels_encoder", "\"labels\"", "labels_encoder_config", encoder, "post_fusion_schema", "\"l2t-t2t\""));
        gliner.addEncoder("token_rep_layer.labels_encoder.model.");
        return gliner;
    }

    private static final String[][] TOKENS_FIELDS = {
        {"represent_spans", "false", "span_rep_layer."},
        {"represent_spans", "\"no\"", "represent_spans"},
        {"span_mode", "\"markerV0\"", "prompt_rep_layer.0"},
        {"fuse_layers", "false", "layers_fuser."},
        {"hidden_size", "8", "hidden_size 8"},
    };

    private static FamilyModel made(Map<String, String> changes) {
        SequencedMap<String, String> fields = new LinkedHashMap<>();
        fields.put("model_name", "\"nobody/nothing\"");
        fields.put("hidden_size", Integer.toString(WIDTH));
        fields.put("max_width", "3");
        fields.put("max_len", "20");
        fields.put("span_mode", "\"markerV0\"");
        fields.put("class_token_index", "13");
        fields.put("vocab_size", Integer.toString(WORDS));
        fields.putAll(changes);
        FamilyModel gliner = FamilyModel.of(
                SmallModel.of(Architecture.ENCODER),
                "token_rep_layer.bert_layer.model.",
                WORDS,
                fields,
                GlinerReader::files);
        GlinerConfig config =
                gliner.read(folder -> GlinerConfig.read(folder, Optional.empty(), Optional.empty(), WORDS));
        GlinerCheckpoint.parameters(config)
                .forEach((name, type) -> gliner.tensors()
                        .put(name, SmallModel.all(0.1f, type.shape().sizes())));
        return gliner;
    }

    @Override
    public String name() {
        return "gliner";
    }

    @Override
    public List<Hostile> good() {
        return List.of(
                new Hostile("a span model", GOOD.files(), ""),
                new Hostile("a token model", TOKENS.files(), ""),
                new Hostile("a model with relations", RELATIONS.files(), ""),
                new Hostile("a bi-encoder", LABELS.files(), ""));
    }

    @Override
    public List<Hostile> madeByHand() {
        List<Hostile> all = new ArrayList<>(GOOD.withFields("", FIELDS));
        all.addAll(TOKENS.withFields(" of a token model", TOKENS_FIELDS));
        all.addAll(LABELS.withFields(" of a bi-encoder", LABELS_FIELDS));
        all.addAll(RELATIONS.withFields(" of a model with relations", RELATIONS_FIELDS));
        all.addAll(GOOD.withEncoders(ENCODERS));
        all.addAll(StrangeFiles.inThePlaceOf(CONFIG, GOOD.files()));
        all.addAll(GOOD.withTensors(name -> !name.startsWith("token_rep_layer.bert_layer.")));
        all.addAll(TOKENS.withTensors(name -> name.matches("scorer\\..*weight|.*layers_fuser\\.[sW].*")));
        all.addAll(RELATIONS.withTensors(name -> name.startsWith("pair_rep_layer.")));
        all.addAll(LABELS.withTensors(
                name -> name.matches("cross_fuser\\.layers\\.0\\.0\\..*weight|.*labels_projection\\..*")));
        others(all);
        return all;
    }

    private static void others(List<Hostile> all) {
        all.add(new Hostile(
                "finite numbers whose products are infinite",
                GOOD.withTensor("prompt_rep_layer.0.weight", SmallModel.all(3e38f, 4 * WIDTH, WIDTH))
                        .withTensor("prompt_rep_layer.3.weight", SmallModel.all(3e38f, WIDTH, 4 * WIDTH))
                        .files(),
                "gliner_config.json: its weights are finite"));
        all.add(new Hostile(
                "a tensor of another shape in a shard that is damaged",
                inTwoShards("prompt_rep_layer.0.weight"),
                "prompt_rep_layer.0.weight has shape [2,3]"));
        String words = "token_rep_layer.bert_layer.model.embeddings.word_embeddings.weight";
        Map<String, Tensor> others = Map.of(
                "no word", SmallModel.all(0, 0, 8),
                "no axis", SmallModel.all(0),
                "one axis", SmallModel.all(0, 16),
                "three axes", SmallModel.all(0, 16, 4, 2));
        others.forEach((what, tensor) -> all.add(new Hostile(
                "the table of words has " + what, GOOD.withTensor(words, tensor).files(), words)));
        all.add(new Hostile(
                "there is no table of words", GOOD.withoutTensor(words).files(), "word_embeddings"));
        all.add(new Hostile(
                "a tensor under its own and under a compiled model's name",
                GOOD.withTensor("_orig_mod.rnn.lstm.bias_hh_l0", SmallModel.all(0, 2))
                        .files(),
                "which are both rnn.lstm.bias_hh_l0"));
        all.addAll(GOOD.withLeftOver(
                List.of("rnn.lstm.weight_ih_l1", "span_rep_layer.a", "prompt_rep_layer.5.weight", "scorer.a")));
    }

    /** One tensor in an archive of torch.save, whose elements are not read for a shape that is wrong. */
    private static FolderWriter inTwoShards(String name) {
        String index = GOOD.withTensor(name, SmallModel.all(0, 1)).tensors().keySet().stream()
                .map(n -> '"' + n + "\":\"" + (n.equals(name) ? TorchZipReader.FILE : "rest.safetensors") + '"')
                .collect(Collectors.joining(",", "{\"weight_map\":{", "}}"));
        byte[] damaged = new HandmadeZip()
                .add(TorchZipReader.PICKLE, Pickles.bytes(Pickles.state(name, Pickles.matrix())))
                .add(TorchZipReader.STORAGE, Pickles.floats(6), e -> {
                    e.crc++;
                    e.localCrc++;
                })
                .bytes();
        return GOOD.files()
                .and(folder -> Files.delete(folder.resolve(SmallModel.WEIGHTS)))
                .and(FolderWriter.file(SmallModel.WEIGHTS + ".index.json", index))
                .and(SmallModel.weights(
                        "rest.safetensors", GOOD.withoutTensor(name).tensors()))
                .and(FolderWriter.file(TorchZipReader.FILE, damaged));
    }

    @Override
    public void read(Path folder) {
        try (EntityExtractor extractor = EntityExtractor.load(folder, SmallModel.OPTIONS)) {
            ExtractionRequest request = ExtractionRequest.of(
                    SmallModel.TEXT, List.of("money", "the card"), ExtractionOptions.DEFAULT.withThreshold(0.2));
            List<String> relations = extractor.findsRelations() ? List.of("is of") : List.of();
            extractor.run(List.of(request.withRelations(relations)), done -> {});
        }
    }
}
