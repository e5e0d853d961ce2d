package detangle.models.bert;

import detangle.models.deberta.ConfigFields;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.PaddedStates;
import detangle.models.weights.Weights;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ObjectNode;

/**
 * An encoder inside of a model that has several: DeBERTa, or BERT. BERT (Devlin et al. 2019; HuggingFace transformers'
 * modeling_bert.py) is DeBERTa v2 without relative attention, with absolute positions and token types in the input, and
 * with other names for the three projections of attention.
 */
public final class InnerEncoder {
    private static final String BERT = "bert";

    private static final Pattern PROJECTION = Pattern.compile("(.*\\.attention\\.self\\.)(query|key|value)(\\..*)");

    private InnerEncoder() {}

    /** Returns whether a configuration is that of an encoder that can be run. */
    public static boolean isSupported(ConfigFields fields) {
        String type = fields.text("model_type").orElse("");
        return type.equals(BERT) || type.equals("deberta") || type.equals("deberta-v2");
    }

    /**
     * Returns the configuration of an encoder.
     *
     * @throws detangle.models.deberta.ConfigException if it is of another kind, or not well formed
     */
    public static DebertaConfig config(ConfigFields fields) {
        if (!fields.text("model_type").orElse("").equals(BERT)) {
            return DebertaConfig.of(fields.with("architectures", null));
        }
        String positions = fields.text("position_embedding_type").orElse("absolute");
        if (!positions.equals("absolute")) {
            throw fields.fault("position_embedding_type", "is '" + positions + "'; supported is absolute");
        }
        ObjectNode node = (ObjectNode) fields.root().deepCopy();
        node.putNull("architectures");
        node.put("model_type", "deberta-v2");
        node.put("relative_attention", false);
        node.put("position_biased_input", true);
        node.putNull("pos_att_type");
        // What BERT has where its file does not say it, and DeBERTa otherwise.
        if (fields.find("layer_norm_eps").isEmpty()) {
            node.put("layer_norm_eps", 1e-12);
        }
        if (fields.find("type_vocab_size").isEmpty()) {
            node.put("type_vocab_size", 2);
        }
        return DebertaConfig.of(new ConfigFields(fields.file(), node));
    }

    /** Returns what HuggingFace's code computes at padded positions of an encoder. */
    public static PaddedStates paddedStates(ConfigFields fields) {
        return fields.text("model_type").orElse("").equals(BERT) ? PaddedStates.OF_TOKENS : PaddedStates.UNIFORM;
    }

    /**
     * Returns the weights of an encoder that stands inside of a model, by the names of DeBERTa's. The result takes the
     * model's weights over: its owner closes it alone.
     *
     * @param prefix what the names of its tensors begin with
     * @throws detangle.models.weights.WeightsException if a projection has both a name of BERT's and one of DeBERTa's
     */
    public static Weights weights(Weights model, String prefix) {
        return model.renamed(name -> Optional.of(name)
                .filter(n -> n.startsWith(prefix))
                .map(n -> PROJECTION.matcher(n.substring(prefix.length())).replaceFirst("$1$2_proj$3")));
    }
}
