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
import detangle.models.deberta.InputNames;
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
    /** The score of an entity that is absent. */
    private static final double SCORE_OF_AN_ABSENT_ENTITY = -10000;

    private static final Dim ENTITIES = Dim.symbol("E");

    /** Gives {@code logits f32[B,E]}; -10000 for an absent entity. */
    @Override
    public List<Output> outputs(EncoderOutput encoder) {
        Builder b = encoder.builder();
        Dim batch = encoder.batch();
        int hidden = encoder.config().hiddenSize();
        MarkedSpans entities = MarkedSpans.of(encoder, ENTITIES);
        Node states = encoder.zeroPadding(encoder.lastHiddenState());
        Node query = b.mul(encoder.firstToken(), b.constant(DType.F32, 1 / Math.sqrt(hidden)));
        Node likeness = b.dotTransposed(b.reshape(query, batch, Dim.of(1), Dim.of(hidden)), states); // [B,1,S]
        Node shares = new Idioms(b).maskedSoftmax(likeness, entities.members());
        Node logits = ProjectedClassifier.logits(encoder, b.dot(shares, states), hidden, 1);
        Node scores = b.reshape(logits, batch, ENTITIES);
        return List.of(new Output(
                OutputNames.LOGITS,
                b.select(entities.present(), scores, b.constant(DType.F32, SCORE_OF_AN_ABSENT_ENTITY))));
    }

    /**
     * Gives the mean binary cross entropy of the entities that are present and whose label is at least 0; 0 if there
     * are none. Labels are {@code i64[B,E]}: 1 for an entity that answers the question, and 0 for another one.
     */
    @Override
    public Node loss(EncoderOutput encoder, Map<String, Node> outputs) {
        Builder b = encoder.builder();
        Node wanted = b.input(InputNames.LABELS, TensorType.of(DType.I64, encoder.batch(), ENTITIES));
        Node logits = outputs.get(OutputNames.LOGITS);
        // The score of a present entity is never this one.
        Node present = b.compare(Comparison.GT, logits, b.constant(DType.F32, SCORE_OF_AN_ABSENT_ENTITY));
        Node losses = Losses.binaryCrossEntropies(b, logits, b.convert(wanted, DType.F32));
        return RowLoss.mean(b, losses, b.and(RowLoss.counts(b, wanted), present));
    }
}
