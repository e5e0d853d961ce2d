package detangle.models.gliner;

import detangle.models.deberta.DebertaConfig;
import java.util.Optional;

/** The source of the vectors of labels, which labels_encoder and relations_layer name. */
public sealed interface LabelSource {
    /**
     * Labels stand before the text, and their vectors are states of the same encoder.
     *
     * @param entToken stands before each label
     * @param sepToken stands between the labels and the text
     * @param classTokenIndex the id of {@code entToken}; empty where the tokenizer must tell
     * @param embedEntToken whether a label's state is that of the token before it, and not that of its own first token
     * @param relations how relations between entities are found; empty if the model finds none
     */
    record Prompt(
            String entToken,
            String sepToken,
            Optional<Integer> classTokenIndex,
            boolean embedEntToken,
            Optional<Relations> relations)
            implements LabelSource {}

    /**
     * Labels have an encoder of their own, which does not see the text, so that a label's vector serves all texts.
     *
     * @param model the model on the hub that the encoder was made from, whose tokenizer it has
     * @param encoder the encoder; empty if it is of a kind that is not supported, so that vectors have to be given
     * @param type the model_type of the encoder
     * @param fusion layers in which words and labels see each other before they are compared; empty if there are none
     */
    record OwnEncoder(String model, Optional<DebertaConfig> encoder, String type, Optional<CrossFusion> fusion)
            implements LabelSource {}
}
