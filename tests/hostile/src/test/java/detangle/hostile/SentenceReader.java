package detangle.hostile;

import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.pipelines.FeatureExtractor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A folder of sentence-transformers: the modules behind the encoder, their weights, and what it says of inputs and
 * vectors.
 */
final class SentenceReader implements Reader {
    private static final String MODULES = "modules.json";
    private static final String POOLING = "1_Pooling/config.json";
    private static final String DENSE = "2_Dense/config.json";
    private static final String NORM = "3_LayerNorm/config.json";
    private static final String SETTINGS = "sentence_bert_config.json";
    private static final String DEFAULTS = "config_sentence_transformers.json";

    /** Texts in the place of a file, and what the message has. */
    private static final String[][] TEXTS = {
        {MODULES, "{}", "is not an array of modules"},
        {MODULES, "[]", "names no modules"},
        {MODULES, modules("_Transformer", "1_Pooling"), "two modules of type Transformer"},
        {MODULES, "[{}]", "module 1 has no path"},
        {MODULES, "[7]", "module 1 has no path"},
        {MODULES, modules("2_Dense"), "Dense stands before Pooling"},
        {MODULES, modules("1_Pooling", "1_Pooling"), "two modules of type Pooling"},
        {MODULES, modules("1_Pooling", "2_Dense", "2_Dense"), "in_features is 8, and 4 numbers come to it"},
        {MODULES, modules("1_Pooling", "../2_Dense"), "not a folder in that of the model"},
        {MODULES, modules("1_Pooling", "/absent/2_Dense"), "not a folder in that of the model"},
        {MODULES, modules("1_Pooling", ".//2_Dense"), "not a folder in that of the model"},
        {MODULES, modules("1_Pooling", "2_Dense/.."), "not a folder in that of the model"},
        {MODULES, modules("1_Pooling", "2_Dense/../../2_Dense"), "not a folder in that of the model"},
        {MODULES, modules("1_Pooling", "a\\u0000_Dense"), "not a folder in that of the model"},
        {MODULES, modules("1_Pooling", "a\\n\\u001b[2J_Dense"), "not a folder in that of the model"},
        {MODULES, modules("1_Pooling", "a/".repeat(100_000) + "_Dense"), "not a folder in that of the model"},
        {MODULES, modules("1_Pooling", "a".repeat(250) + "/_Dense"), "not a folder in that of the model"},
        {MODULES, modules("1_Pooling", "absent_Dense"), "absent_Dense"},
        {MODULES, modules("1_Pooling", "2_Router"), "Router"},
        {MODULES, modules("1_Pooling", "2_os.system"), "os.system"},
        {MODULES, modules(many(1000)), "has 1001 modules; at most 64 are read"},
        {MODULES, modules(many(100_000)), "131072 JSON values"},
        {MODULES, "[{\"path\":\"1_Pooling\",\"type\":\"sentence_transformers.models.Transformer\"}]", "1_Pooling"},
        {MODULES, "[".repeat(10_000), "nested too deeply"},
        {POOLING, "[]", "not a JSON object"},
        {POOLING, "{\"word_embedding_dimension\":2147483647}", "word_embedding_dimension is 2147483647"},
        {POOLING, "{\"pooling_mode\":[]}", "pooling_mode names no pooling"},
        {POOLING, "{\"pooling_mode\":\"median\"}", "pooling_mode"},
        {POOLING, "{\"pooling_mode\":{}}", "pooling_mode"},
        {POOLING, "{\"pooling_mode\":[" + "\"mean\",".repeat(10_000) + "\"cls\"]}", "pooling_mode"},
        {POOLING, "{\"pooling_mode_median_tokens\":true}", "pooling_mode_median_tokens"},
        {POOLING, "{\"pooling_mode_cls_token\":\"yes\"}", "pooling_mode_cls_token"},
        {POOLING, "{\"pooling_mode_mean_tokens\":false}", "every pooling_mode"},
        {POOLING, "{\"include_prompt\":0}", "include_prompt"},
        {DENSE, "{}", "in_features"},
        {DENSE, dense("2147483647", "4"), "in_features is 2147483647; it must be at most 65536"},
        {DENSE, dense("8", "2147483647"), "out_features is 2147483647; it must be at most 65536"},
        {DENSE, dense("8", "65536"), "linear.weight has the shape [4, 8]"},
        {DENSE, dense("65536", "4"), "in_features is 65536, and 8 numbers come to it"},
        {DENSE, dense("8", "0"), "out_features"},
        {DENSE, dense("8", "-4"), "out_features"},
        {DENSE, dense("8", "1e999"), "out_features"},
        {DENSE, dense("8", "4,\"bias\":false"), "holds linear.bias"},
        {DENSE, dense("8", "4,\"use_residual\":true"), "residual.weight"},
        {DENSE, dense("8", "4,\"activation_function\":\"os.system\""), "os.system"},
        {DENSE, dense("8", "4,\"activation_function\":7"), "activation_function"},
        {DENSE, dense("8", "4,\"module_input_name\":\"token_embeddings\""), "module_input_name"},
        {NORM, "{\"dimension\":2147483647}", "dimension is 2147483647; it must be at most 65536"},
        {NORM, "{\"dimension\":5}", "norm.weight has the shape [4]"},
        {NORM, "{\"dimension\":0}", "dimension"},
        {SETTINGS, "{\"max_seq_length\":0}", "max_seq_length"},
        {SETTINGS, "{\"max_seq_length\":-2147483648}", "max_seq_length"},
        {SETTINGS, "{\"max_seq_length\":2147483648}", "max_seq_length"},
        {SETTINGS, "{\"max_seq_length\":\"512\"}", "max_seq_length"},
        {SETTINGS, "{\"max_seq_length\":2147483647}", ""},
        {SETTINGS, "{\"do_lower_case\":1}", "do_lower_case"},
        {SETTINGS, "[1]", "not a JSON object"},
        {DEFAULTS, "{\"truncate_dim\":0}", "truncate_dim"},
        {DEFAULTS, "{\"truncate_dim\":2147483647}", ""},
        {DEFAULTS, "{\"truncate_dim\":2147483648}", "truncate_dim"},
        {DEFAULTS, "{\"prompts\":[]}", "prompts"},
        {
            DEFAULTS,
            "{\"prompts\":{\"a\":\"" + "card ".repeat(20_000) + "\"},\"default_prompt_name\":\"a\"}",
            "at most 65536"
        },
        {DEFAULTS, "{\"prompts\":{\"a\":7}}", "a is not a string"},
        {DEFAULTS, "{\"prompts\":{},\"default_prompt_name\":\"query\"}", "default_prompt_name"},
        {DEFAULTS, "{\"default_prompt_name\":\"\\u001b[31m\"}", "default_prompt_name"},
        {DEFAULTS, "{\"prompts\":{\"a\":\"" + "card ".repeat(1000) + "\"},\"default_prompt_name\":\"a\"}", ""},
    };

    @Override
    public String name() {
        return "sentence-transformers";
    }

    @Override
    public List<Hostile> good() {
        return List.of(new Hostile("an encoder with four modules", files(), ""));
    }

    private static FolderWriter files() {
        return SmallModel.of(Architecture.ENCODER)
                .files()
                .and(FolderWriter.file(MODULES, modules("1_Pooling", "2_Dense", "3_LayerNorm", "4_Normalize")))
                .and(FolderWriter.file(POOLING, "{\"word_embedding_dimension\":8,\"pooling_mode_mean_tokens\":true}"))
                .and(FolderWriter.file(DENSE, dense("8", "4")))
                .and(denseWeights(SmallModel.all(0.5f, 4, 8), SmallModel.all(0.1f, 4)))
                .and(FolderWriter.file(NORM, "{\"dimension\":4}"))
                .and(normWeights(SmallModel.all(1, 4)))
                .and(FolderWriter.file(SETTINGS, "{\"max_seq_length\":12,\"do_lower_case\":true}"))
                .and(FolderWriter.file(DEFAULTS, "{\"prompts\":{\"query\":\"the card\"},\"truncate_dim\":3}"));
    }

    private static FolderWriter denseWeights(Tensor weight, Tensor bias) {
        return SmallModel.weights("2_Dense/model.safetensors", Map.of("linear.weight", weight, "linear.bias", bias));
    }

    private static FolderWriter normWeights(Tensor weight) {
        return SmallModel.weights(
                "3_LayerNorm/model.safetensors", Map.of("norm.weight", weight, "norm.bias", SmallModel.all(0, 4)));
    }

    private static String dense(String in, String out) {
        return "{\"in_features\":" + in + ",\"out_features\":" + out + "}";
    }

    private static String[] many(int count) {
        return IntStream.range(0, count).mapToObj(i -> i + "_Normalize").toArray(String[]::new);
    }

    /** A Transformer, and modules whose folders are called by a number and their class. */
    private static String modules(String... folders) {
        return IntStream.range(0, folders.length)
                .mapToObj(i -> ",{\"path\":\"" + folders[i] + "\",\"type\":\"sentence_transformers.models."
                        + folders[i].substring(folders[i].indexOf('_') + 1) + "\"}")
                .collect(Collectors.joining(
                        "", "[{\"path\":\"\",\"type\":\"sentence_transformers.models.Transformer\"}", "]"));
    }

    @Override
    public List<Hostile> madeByHand() {
        List<Hostile> all = new ArrayList<>();
        for (String[] text : TEXTS) {
            String shown = text[1].length() > 100 ? text[1].substring(0, 100) + "..." + text[1].length() : text[1];
            all.add(new Hostile(
                    all.size() + ": " + text[0] + " is " + shown,
                    files().and(FolderWriter.file(text[0], text[1])),
                    text[2]));
        }
        for (String name : List.of(MODULES, DENSE, SETTINGS, DEFAULTS)) {
            all.addAll(StrangeFiles.inThePlaceOf(name, files()));
        }
        for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            Tensor bad = SmallModel.all(value, 4);
            all.add(new Hostile(
                    "Dense adds " + value, files().and(denseWeights(SmallModel.all(0, 4, 8), bad)), "linear.bias"));
            all.add(new Hostile(
                    "Dense multiplies by " + value,
                    files().and(denseWeights(SmallModel.all(value, 4, 8), SmallModel.all(0, 4))),
                    "linear.weight"));
            all.add(new Hostile("LayerNorm multiplies by " + value, files().and(normWeights(bad)), "norm.weight"));
        }
        all.add(new Hostile(
                "weights of Dense are a scalar",
                files().and(denseWeights(SmallModel.all(0), SmallModel.all(0, 4))),
                "linear.weight"));
        all.add(new Hostile(
                "weights of Dense hold a tensor more",
                files().and(SmallModel.weights(
                        "2_Dense/model.safetensors",
                        Map.of(
                                "linear.weight",
                                SmallModel.all(0.5f, 4, 8),
                                "linear.bias",
                                SmallModel.all(0, 4),
                                "linear2.weight",
                                SmallModel.all(0, 4)))),
                "holds linear2.weight"));
        all.add(new Hostile(
                "the folder of Dense is a link to itself",
                files().and(folder -> {
                    Path module = folder.resolve("2_Dense");
                    Files.delete(module.resolve("config.json"));
                    Files.delete(module.resolve("model.safetensors"));
                    Files.delete(module);
                    Files.createSymbolicLink(module, module);
                }),
                "2_Dense"));
        return all;
    }

    @Override
    public void read(Path folder) {
        try (FeatureExtractor extractor = FeatureExtractor.load(folder, SmallModel.OPTIONS)) {
            extractor.encode(SmallModel.TEXT);
        }
    }
}
