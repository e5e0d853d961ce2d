package detangle.models.deberta;

import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Which field of config.json decides whether a tensor of the encoder is there, and how large it is; for messages. */
record ConfigHints(DebertaConfig config) {
    /** Returns the field that alone explains why tensors of these names are lacking or left over, if there is one. */
    Optional<String> ofPresence(Collection<String> names) {
        List<Optional<String>> fields =
                names.stream().map(this::ofPresence).distinct().toList();
        return fields.size() == 1 ? fields.getFirst() : Optional.empty();
    }

    private Optional<String> ofPresence(String name) {
        if (name.contains("embeddings.token_type_embeddings.")) {
            return Optional.of("type_vocab_size");
        }
        if (name.contains("embeddings.position_embeddings.")) {
            return Optional.of("position_biased_input");
        }
        if (name.contains("embeddings.embed_proj.")) {
            return Optional.of("embedding_size");
        }
        if (name.contains("encoder.rel_embeddings.")) {
            return Optional.of("relative_attention");
        }
        if (name.contains("encoder.LayerNorm.")) {
            return Optional.of("norm_rel_ebd");
        }
        if (name.contains("encoder.conv.")) {
            return Optional.of("conv_kernel_size");
        }
        return name.contains(".attention.self.pos_") ? Optional.of(ofPositionProjections()) : Optional.empty();
    }

    private String ofPositionProjections() {
        if (!config.relativeAttention()) {
            return "relative_attention";
        }
        boolean shares = config.modelType() == ModelType.DEBERTA_V2;
        return shares && (config.shareAttKey() || config.scoreTerms() == 3) ? "share_att_key" : "pos_att_type";
    }

    /** Returns the field that says how long an axis of a tensor is. */
    Optional<String> ofSize(String name, int axis) {
        boolean first = axis == 0;
        if (name.endsWith("word_embeddings.weight")) {
            return Optional.of(first ? "vocab_size" : embeddingWidth());
        }
        if (name.endsWith("token_type_embeddings.weight")) {
            return Optional.of(first ? "type_vocab_size" : embeddingWidth());
        }
        if (name.endsWith("position_embeddings.weight")) {
            return Optional.of(first ? "max_position_embeddings" : embeddingWidth());
        }
        if (name.endsWith("embed_proj.weight")) {
            return Optional.of(first ? "hidden_size" : "embedding_size");
        }
        if (name.endsWith("rel_embeddings.weight") && first) {
            return Optional.of(config.positionBuckets() > 0 ? "position_buckets" : "max_relative_positions");
        }
        if (name.contains("encoder.conv.conv.") && !first) {
            return Optional.of(axis == 1 ? "conv_groups" : "conv_kernel_size");
        }
        if (name.endsWith("lm_head.bias") || name.equals("cls.predictions.bias")) {
            return Optional.of("vocab_size");
        }
        boolean inner = name.contains(".intermediate.dense.") && first
                || name.endsWith(".output.dense.weight") && !name.contains(".attention.") && !first;
        return Optional.of(inner ? "intermediate_size" : "hidden_size")
                .filter(field -> name.startsWith(EncoderPrefix.PUBLISHED));
    }

    private String embeddingWidth() {
        return config.embeddingSize() == config.hiddenSize() ? "hidden_size" : "embedding_size";
    }
}
