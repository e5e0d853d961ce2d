package detangle.models.gliner;

import detangle.models.deberta.DebertaConfig;
import java.util.Optional;

/** The source of the vectors of labels, which labels_encoder and relations_layer name. */
public sealed interface LabelSource {
    /**
     * Labels stand before the text, and their vectors are states of the same encoder.
     *
     * @param entToken the token before each label
     * @param sepToken the token between the labels and the text
     * @param classTokenIndex the id of {@code entToken}; empty if the tokenizer has to state it
     * @param embedEntToken whether a label's state is that of the token before it; otherwise it is that of its own
     *     first token
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
     * Labels have an encoder of their own, which does not see the text, so the vector of a label serves all texts.
     *
     * @param model the name on the hub of the model from which the encoder was made, and whose tokenizer it has
     * @param encoder the encoder; empty if its kind is not supported, so that the caller must give vectors
     * @param type the model_type of the encoder
     * @param fusion the layers in which words and labels attend to each other before they are compared; empty if there
     *     are none
     */
    record OwnEncoder(String model, Optional<DebertaConfig> encoder, String type, Optional<CrossFusion> fusion)
            implements LabelSource {}
}
