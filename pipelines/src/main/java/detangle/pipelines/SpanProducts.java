package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.gliner.GlinerPrograms;
import detangle.pipelines.WordVectors.WordRange;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The scores of a window's spans, from what its words and labels contribute to them. A span's inner vector is made of
 * its words' in the first cache and multiplied with all labels at once: as a product of matrices, the inner vectors of
 * all spans would be written to memory and read again, tens of megabytes for a page of text.
 *
 * <p>Vectors are divided into parts of the same length, which are arrays of their own: C2 makes vectors of a loop that
 * reads all arrays at the same place, and of no other.
 */
final class SpanProducts {
    private static final int PARTIAL_SUMS = 8;

    private final float[][][] first;
    private final float[][][] last;
    private final float[][][] labels;
    private final float[] constants;
    private final boolean cuts;
    private final float[][] span;
    private final float[] products;

    private SpanProducts(float[][][] first, float[][][] last, float[][][] labels, float[] constants, boolean cuts) {
        this.first = first;
        this.last = last;
        this.labels = labels;
        this.constants = constants;
        this.cuts = cuts;
        int size = first[0][0].length;
        this.span = new float[PARTIAL_SUMS][size];
        this.products = new float[size];
    }

    /**
     * Reads what {@link GlinerPrograms#spanParts} has computed of several windows as one row.
     *
     * @param word the number of the window's first word
     * @param words of the window
     * @param label the number of its first label
     * @param labels of the window
     * @param cuts {@link GlinerPrograms#cutsInner}
     */
    static SpanProducts of(Map<String, Tensor> parts, int word, int words, int label, int labels, boolean cuts) {
        float[] constants = new float[labels];
        Optional.ofNullable(parts.get(GlinerPrograms.LABELS_CONSTANT)).ifPresent(all -> {
            for (int i = 0; i < labels; i++) {
                constants[i] = (float) all.getDouble(label + i);
            }
        });
        return new SpanProducts(
                vectors(parts.get(GlinerPrograms.FIRST), word, words),
                vectors(parts.get(GlinerPrograms.LAST), word, words),
                vectors(parts.get(GlinerPrograms.LABELS_INNER), label, labels),
                constants,
                cuts);
    }

    /** Returns some vectors of {@code [1,N,I]} in parts, the last of which ends with zeros. */
    private static float[][][] vectors(Tensor tensor, int first, int count) {
        int width = Math.toIntExact(tensor.dim(2));
        int size = Math.ceilDiv(width, PARTIAL_SUMS);
        float[][][] all = new float[count][PARTIAL_SUMS][size];
        for (int i = 0; i < count; i++) {
            long vector = (long) (first + i) * width;
            for (int part = 0; part * size < width; part++) {
                int begin = part * size;
                copy(tensor, vector + begin, all[i][part], Math.min(size, width - begin));
            }
        }
        return all;
    }

    private static void copy(Tensor tensor, long from, float[] to, int count) {
        MemorySegment.copy(tensor.data(), ValueLayout.JAVA_FLOAT_UNALIGNED, from * Float.BYTES, to, 0, count);
    }

    /** Returns the probability of each span and label, {@code [N*C]}. */
    float[] probabilities(List<WordRange> spans) {
        float[] all = new float[Math.multiplyExact(spans.size(), labels.length)];
        int at = 0;
        for (WordRange range : spans) {
            for (int part = 0; part < PARTIAL_SUMS; part++) {
                if (cuts) {
                    addAndCut(first[range.first()][part], last[range.last()][part], span[part]);
                } else {
                    add(first[range.first()][part], last[range.last()][part], span[part]);
                }
            }
            for (int label = 0; label < labels.length; label++) {
                all[at++] = Scores.probability(product(labels[label]) + constants[label]);
            }
        }
        return all;
    }

    private static void add(float[] a, float[] b, float[] sum) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] = a[i] + b[i];
        }
    }

    private static void addAndCut(float[] a, float[] b, float[] sum) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] = Math.max(a[i] + b[i], 0);
        }
    }

    private float product(float[][] label) {
        Arrays.fill(products, 0);
        multiplyAndAdd(span[0], label[0], span[1], label[1], span[2], label[2], span[3], label[3], products);
        multiplyAndAdd(span[4], label[4], span[5], label[5], span[6], label[6], span[7], label[7], products);
        return sum(products);
    }

    private static void multiplyAndAdd(
            float[] a,
            float[] ofA,
            float[] b,
            float[] ofB,
            float[] c,
            float[] ofC,
            float[] d,
            float[] ofD,
            float[] sum) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += a[i] * ofA[i] + b[i] * ofB[i] + (c[i] * ofC[i] + d[i] * ofD[i]);
        }
    }

    /** Adds up values in four sums side by side, as each addition waits for the one before it. */
    private static float sum(float[] values) {
        float a = 0;
        float b = 0;
        float c = 0;
        float d = 0;
        int i = 0;
        for (; i + 3 < values.length; i += 4) {
            a += values[i];
            b += values[i + 1];
            c += values[i + 2];
            d += values[i + 3];
        }
        for (; i < values.length; i++) {
            a += values[i];
        }
        return a + b + (c + d);
    }
}
