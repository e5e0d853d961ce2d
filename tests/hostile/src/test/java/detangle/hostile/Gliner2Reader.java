package detangle.hostile;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.RandomWeights;
import detangle.models.gliner2.Gliner2Config;
import detangle.models.gliner2.Gliner2Programs;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.SchemaExtractor;
import detangle.pipelines.schema.ClassificationTask;
import detangle.pipelines.schema.RecordMode;
import detangle.pipelines.schema.RelationKind;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaOptions;
import detangle.pipelines.schema.Structure;
import detangle.pipelines.schema.StructureField;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;

/** A folder of a GLiNER2 model: its configuration, that of its encoder, and the tensors of its own layers. */
final class Gliner2Reader implements Reader {
    private static final int WORDS = 23;
    private static final String CONFIG = "config.json";
    private static final String ENCODER = "encoder_config/config.json";
    private static final String ADDED = "added_tokens.json";

    private static final String TOKENS = """
        {"[SEP_STRUCT]":13,"[SEP_TEXT]":14,"[P]":15,"[C]":16,"[E]":17,"[R]":18,"[L]":19,"[EXAMPLE]":20,
        "[OUTPUT]":21,"[DESCRIPTION]":22}
        """;

    private static final Schema SCHEMA = Schema.ofEntities("money", "the card")
            .and(RelationKind.of("is"))
            .and(Structure.of("card", StructureField.of("where").withChoices("a", "b")))
            .and(ClassificationTask.of("topic", "card", "money"));

    private static final Schema BOUNDARY_SCHEMA = Schema.ofEntities("money", "the card")
            .and(RelationKind.of("is"))
            .and(Structure.of("card", StructureField.of("where").withChoices("a", "b"), StructureField.of("whose"))
                    .withMode(RecordMode.NATURAL))
            .and(Structure.of("bank", StructureField.of("name")).withMode(RecordMode.LATENT))
            .and(Structure.of("sum", StructureField.of("of")).withMode(RecordMode.ANCHORLESS))
            .and(ClassificationTask.of("topic", "card", "money"));

    private static final String[][] FIELDS = {
        {"architecture", "\"boundary\"", "classifier.3"},
        {"architecture", "\"lattice\"", "architecture"},
        {"architecture", "7", "architecture"},
        {"architecture", "\"\\u001b[31m\"", "architecture"},
        {"architecture", "null", ""},
        {"model_type", "\"bert\"", "model_type"},
        {"model_type", "[]", "model_type"},
        {"max_width", "2147483647", "max_width is 2147483647; it must be at most 256"},
        {"max_width", "0", "max_width"},
        {"max_width", "256", ""},
        {"max_width", "1e999", "max_width"},
        {"span_head", "[]", "span_head"},
        {"span_head", "{\"max_width\":-1}", "max_width"},
        {"span_head", "{\"span_mode\":\"query\"}", "span_mode"},
        {"counting_layer", "\"gru\"", "counting_layer"},
        {"counting_layer", "\"count_lstm_v2\"", "count_embed"},
        {"counting_layer", "\"count_lstm_moe\"", "count_embed"},
        {"counting_layer", "7", "counting_layer"},
        {"token_pooling", "\"last\"", "token_pooling"},
        {"token_pooling", "\"max\"", ""},
        {"model_name", "\"../../../etc\"", ""},
    };

    /** Fields of {@code boundary_head} in the place of those of the good model. */
    private static final String[][] BOUNDARY = {
        {"boundary_dim", "2147483647", "boundary_dim is 2147483647; it must be at most 8192"},
        {"boundary_dim", "8", "left_projection"},
        {"boundary_dim", "5", "boundary_dim"},
        {"pair_dim", "0", "pair_dim"},
        {"pair_dim", "3", "pair_dim"},
        {"boundary_refinement_layers", "100000", "boundary_refinement_layers"},
        {"boundary_ffn_multiplier", "1e300", "boundary_ffn_multiplier"},
        {"boundary_ffn_multiplier", "0", "boundary_ffn_multiplier"},
        {"boundary_attention_layers", "-1", "boundary_attention_layers"},
        {"boundary_attention_heads", "5", "boundary_attention_heads"},
        {"boundary_attention_window", "-1", "boundary_attention_window"},
        {"boundary_attention_window", "2147483647", ""},
        {"start_top_k", "2147483647", "start_top_k"},
        {"candidate_budget", "2147483647", "candidate_budget"},
        {"candidate_budget", "1", ""},
        {"ends_per_start", "0", "ends_per_start"},
        {"boundary_top_k_alpha", "1e999", "boundary_top_k_alpha"},
        {"boundary_top_k_alpha", "1e300", ""},
        {"boundary_top_k_max", "1", "boundary_top_k_max"},
        {"boundary_top_k_bucket", "0", "boundary_top_k_bucket"},
        {"candidate_pool", "\"none\"", "candidate_pool"},
        {"candidate_pool", "\"shared\"", ""},
        {"pool_size", "2147483647", "pool_size"},
        {"min_pool_per_query", "100000", "min_pool_per_query"},
        {"pool_boundary_top_k", "0", "pool_boundary_top_k"},
        {"candidate_attention_heads", "3", "candidate_attention_heads"},
        {"content_dim", "65536", "content_dim"},
        {"content_soft_max_pool", "true", "content_pooler"},
        {"rotary_base", "0", "rotary_base"},
        {"rotary_base", "1e300", ""},
        {"overlap_policy", "\"some\"", "overlap_policy"},
        {"overlap_policy", "\"longest\"", ""},
        {"pair_temperature", "0", "pair_temperature"},
        {"pair_temperature", "1e-300", "pair_temperature"},
        {"abstention_threshold", "2", "abstention_threshold"},
        {"adaptive_threshold", "7", "adaptive_threshold"},
        {"enable_count_head", "false", "adaptive_threshold"},
        {"enable_records", "false", "of the model that no parameter takes"},
        {"enable_relations", "\"no\"", "enable_relations"},
        {"record_dim", "100000", "record_dim"},
        {"record_instance_queries", "2147483647", "record_instance_queries"},
        {"relation_pair_cap", "0", "relation_pair_cap"},
        {"relation_temperature", "-1", "relation_temperature"},
        {"dropout", "1", "dropout"},
        {"dropout", "0", "classifier.2"},
    };

    private static final String[][] ENCODERS = {
        {"num_hidden_layers", "100000", "num_hidden_layers is 100000; it must be at most 256"},
        {"num_hidden_layers", "256", "says 256 layers (num_hidden_layers), and the checkpoint "},
        {"hidden_size", "65536", "hidden_size"},
        {"hidden_size", "6", "hidden_size"},
        {"intermediate_size", "262144", "by its intermediate_size"},
        {"position_buckets", "1048576", "position_buckets"},
        {"model_type", "\"modernbert\"", "model_type"},
        {"relative_attention", "false", "relative_attention"},
        {"vocab_size", "2147483647", "vocab_size"},
    };

    /** The configuration of an adapter in the form from before GLiNER2 used PEFT. */
    private static final String[][] ADAPTERS = {
        {"lora_r", "2147483647", "lora_r is 2147483647; it must be at most 65536"},
        {"lora_r", "0", "lora_r"},
        {"lora_r", "3", "says lora_r 3"},
        {"lora_alpha", "1e999", "lora_alpha"},
        {"lora_alpha", "\"a\"", "lora_alpha"},
        {"target_modules", "7", "target_modules"},
        {"target_modules", "[]", "target_modules"},
        {"target_modules", "[7]", "target_modules"},
        {"target_modules", "[\"encoder\"]", "target_modules"},
    };

    private static final String ADAPTER = "adapter";
    private static final String ADAPTER_WEIGHTS = "adapter_weights.safetensors";

    private static FolderWriter files(FamilyModel model) {
        return FolderWriter.file(SmallModel.VOCABULARY, SmallModel.TOKENS)
                .and(FolderWriter.file(ADDED, TOKENS))
                .and(FolderWriter.file(CONFIG, model.jsonOfFields()))
                .and(FolderWriter.file(ENCODER, model.encoder().json()))
                .and(SmallModel.weights(SmallModel.WEIGHTS, model.tensors()));
    }

    private static final FamilyModel GOOD = made(Map.of("max_width", "3", "counting_layer", "\"count_lstm\""));

    private static final FamilyModel GOOD_BOUNDARY =
            made(Map.of("architecture", "\"boundary\"", "config_version", "3", "boundary_head", head("", "")));

    private static final FamilyModel GOOD_SHARED = made(Map.of(
            "architecture",
            "\"boundary\"",
            "config_version",
            "3",
            "boundary_head",
            head("candidate_pool", "\"shared\"")));

    /** The head of the good model of the boundary architecture, one of whose fields has another value. */
    private static String head(String field, String json) {
        SequencedMap<String, String> head = new LinkedHashMap<>();
        head.put("boundary_dim", "4");
        head.put("pair_dim", "4");
        head.put("multihead_pair_compat_heads", "2");
        head.put("boundary_attention_layers", "1");
        head.put("boundary_attention_heads", "2");
        head.put("boundary_attention_window", "2");
        head.put("candidate_attention_layers", "1");
        head.put("candidate_attention_heads", "2");
        head.put("enable_span_content", "true");
        head.put("content_dim", "3");
        head.put("enable_rotary_endpoints", "true");
        head.put("adaptive_threshold", "true");
        head.put("record_dim", "3");
        head.put("record_instance_queries", "2");
        if (!field.isEmpty()) {
            head.put(field, json);
        }
        return new SmallModel(head, new LinkedHashMap<>()).json();
    }

    private static FamilyModel made(Map<String, String> more) {
        SequencedMap<String, String> fields = new LinkedHashMap<>();
        fields.put("model_type", "\"extractor\"");
        fields.put("model_name", "\"nobody/nothing\"");
        fields.putAll(new TreeMap<>(more));
        FamilyModel model =
                FamilyModel.of(SmallModel.of(Architecture.ENCODER), "encoder.", WORDS, fields, Gliner2Reader::files);
        for (Program program : Gliner2Programs.whole(config(model))) {
            model.tensors().putAll(RandomWeights.of(program));
        }
        return model;
    }

    private static Gliner2Config config(FamilyModel model) {
        return model.read(folder -> Gliner2Config.read(folder, WORDS));
    }

    @Override
    public String name() {
        return "gliner2";
    }

    @Override
    public List<Hostile> good() {
        return List.of(
                new Hostile("a span model", GOOD.files(), ""),
                new Hostile("a boundary model", GOOD_BOUNDARY.files(), ""),
                new Hostile("a boundary model with a shared pool", GOOD_SHARED.files(), ""),
                new Hostile("a span model with an adapter", adapted("lora_alpha", "3", 0.1f), ""));
    }

    @Override
    public List<Hostile> madeByHand() {
        List<Hostile> all = new ArrayList<>(GOOD.withFields("", FIELDS));
        all.addAll(GOOD.withEncoders(ENCODERS));
        all.addAll(StrangeFiles.inThePlaceOf(ENCODER, GOOD.files()));
        tensors(all);
        boundary(all);
        adapters(all);
        return all;
    }

    /** Faults of the boundary architecture; those of tensors go round, as there are many. */
    private static void boundary(List<Hostile> all) {
        for (String[] field : BOUNDARY) {
            all.add(new Hostile(
                    field[0] + " of the boundary head is " + field[1],
                    GOOD_BOUNDARY
                            .with("boundary_head", head(field[0], field[1]))
                            .files(),
                    field[2]));
        }
        all.add(new Hostile(
                "the boundary head is a list",
                GOOD_BOUNDARY.with("boundary_head", "[]").files(),
                "boundary_head"));
        all.add(new Hostile(
                "the configuration is of a version without structures",
                GOOD_BOUNDARY.with("config_version", "2").files(),
                "of the model that no parameter takes"));
        Set<String> known = new LinkedHashSet<>();
        for (FamilyModel model : List.of(GOOD_BOUNDARY, GOOD_SHARED)) {
            String pool = model == GOOD_SHARED ? " of a shared pool" : " of a pool of each query";
            Set<String> used = new LinkedHashSet<>();
            for (Program program : Gliner2Programs.all(config(model))) {
                used.addAll(RandomWeights.types(program).keySet());
            }
            used.removeAll(known);
            known.addAll(used);
            int kind = 0;
            for (String name : used) {
                Tensor tensor = model.tensors().get(name);
                switch (kind++ % 3) {
                    case 0 -> {
                        float[] other = tensor.toFloats();
                        other[0] = Float.NaN;
                        all.add(new Hostile(
                                name + pool + " begins with NaN",
                                model.withTensor(name, Tensor.of(other, tensor.shape()))
                                        .files(),
                                name));
                    }
                    case 1 ->
                        all.add(new Hostile(
                                name + pool + " is missing",
                                model.withoutTensor(name).files(),
                                name));
                    default ->
                        all.add(new Hostile(
                                name + pool + " is of another shape",
                                model.withTensor(name, SmallModel.all(0, 3, 1, 7))
                                        .files(),
                                name));
                }
            }
        }
        String unused = "boundary_head.shared_pool_scorer.film.weight";
        all.add(new Hostile(
                "a tensor of the other pool is of another shape",
                GOOD_BOUNDARY.withTensor(unused, SmallModel.all(0, 3)).files(),
                unused));
        all.add(new Hostile(
                "a tensor of the other pool is missing",
                GOOD_BOUNDARY.withoutTensor(unused).files(),
                ""));
    }

    private static void adapters(List<Hostile> all) {
        for (String[] field : ADAPTERS) {
            all.add(new Hostile(
                    field[0] + " of the adapter is " + field[1], adapted(field[0], field[1], 0.1f), field[2]));
        }
        all.add(new Hostile("the adapter has NaN", adapted("lora_r", "1", Float.NaN), "classifier.0.lora_A"));
        all.add(new Hostile(
                "the adapter has no weights",
                adapted("lora_r", "1", 0)
                        .and(f -> Files.delete(f.resolve(ADAPTER).resolve(ADAPTER_WEIGHTS))),
                ADAPTER_WEIGHTS));
    }

    /** The good model with an adapter, one of whose fields has another value. */
    private static FolderWriter adapted(String field, String json, float value) {
        SequencedMap<String, String> config = new LinkedHashMap<>();
        config.put("lora_r", "1");
        config.put("lora_alpha", "2");
        config.put("target_modules", "[\"classifier\"]");
        config.put(field, json);
        SequencedMap<String, Tensor> factors = new LinkedHashMap<>();
        factors.put("classifier.0.lora_A", SmallModel.all(value, 1, 8));
        factors.put("classifier.0.lora_B", SmallModel.all(0.1f, 16, 1));
        return GOOD.files()
                .and(FolderWriter.file(
                        ADAPTER + "/adapter_config.json", new SmallModel(config, new LinkedHashMap<>()).json()))
                .and(SmallModel.weights(ADAPTER + "/" + ADAPTER_WEIGHTS, factors));
    }

    private static void tensors(List<Hostile> all) {
        all.addAll(GOOD.withTensors(name -> !name.startsWith("encoder.")));
        all.addAll(GOOD.withLeftOver(List.of("count_embed.a")));
        String words = "encoder.embeddings.word_embeddings.weight";
        all.add(new Hostile(
                "there are fewer words than tokens",
                GOOD.withTensor(words, SmallModel.all(0, 20, 8)).files(),
                "rows of words"));
        all.add(new Hostile(
                "the table of words has one axis",
                GOOD.withTensor(words, SmallModel.all(0, 16)).files(),
                words));
        all.add(new Hostile(
                "there is no table of words", GOOD.withoutTensor(words).files(), "word_embeddings"));
    }

    @Override
    public void read(Path folder) {
        Path adapter = folder.resolve(ADAPTER);
        PipelineOptions options = Files.exists(adapter) ? SmallModel.OPTIONS.withAdapter(adapter) : SmallModel.OPTIONS;
        try (SchemaExtractor extractor = SchemaExtractor.load(folder, options)) {
            boolean isBoundary = Gliner2Config.architecture(folder).equals("boundary");
            extractor.extract(SmallModel.TEXT, isBoundary ? BOUNDARY_SCHEMA : SCHEMA, SchemaOptions.DEFAULT);
        }
    }
}
