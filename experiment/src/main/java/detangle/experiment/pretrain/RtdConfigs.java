package detangle.experiment.pretrain;

import detangle.models.deberta.ConfigFields;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The configurations of v3's pre-training (experiments/language_model/rtd_*.json): a generator is a discriminator of
 * half the depth.
 */
final class RtdConfigs {
    /** A size: its file, the width, the number of heads, and the layers of the generator. */
    private record Size(String file, int hidden, int heads, int layers) {}

    private static final List<Size> SIZES = List.of(
            new Size("rtd_xsmall.json", 384, 6, 6),
            new Size("rtd_small.json", 768, 12, 3),
            new Size("rtd_base.json", 768, 12, 6),
            new Size("rtd_large.json", 1024, 16, 12));

    private static final int INNER_FACTOR = 4;

    private RtdConfigs() {}

    static String names() {
        return SIZES.stream().map(Size::file).collect(Collectors.joining(", "));
    }

    /** Returns the configuration that the original has in a file of that name. */
    static Optional<ConfigFields> named(Path file) {
        return SIZES.stream()
                .filter(size -> Path.of(size.file()).equals(file))
                .findFirst()
                .map(size -> {
                    ObjectNode config = JsonMapper.shared().createObjectNode();
                    config.put("embedding_sharing", "gdes");
                    write(size, size.layers(), config.putObject("generator"));
                    write(size, 2 * size.layers(), config.putObject("discriminator"));
                    return new ConfigFields(file, config);
                });
    }

    private static void write(Size size, int layers, ObjectNode model) {
        model.put("model_type", "deberta-v2")
                .put("hidden_act", "gelu")
                .put("hidden_dropout_prob", 0.1)
                .put("attention_probs_dropout_prob", 0.1)
                .put("hidden_size", size.hidden())
                .put("intermediate_size", INNER_FACTOR * size.hidden())
                .put("num_attention_heads", size.heads())
                .put("num_hidden_layers", layers)
                .put("initializer_range", 0.02)
                .put("layer_norm_eps", 1e-7)
                .put("max_position_embeddings", 512)
                .put("max_relative_positions", -1)
                .put("norm_rel_ebd", "layer_norm")
                .put("pos_att_type", "p2c|c2p")
                .put("position_biased_input", false)
                .put("position_buckets", 256)
                .put("relative_attention", true)
                .put("share_att_key", true)
                .put("type_vocab_size", 0)
                .put("vocab_size", 128_100);
    }
}
