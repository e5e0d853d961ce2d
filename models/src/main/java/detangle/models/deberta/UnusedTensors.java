package detangle.models.deberta;

import detangle.models.weights.Weights;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which tensors of the encoder and of the wanted head no parameter takes. A model with twelve layers whose
 * configuration says six runs, and answers otherwise than it was trained to: so what is left over is a fault, unless
 * it is known to say nothing.
 *
 * @param encoderPrefix what the names of the encoder's tensors begin with
 * @param headPrefix what those of heads begin with
 * @param taken the names of the tensors that parameters take
 */
record UnusedTensors(DebertaConfig config, String encoderPrefix, String headPrefix, Set<String> taken) {
    /** Parts of wrappers that may stand under the encoder's name without being of it. */
    private static final List<String> HEADS =
            List.of("pooler.", "classifier.", "qa_outputs.", "lm_predictions.", "cls.", "mask_predictions.");

    /** Returns names that are left over, in the file's order. */
    List<String> of(Weights weights, Optional<Architecture> head) {
        return weights.names().stream()
                .filter(name -> !taken.contains(name))
                .filter(name -> isOfEncoder(name) || isOfHead(name, head))
                // Whole numbers are what code keeps beside its parameters: position_ids, masks.
                .filter(weights::isFloat)
                .toList();
    }

    private boolean isOfEncoder(String name) {
        if (!name.startsWith(encoderPrefix)) {
            return false;
        }
        String rest = name.substring(encoderPrefix.length());
        boolean inside = rest.startsWith("embeddings.") || rest.startsWith("encoder.");
        // A bare encoder stands among whatever else there is.
        boolean beside = !encoderPrefix.isEmpty()
                && HEADS.stream().noneMatch(rest::startsWith)
                && !EncoderPrefix.isCopy(rest.replaceFirst("\\..*", ""));
        return (inside || beside) && !isHarmless(rest);
    }

    private boolean isHarmless(String name) {
        // Positions that the input does without are those of the enhanced mask decoder, which only its head reads.
        return name.equals("embeddings.position_embeddings.weight") && !config.positionBiasedInput()
                // What pre-training of v3 adds to the generator's table; the sum is stored beside it.
                || name.matches("embeddings\\.(word|position|token_type)_embeddings\\._weight")
                // HuggingFace makes the norm of the position table whether there is a table or not.
                || name.startsWith("encoder.LayerNorm.") && !config.relativeAttention();
    }

    private boolean isOfHead(String name, Optional<Architecture> head) {
        if (head.isEmpty() || !name.startsWith(headPrefix)) {
            return false;
        }
        String rest = name.substring(headPrefix.length());
        return head.get().roots().stream()
                // Where a masked LM is stored twice, under its older and its newer name, the other is not it.
                .filter(root -> taken.stream().anyMatch(t -> t.startsWith(headPrefix + root)))
                .anyMatch(root -> rest.startsWith(root) && !isTied(rest));
    }

    /** Written by HuggingFace beside what it is tied to: the table of words, and the bias. */
    private boolean isTied(String name) {
        return name.matches("(cls\\.predictions|lm_predictions\\.lm_head)\\.decoder\\.(weight|bias)")
                && config.tieWordEmbeddings();
    }

    /** Returns why tensors are left over, where their names say it. */
    static String reason(DebertaConfig config, String encoderPrefix, List<String> unused) {
        int layers = EncoderPrefix.layers(encoderPrefix, unused);
        return layers > config.numHiddenLayers()
                ? ": num_hidden_layers is " + config.numHiddenLayers() + " in " + config.file() + ", and the file has "
                        + layers + " layers"
                : ": " + config.file() + " describes another model"
                        + new ConfigHints(config)
                                .ofPresence(unused)
                                .map(field -> ", by its " + field)
                                .orElse("");
    }
}
