package detangle.pipelines;

import detangle.ir.Tensor;
import java.util.List;

/**
 * The place of one span relative to another (gliner2/models/boundary/pool.py:333-370). The order is that of the model's
 * biases.
 */
enum BoundaryPlace {
    SAME,
    INSIDE,
    AROUND,
    CROSSING,
    SAME_START,
    SAME_END,
    LEFT,
    RIGHT;

    static BoundaryPlace of(BoundarySpan a, BoundarySpan b) {
        if (a.equals(b)) {
            return SAME;
        }
        if (a.end() == b.end()) {
            return SAME_END;
        }
        if (a.start() == b.start()) {
            return SAME_START;
        }
        if (a.start() < b.start() && a.end() > b.end()) {
            return AROUND;
        }
        if (a.start() > b.start() && a.end() < b.end()) {
            return INSIDE;
        }
        if (b.end() <= a.start()) {
            return RIGHT;
        }
        return a.end() <= b.start() ? LEFT : CROSSING;
    }

    /** Returns the place of each span relative to each, {@code i64[K,K]}. */
    static Tensor of(List<BoundarySpan> spans) {
        int count = spans.size();
        long[] places = new long[count * count];
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < count; j++) {
                places[i * count + j] = of(spans.get(i), spans.get(j)).ordinal();
            }
        }
        return Tensor.of(places, count, count);
    }
}
