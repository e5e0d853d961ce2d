package detangle.pipelines;

/**
 * The likeness of a candidate to a reference.
 *
 * @param precision how much of the candidate is in the reference
 * @param recall how much of the reference is in the candidate
 * @param f1 their harmonic mean
 */
public record BertScore(double precision, double recall, double f1) {
    /** The score of texts without any tokens. */
    static final BertScore NONE = new BertScore(0, 0, 0);

    static BertScore of(double precision, double recall) {
        double f1 = 2 * precision * recall / (precision + recall);
        return new BertScore(precision, recall, Double.isNaN(f1) ? 0 : f1);
    }

    /** Returns the better value of each of the three numbers, for candidates with several references. */
    BertScore best(BertScore other) {
        return new BertScore(
                Math.max(precision, other.precision), Math.max(recall, other.recall), Math.max(f1, other.f1));
    }

    /** Returns the scores rescaled by a baseline, so that texts that have nothing in common score about 0. */
    BertScore above(BertScore baseline) {
        return new BertScore(
                (precision - baseline.precision) / (1 - baseline.precision),
                (recall - baseline.recall) / (1 - baseline.recall),
                (f1 - baseline.f1) / (1 - baseline.f1));
    }
}
