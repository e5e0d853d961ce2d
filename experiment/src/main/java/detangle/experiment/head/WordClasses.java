package detangle.experiment.head;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program.Output;
import detangle.ir.Shape;
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
 * The original's head of named entities (microsoft's apps/models/ner.py): {@code classifier(dropout(gelu(proj(h))))}
 * for each token. HuggingFace's token classification has no {@code proj}, so that it cannot read such a model.
 *
 * @param labels the number of classes
 */
public record WordClasses(int labels) implements Head, HeadLoss {
    /** Gives {@code logits f32[B,S,L]}. */
    @Override
    public List<Output> outputs(EncoderOutput encoder) {
        int hidden = encoder.config().hiddenSize();
        Node logits = ProjectedClassifier.logits(encoder, encoder.lastHiddenState(), hidden, labels);
        return List.of(new Output(OutputNames.LOGITS, logits));
    }

    /**
     * Gives the mean cross entropy of the tokens whose label is at least 0; 0 if there are none. Labels are {@code
     * i64[B,S]}; those of padding do not count.
     */
    @Override
    public Node loss(EncoderOutput encoder, Map<String, Node> outputs) {
        Builder b = encoder.builder();
        Shape tokens = Shape.of(encoder.batch(), encoder.length());
        Node wanted = b.input(InputNames.LABELS, new TensorType(DType.I64, tokens));
        Node counts = b.and(RowLoss.counts(b, wanted), b.reshape(encoder.tokenMask(), tokens));
        Node losses = Losses.crossEntropies(b, outputs.get(OutputNames.LOGITS), wanted, counts);
        return RowLoss.mean(b, losses, counts);
    }
}
