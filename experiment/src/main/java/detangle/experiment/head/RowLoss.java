package detangle.experiment.head;

import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.models.deberta.Losses;

/** The mean of losses of rows with labels, as the heads of this package take it. */
final class RowLoss {
    private RowLoss() {}

    /** Returns where a label counts: it is at least 0. */
    static Node counts(Builder b, Node labels) {
        return b.compare(Comparison.GE, labels, b.constant(DType.I64, 0));
    }

    /** Returns the mean of the rows that count, {@code f32[]}; 0 if no row counts. */
    static Node mean(Builder b, Node losses, Node counts) {
        Node counting = b.select(counts, losses, b.constant(DType.F32, 0));
        return Losses.meanOrZero(b, counting, b.convert(counts, DType.F32));
    }
}
