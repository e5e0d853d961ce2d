package detangle.experiment.head;

import detangle.ir.Builder;
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
 * A head that compares two marked words: {@code classifier(dropout(gelu(proj([h_CLS; v_1; v_2]))))}, where the state v
 * of a word is the mean of its tokens' states. The original names a model of WiC that it does not have; this one reads
 * what SuperGLUE's baseline reads (Wang et al. 2019): the first token and both words.
 *
 * @param labels the number of classes
 */
public record WordPair(int labels) implements Head, HeadLoss {
    private static final Dim WORDS = Dim.of(2);

    /** Gives {@code logits f32[B,L]}. */
    @Override
    public List<Output> outputs(EncoderOutput encoder) {
        Builder b = encoder.builder();
        Dim batch = encoder.batch();
        int hidden = encoder.config().hiddenSize();
        Node states = encoder.zeroPadding(encoder.lastHiddenState());
        Node members = MarkedSpans.of(encoder, WORDS).members();
        Node same = b.broadcast(b.constant(DType.F32, 0), members.shape());
        Node means = b.dot(new Idioms(b).maskedSoftmax(same, members), states); // [B,2,H]
        Node words = b.reshape(means, batch, Dim.of(2L * hidden));
        Node both = b.concat(1, List.of(encoder.firstToken(), words));
        return List.of(new Output(OutputNames.LOGITS, ProjectedClassifier.logits(encoder, both, 3L * hidden, labels)));
    }

    /**
     * Gives the mean cross entropy of the rows whose label is at least 0; 0 if there are none. Labels are {@code
     * i64[B,1]}.
     */
    @Override
    public Node loss(EncoderOutput encoder, Map<String, Node> outputs) {
        Builder b = encoder.builder();
        Node given = b.input(InputNames.LABELS, TensorType.of(DType.I64, encoder.batch(), Dim.of(1)));
        Node wanted = b.reshape(given, encoder.batch());
        Node counts = RowLoss.counts(b, wanted);
        return RowLoss.mean(b, Losses.crossEntropies(b, outputs.get(OutputNames.LOGITS), wanted, counts), counts);
    }
}
