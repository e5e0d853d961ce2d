package detangle.experiment.head;

import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Idioms;
import detangle.ir.Node;
import detangle.ir.Program.Output;
import detangle.ir.TensorType;
import detangle.models.deberta.EncoderOutput;
import detangle.models.deberta.Head;
import detangle.models.deberta.HeadLoss;
import detangle.models.deberta.HiddenActivation;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.Layers;
import detangle.models.deberta.Losses;
import detangle.models.deberta.OutputNames;
import java.util.List;
import java.util.Map;

/**
 * The original's head of ReCoRD (microsoft's apps/models/record_qa.py), which scores each marked entity. The state v of
 * an entity is the sum of its tokens' states, weighted by a softmax of {@code h_token . h_CLS / sqrt(H)}; its score is
 * {@code classifier(dropout(gelu(proj(v))))}.
 */
public record EntityChoice() implements Head, HeadLoss {
    /** The score where there is no entity. */
    private static final double ABSENT = -10000;

    private static final Dim ENTITIES = Dim.symbol("E");

    /** Gives {@code logits f32[B,E]}; -10000 where there is no entity. */
    @Override
    public List<Output> outputs(EncoderOutput encoder) {
        Builder b = encoder.builder();
        Layers layers = encoder.layers();
        Dim batch = encoder.batch();
        int hidden = encoder.config().hiddenSize();
        MarkedSpans entities = MarkedSpans.of(encoder, ENTITIES);
        Node states = encoder.zeroPadding(encoder.lastHiddenState());
        Node query = b.mul(encoder.firstToken(), b.constant(DType.F32, 1 / Math.sqrt(hidden)));
        Node likeness = b.dotTransposed(b.reshape(query, batch, Dim.of(1), Dim.of(hidden)), states); // [B,1,S]
        Node shares = new Idioms(b).maskedSoftmax(likeness, entities.members());
        Node projected = layers.linear("proj", b.dot(shares, states), hidden, hidden);
        Node kept = layers.dropout(
                "dropout",
                encoder.config().dropout().classifier(),
                layers.activation(HiddenActivation.GELU, projected));
        Node scores = b.reshape(layers.linear("classifier", kept, hidden, 1), batch, ENTITIES);
        return List.of(
                new Output(OutputNames.LOGITS, b.select(entities.present(), scores, b.constant(DType.F32, ABSENT))));
    }

    /**
     * Gives the mean binary cross entropy of the entities that are there and whose label is at least 0; 0 if there are
     * none. Labels are {@code i64[B,E]}: 1 for an entity that answers the question, and 0 for another one.
     */
    @Override
    public Node loss(EncoderOutput encoder, Map<String, Node> outputs) {
        Builder b = encoder.builder();
        Node wanted = b.input(InputNames.LABELS, TensorType.of(DType.I64, encoder.batch(), ENTITIES));
        Node logits = outputs.get(OutputNames.LOGITS);
        // No entity that is there has such a score.
        Node present = b.compare(Comparison.GT, logits, b.constant(DType.F32, ABSENT));
        Node losses = Losses.binaryCrossEntropies(b, logits, b.convert(wanted, DType.F32));
        return RowLoss.mean(b, losses, b.and(RowLoss.counts(b, wanted), present));
    }
}
