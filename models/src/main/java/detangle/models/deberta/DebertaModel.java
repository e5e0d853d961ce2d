package detangle.models.deberta;

import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import java.util.ArrayList;
import java.util.List;

/**
 * DeBERTa as a tensor-level program of primitives, its parameters unbound and named as in the published checkpoints.
 *
 * <p>Formulas: He et al. 2021 (arXiv 2006.03654) and 2023 (arXiv 2111.09543), with the names of HuggingFace
 * transformers' modeling_deberta.py (v1) and modeling_deberta_v2.py. Padded query rows attend to nothing, as in the
 * original code.
 */
public final class DebertaModel {
    private DebertaModel() {}

    /**
     * Builds the program of a model with one of the published heads.
     *
     * <p>Inputs, all {@code i64[B,S]}, or {@code i64[B,C,S]} for {@link Architecture#MULTIPLE_CHOICE}:
     * {@code input_ids}, {@code attention_mask} (see {@link AttentionMask}), and {@code token_type_ids} if the model
     * has token types; then {@code masked_rows} if a masked LM is told what to predict. Outputs: those of the head (see
     * {@link Heads}), then those that the options ask for.
     *
     * @throws ConfigException if the configuration asks for something that cannot be built
     */
    public static Program build(DebertaConfig config, Architecture head, ModelOptions options) {
        EncoderOutput output = EncoderOutput.of(
                config, options, head == Architecture.MULTIPLE_CHOICE, hasMaskedRows(head, options), Dropout.NONE);
        return program(output, Heads.of(head, config), options);
    }

    /**
     * Builds the program of a model with a head that the caller has written. Inputs and outputs are those of the other
     * form, and the inputs that the head makes come last.
     *
     * @throws detangle.ir.IrException if the head is not written in primitives
     */
    public static Program build(DebertaConfig config, Head head, ModelOptions options) {
        EncoderOutput output =
                EncoderOutput.of(config, options, false, options.maskedRows(), Dropout.NONE, EmbeddingRules.of(head));
        return program(output, head, options);
    }

    /** Returns whether a program of a published head has the input {@code masked_rows}. */
    static boolean hasMaskedRows(Architecture head, ModelOptions options) {
        return options.maskedRows() && head.predictsMasks();
    }

    private static Program program(EncoderOutput output, Head head, ModelOptions options) {
        List<Output> outputs = new ArrayList<>(head.outputs(output));
        if (options.hiddenStates()) {
            for (int i = 0; i < output.hiddenStates().size(); i++) {
                outputs.add(new Output(
                        OutputNames.hiddenState(i),
                        output.zeroPadding(output.hiddenStates().get(i))));
            }
        }
        if (options.attentions()) {
            List<Node> attentions = output.encoder().attentions();
            for (int i = 0; i < attentions.size(); i++) {
                outputs.add(new Output(OutputNames.attention(i), attentions.get(i)));
            }
        }
        return TrainingModel.program(output.inputs().given(), outputs);
    }
}
