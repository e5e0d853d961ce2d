package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * DeBERTa as a tensor-level program of primitives, its parameters unbound and named as in the published checkpoints.
 *
 * <p>Formulas: He et al. 2021 (arXiv 2006.03654) and 2023 (arXiv 2111.09543), with the names of HuggingFace
 * transformers' modeling_deberta_v2.py. Padded query rows attend to nothing, as in the original code.
 */
public final class DebertaModel {
    private DebertaModel() {}

    /**
     * The program of a model with a head.
     *
     * <p>Inputs, all {@code i64[B,S]}: {@code input_ids}, {@code attention_mask}, and {@code token_type_ids} if the
     * model has token types. Outputs: {@code hidden_states.0} (embeddings) to {@code hidden_states.N}, {@code f32[B,S,H]},
     * zero at padded positions; and with {@link Architecture#SEQUENCE_CLASSIFICATION} {@code logits f32[B,num_labels]}.
     *
     * @throws ConfigException if the configuration asks for something that cannot be built
     */
    public static Program build(DebertaConfig config, Architecture head) {
        refuseWhatIsMissing(config, head);
        Builder builder = new Builder();
        ModelInputs inputs = ModelInputs.of(builder, config);
        List<Node> states = new Encoder(config, new Layers(builder, "").scope("deberta")).hiddenStates(inputs);
        List<Output> outputs = new ArrayList<>();
        if (head == Architecture.SEQUENCE_CLASSIFICATION) {
            outputs.add(new Output("logits", sequenceClassification(builder, config, states.getLast())));
        }
        for (int i = 0; i < states.size(); i++) {
            outputs.add(new Output("hidden_states." + i, zeroPadding(builder, inputs, states.get(i))));
        }
        return new Program("deberta", inputs.all(), outputs, Map.of());
    }

    private static void refuseWhatIsMissing(DebertaConfig config, Architecture head) {
        if (config.modelType() != ModelType.DEBERTA_V2) {
            throw new ConfigException(
                    config.file(),
                    "model_type " + config.modelType().text() + " is not supported yet; " + ModelType.DEBERTA_V2.text()
                            + " (v2, v3, mDeBERTa) is");
        }
        switch (head) {
            case ENCODER, SEQUENCE_CLASSIFICATION -> {}
            case TOKEN_CLASSIFICATION, QUESTION_ANSWERING, MULTIPLE_CHOICE, MASKED_LM ->
                throw new ConfigException(
                        config.file(),
                        "the head " + head.text() + " is not supported yet; use " + Architecture.ENCODER.text() + " or "
                                + Architecture.SEQUENCE_CLASSIFICATION.text());
        }
    }

    private static Node zeroPadding(Builder b, ModelInputs inputs, Node state) {
        return b.select(inputs.rowMask(), state, b.constant(DType.F32, 0));
    }

    /** {@code classifier(act(pooler(h[:,0])))}. */
    private static Node sequenceClassification(Builder b, DebertaConfig config, Node hidden) {
        Layers layers = new Layers(b, "");
        Node first = b.reshape(
                b.slice(hidden, 1, 0, 1),
                Shape.of(hidden.type().dim(0), hidden.type().dim(2)));
        Node dense = layers.scope("pooler").linear("dense", first, config.hiddenSize(), config.hiddenSize());
        Node pooled = b.named("pooled", layers.activation(config.poolerActivation(), dense));
        return layers.linear("classifier", pooled, config.hiddenSize(), config.numLabels());
    }
}
