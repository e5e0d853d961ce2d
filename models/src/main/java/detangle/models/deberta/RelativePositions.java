package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;

/**
 * The row of the relative-position table for a query and a key: {@code clamp(bucket(q - k) + span, 0, 2*span-1)}.
 *
 * <p>Sources: transformers modeling_deberta_v2.py and microsoft's da_utils.py, {@code make_log_bucket_position}; see
 * {@link Convention} for where they differ.
 */
final class RelativePositions {
    private RelativePositions() {}

    /** Returns the index {@code i32[S,S]}, rows for queries, columns for keys. */
    static Node index(Builder b, DebertaConfig config, Convention convention, Dim length) {
        TensorType type = TensorType.of(DType.I32, length, length);
        Node relative = b.named("relative", b.sub(b.iota(type, 0), b.iota(type, 1)));
        Node bucket = relative;
        if (config.positionBuckets() > 0) {
            int max = config.maxRelativePositions();
            Node distance = convention == Convention.MICROSOFT ? b.clamp(relative, 1 - max, max - 1) : relative;
            bucket = logBucket(b, distance, config.positionBuckets(), max);
        }
        int span = config.attSpan();
        return b.named("index", b.clamp(b.add(bucket, b.constant(DType.I32, span)), 0, 2L * span - 1));
    }

    /**
     * Exact up to {@code buckets/2}, logarithmic beyond:
     * {@code sign(r) * (ceil(ln(|r|/mid) / ln((max-1)/mid) * (mid-1)) + mid)} with {@code mid = buckets/2}.
     */
    private static Node logBucket(Builder b, Node relative, int buckets, int maxPosition) {
        int mid = buckets / 2;
        Node middle = b.constant(DType.F32, mid);
        Node r = b.convert(relative, DType.F32);
        Node distance = b.unary(UnaryFunction.ABS, r);
        Node log = b.unary(UnaryFunction.LOG, b.div(distance, middle));
        // The divisor is taken by the same function at run time: at |r| = max-1 the quotient must be exactly 1.
        Node range = b.unary(UnaryFunction.LOG, b.constant(DType.F32, (maxPosition - 1) / (double) mid));
        Node steps = b.unary(UnaryFunction.CEIL, b.mul(b.div(log, range), b.constant(DType.F32, mid - 1)));
        Node far = b.mul(b.add(steps, middle), b.unary(UnaryFunction.SIGN, r));
        Node near = b.compare(Comparison.LE, distance, middle);
        return b.named("bucket", b.select(near, relative, b.convert(far, DType.I32)));
    }
}
