package detangle.hostile;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Values of config.json that no model has. */
final class HostileConfigs {
    private static final String DIGITS = "9".repeat(4300);

    private static final String[][] SIZES = {
        {"num_hidden_layers", "100000", "num_hidden_layers is 100000; it must be at most 256"},
        {"num_hidden_layers", "256", "says 256 layers (num_hidden_layers), and the checkpoint "},
        {"num_hidden_layers", "1", "num_hidden_layers is 1 in "},
        {"num_hidden_layers", "0", "num_hidden_layers"},
        {"num_hidden_layers", "-1", "num_hidden_layers"},
        {"num_hidden_layers", "1e300", "num_hidden_layers"},
        {"num_hidden_layers", "NaN", "num_hidden_layers"},
        {"num_hidden_layers", "2147483648", "num_hidden_layers"},
        {"num_hidden_layers", DIGITS, "num_hidden_layers"},
        {"num_hidden_layers", "[2]", "num_hidden_layers"},
        {"num_hidden_layers", "\"2\"", "num_hidden_layers"},
        {"hidden_size", "65536", "by its hidden_size"},
        {"hidden_size", "65537", "hidden_size"},
        {"hidden_size", "2147483647", "hidden_size is 2147483647; it must be at most 65536"},
        {"hidden_size", "9", "hidden_size is 9, not a multiple of num_attention_heads 2"},
        {"hidden_size", "4", "by its hidden_size"},
        {"num_attention_heads", "2147483647", "num_attention_heads is 2147483647; it must be at most 4096"},
        {"num_attention_heads", "3", "not a multiple of num_attention_heads 3"},
        {"num_attention_heads", "16", "not a multiple of num_attention_heads 16"},
        {"attention_head_size", "5", "attention_head_size"},
        {"intermediate_size", "262144", "by its intermediate_size"},
        {"intermediate_size", "2147483647", "intermediate_size is 2147483647; it must be at most 262144"},
        {"vocab_size", "16777216", "by its vocab_size"},
        {"vocab_size", "2147483647", "vocab_size is 2147483647; it must be at most 16777216"},
        {"vocab_size", "12", "by its vocab_size"},
        {"embedding_size", "65536", "by its embedding_size"},
        {"embedding_size", "4", "embedding_size"},
        {"type_vocab_size", "65536", "by its type_vocab_size"},
        {"type_vocab_size", "0", "by its type_vocab_size"},
        {"type_vocab_size", "-1", "type_vocab_size"},
        {"max_position_embeddings", "2147483647", "max_position_embeddings"},
        {"max_relative_positions", "2147483647", "max_relative_positions"},
        {"max_relative_positions", "3", "position_buckets"},
        {"position_buckets", "1048576", "position_buckets"},
        {"position_buckets", "2147483647", "position_buckets is 2147483647; it must be at most 1048576"},
        {"position_buckets", "1", "position_buckets"},
        {"position_buckets", "-1", "by its max_relative_positions"},
        {"conv_kernel_size", "1023", "by its conv_kernel_size"},
        {"conv_kernel_size", "2147483647", "conv_kernel_size"},
        {"conv_kernel_size", "4", "conv_kernel_size is 4; it must be odd"},
        {"conv_kernel_size", "0", "by its conv_kernel_size"},
        {"conv_groups", "2147483647", "conv_groups"},
        {"conv_groups", "3", "conv_groups"},
        {"conv_groups", "2", "by its conv_groups"},
        {"pooler_hidden_size", "65536", "pooler_hidden_size"},
        {"pad_token_id", "2147483647", "pad_token_id"},
        {"pad_token_id", "-1", "pad_token_id"},
        {"id2label", "{\"0\":\"a\",\"2147483647\":\"b\"}", "id2label has no label \"1\""},
        {"id2label", "{\"0\":\"a\",\"0\":\"b\"}", "classifier.weight has 2 rows"},
        {"id2label", "{}", "id2label"},
        {"id2label", "7", "id2label"},
        {"id2label", "{\"0\":null,\"1\":\"b\"}", "id2label"},
        {"id2label", "{\"0\":{\"a\":1},\"1\":\"b\"}", "id2label"},
        {"id2label", labels(100_000), "classifier.weight has 2 rows"},
        {"id2label", labels(300_000), "131072 JSON values"},
    };

    private static final String[][] WORDS = {
        {"model_type", "\"bert\"", "model_type"},
        {"model_type", "\"\\u001b[31m\\u202edeberta\"", "model_type"},
        {"model_type", "\"" + "x".repeat(1_000_000) + "\"", "model_type"},
        {"model_type", "\"deberta\"", "config.json"},
        {"hidden_act", "\"gelu_new?\"", "hidden_act"},
        {"hidden_act", "\"\"", "hidden_act"},
        {"hidden_act", "[\"gelu\"]", "hidden_act"},
        {"conv_act", "\"softmax\"", "conv_act"},
        {"pooler_hidden_act", "\"tanhh\"", "pooler_hidden_act"},
        {"pos_att_type", "\"c2p|foo\"", "pos_att_type"},
        {"pos_att_type", "\"c2p|c2p\"", "pos_att_type"},
        {"pos_att_type", "\"|\"", "pos_att_type"},
        {"pos_att_type", "[\"c2p\",7]", "pos_att_type"},
        {"pos_att_type", "\"" + "c2p|".repeat(50_000) + "\"", "pos_att_type"},
        {"norm_rel_ebd", "\"layer_norm|batch_norm\"", "norm_rel_ebd"},
        {"norm_rel_ebd", "\"none\"", "norm_rel_ebd"},
        {"norm_rel_ebd", "{}", "norm_rel_ebd"},
        {"relative_attention", "false", "relative_attention"},
        {"relative_attention", "\"true\"", "relative_attention"},
        {"relative_attention", "1", "relative_attention"},
        {"share_att_key", "false", "by its share_att_key"},
        {"position_biased_input", "true", "by its position_biased_input"},
        {"layer_norm_eps", "0", "layer_norm_eps"},
        {"layer_norm_eps", "-1e-7", "layer_norm_eps"},
        {"layer_norm_eps", "NaN", "layer_norm_eps"},
        {"layer_norm_eps", "Infinity", "layer_norm_eps"},
        {"layer_norm_eps", "1e30", "layer_norm_eps"},
        {"layer_norm_eps", "1e-300", "layer_norm_eps"},
        {"layer_norm_eps", "\"1e-7\"", "layer_norm_eps"},
        {"hidden_dropout_prob", "2", "hidden_dropout_prob"},
        {"attention_probs_dropout_prob", "-1", "attention_probs_dropout_prob"},
        {"initializer_range", "NaN", "initializer_range"},
        {"initializer_range", "1" + "0".repeat(400), "initializer_range"},
        {"layer_norm_eps", "-1" + "0".repeat(400), "layer_norm_eps"},
        {"problem_type", "\"classification\"", "problem_type"},
        {"pruned_heads", "{\"0\":[1]}", "pruned_heads"},
        {"pooling", "7", "pooling"},
        {"pooling", "{\"hidden_size\":4}", "pooler_hidden_size"},
        {"legacy", "\"no\"", "legacy"},
        {"tie_word_embeddings", "0", "tie_word_embeddings"},
        {"sentence_transformers", "[]", "sentence_transformers"},
        {"sentence_transformers", "{\"activation_fn\":\"os.system\"}", ""},
        {"sbert_ce_default_activation_function", "\"builtins.exec\"", ""},
        {"sbert_ce_default_activation_function", "7", "sbert_ce_default_activation_function"},
        {"architectures", "[\"DebertaV2ForTokenClassification\"]", ""},
        {"architectures", "{\"a\":1}", ""},
        {"label2id", "{\"no\":1,\"yes\":0}", ""},
        {"label2id", "{\"no\":{\"yes\":0},\"yes\":1}", ""},
        {"label2id", "{\"no\":0,\"yes\":[1]}", ""},
        {"num_labels", "2147483647", ""},
        {"quantization_config", "{\"load_in_4bit\":true}", ""},
        {"auto_map", "{\"AutoModel\":\"evil.Model\"}", ""},
        {"a\\u001b[2J", "1", ""},
    };

    /** Texts in the place of config.json, and what the message has. */
    private static final String[][] TEXTS = {
        {"nothing but a number", "7", "not a JSON object"},
        {"an array", "[]", "not a JSON object"},
        {"null", "null", "not a JSON object"},
        {"the start of an object", "{\"model_type\":", "ends too early"},
        {"100 000 arrays in each other", "[".repeat(100_000), "nested too deeply"},
        {"100 000 objects in each other", "{\"a\":".repeat(100_000), "nested too deeply"},
        {"300 000 empty arrays", "[" + "[],".repeat(300_000) + "[]]", "131072 JSON values"},
        {"300 000 fields", "{" + fields(300_000) + "}", "131072 JSON values"},
        {"a name of a million characters", "{\"" + "a".repeat(1_000_000) + "\":1}", "config.json"},
        {"a number of 100 000 digits", "{\"vocab_size\":" + "9".repeat(100_000) + "}", "too long"},
        {"1 800 numbers of 4300 digits", "[" + (DIGITS + ",").repeat(1800) + "1]", "not a JSON object"},
        {"a number with a large exponent", "{\"model_type\":1e999999999}", "model_type"},
        {"two values", "{} {}", "something follows its end"},
        {"a web page", "<!DOCTYPE html><html>", "web page"},
        {"a pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "Git LFS"},
        {"UTF-16", "\ufeff{\0}\0", "config.json"},
        {"zeros", "\0".repeat(100_000), "config.json"},
        {"controls", "{\"\u001b[31m\":1}", "config.json"},
        {"nine megabytes of spaces", " ".repeat(9 << 20) + "{}", "at most 8388608"},
        {"eight megabytes of spaces", " ".repeat((8 << 20) - 2) + "{}", "model_type"},
    };

    private HostileConfigs() {}

    static List<Hostile> all() {
        SmallModel good = SmallModel.classifier();
        List<Hostile> all = new ArrayList<>(SmallModel.fields(good, SIZES));
        all.addAll(SmallModel.fields(good, WORDS));
        for (String[] text : TEXTS) {
            all.add(new Hostile(
                    "config.json is " + text[0],
                    good.files().and(FolderWriter.file(SmallModel.CONFIG, text[1])),
                    text[2]));
        }
        for (String field :
                List.of("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")) {
            all.add(new Hostile(field + " is missing", good.without(field).files(), field));
        }
        all.add(new Hostile(
                "all sizes are the largest",
                good.with("hidden_size", "65536")
                        .with("num_attention_heads", "4096")
                        .with("num_hidden_layers", "256")
                        .with("intermediate_size", "262144")
                        .with("vocab_size", "16777216")
                        .with("position_buckets", "1048576")
                        .with("max_relative_positions", "1048576")
                        .with("type_vocab_size", "65536")
                        .files(),
                "num_hidden_layers"));
        all.add(new Hostile(
                "num_labels is 2147483647 without id2label",
                good.without("id2label").with("num_labels", "2147483647").files(),
                "num_labels"));
        all.add(new Hostile(
                "num_labels is 131072 without id2label",
                good.without("id2label").with("num_labels", "131072").files(),
                "classifier.weight has 2 rows"));
        return all;
    }

    private static String labels(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> "\"" + i + "\":\"" + i + "\"")
                .collect(Collectors.joining(",", "{", "}"));
    }

    private static String fields(int count) {
        return IntStream.range(0, count).mapToObj(i -> "\"" + i + "\":0").collect(Collectors.joining(","));
    }
}
