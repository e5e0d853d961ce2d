package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;
import static detangle.backend.vector.kernel.Lanes.SPECIES;

import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Sums and maxima of floats {@code [outer,size,inner]} along the middle axis. Sums are added in double precision and
 * rounded once, so that those of millions of elements are as good as those of a few. The axis is cut into blocks whose
 * sums are added in their order; where blocks begin follows from sizes alone, so that a sum has the same bits with any
 * number of threads. Maxima are NaN where an element is.
 */
public final class VectorReduction {
    private static final VectorSpecies<Double> DOUBLES = VectorSpecies.of(double.class, Lanes.SPECIES.vectorShape());

    /** The species of floats with as many lanes as a vector of doubles has. */
    private static final VectorSpecies<Float> HALF =
            VectorSpecies.of(float.class, VectorShape.forBitSize(Lanes.SPECIES.vectorBitSize() / 2));

    private static final int LANES = DOUBLES.length();

    /** Elements of a block of neighbours. */
    private static final int BLOCK = 1 << 14;

    /** Columns that are summed together: their sums stay in the first-level cache. */
    private static final int STRIP = 512;

    private static final int LEAST_ROWS = 32;
    private static final int MAX_BLOCKS = 64;

    /** The number of sums that are tasks enough for any number of threads, so that blocks need not be tasks. */
    private static final int MANY = 64;

    private VectorReduction() {}

    public static void sum(float[] x, int from, int outer, int size, int inner, float[] out, int to) {
        if (inner == 1) {
            sumNeighbours(x, from, outer, size, out, to);
        } else {
            sumColumns(x, from, outer, size, inner, out, to);
        }
    }

    private static void sumNeighbours(float[] x, int from, int outer, int size, float[] out, int to) {
        int blocks = Math.ceilDiv(size, BLOCK);
        if (outer >= MANY || blocks <= 1) {
            overRows(outer, size, row -> {
                out[to + row] =
                        (float) sum(x, from + row * size, size, Scratch.get().doubles(LANES), 0);
            });
            return;
        }
        // A place for each sum, and behind it room for the lanes that it is the sum of.
        int place = LANES + 1;
        double[] sums = Scratch.get().doubles(outer * blocks * place);
        WorkerPool.SHARED.run(outer * blocks, task -> {
            int first = task % blocks * BLOCK;
            int row = from + task / blocks * size;
            sums[task * place] = sum(x, row + first, Math.min(BLOCK, size - first), sums, task * place + 1);
        });
        for (int row = 0; row < outer; row++) {
            double sum = 0;
            for (int block = 0; block < blocks; block++) {
                sum += sums[(row * blocks + block) * place];
            }
            out[to + row] = (float) sum;
        }
    }

    private static void overRows(int rows, int size, WorkerPool.Task row) {
        int rowsPerTask = Math.max(1, BLOCK / Math.max(1, size));
        WorkerPool.SHARED.run(Math.ceilDiv(rows, rowsPerTask), task -> {
            int last = Math.min(rows, (task + 1) * rowsPerTask);
            for (int r = task * rowsPerTask; r < last; r++) {
                row.run(r);
            }
        });
    }

    /** Computes the sum of neighbours; {@code lanes} has room for a vector from {@code at} on. */
    private static double sum(float[] x, int from, int count, double[] lanes, int at) {
        DoubleVector a = DoubleVector.zero(DOUBLES);
        DoubleVector b = a;
        DoubleVector c = a;
        DoubleVector d = a;
        int i = 0;
        for (; i + 4 * LANES <= count; i += 4 * LANES) {
            a = a.add(doubles(x, from + i));
            b = b.add(doubles(x, from + i + LANES));
            c = c.add(doubles(x, from + i + 2 * LANES));
            d = d.add(doubles(x, from + i + 3 * LANES));
        }
        a.add(b).add(c.add(d)).intoArray(lanes, at);
        double sum = 0;
        for (int lane = 0; lane < LANES; lane++) {
            sum += lanes[at + lane];
        }
        for (; i < count; i++) {
            sum += x[from + i];
        }
        return sum;
    }

    private static DoubleVector doubles(float[] x, int at) {
        return (DoubleVector) FloatVector.fromArray(HALF, x, at).convertShape(VectorOperators.F2D, DOUBLES, 0);
    }

    /** Computes the sum of the squares of neighbours, in blocks like a sum. */
    public static double sumOfSquares(float[] x, int from, int count) {
        int blocks = Math.ceilDiv(count, BLOCK);
        // A place for each block, and behind it room for the lanes that it is the sum of.
        int place = LANES + 1;
        double[] sums = Scratch.get().doubles(blocks * place);
        WorkerPool.SHARED.run(blocks, block -> {
            int first = block * BLOCK;
            sums[block * place] = squares(x, from + first, Math.min(BLOCK, count - first), sums, block * place + 1);
        });
        double sum = 0;
        for (int block = 0; block < blocks; block++) {
            sum += sums[block * place];
        }
        return sum;
    }

    /** Computes the sum of the squares of neighbours; the squares are exact in double precision. */
    private static double squares(float[] x, int from, int count, double[] lanes, int at) {
        DoubleVector a = DoubleVector.zero(DOUBLES);
        DoubleVector b = a;
        int i = 0;
        for (; i + 2 * LANES <= count; i += 2 * LANES) {
            DoubleVector first = doubles(x, from + i);
            DoubleVector second = doubles(x, from + i + LANES);
            a = first.fma(first, a);
            b = second.fma(second, b);
        }
        a.add(b).intoArray(lanes, at);
        double sum = 0;
        for (int lane = 0; lane < LANES; lane++) {
            sum += lanes[at + lane];
        }
        for (; i < count; i++) {
            sum += (double) x[from + i] * x[from + i];
        }
        return sum;
    }

    private static void sumColumns(float[] x, int from, int outer, int size, int inner, float[] out, int to) {
        int strips = Math.ceilDiv(inner, STRIP);
        int places = outer * strips;
        int rows = places < MANY ? Math.max(LEAST_ROWS, Math.ceilDiv(size, MAX_BLOCKS)) : Math.max(1, size);
        int blocks = Math.max(1, Math.ceilDiv(size, rows));
        if (blocks == 1) {
            WorkerPool.SHARED.run(places, place -> {
                double[] sums = Scratch.get().doubles(STRIP);
                int column = place % strips * STRIP;
                int width = Math.min(STRIP, inner - column);
                sumStrip(x, from + place / strips * size * inner + column, size, inner, width, sums, 0);
                round(sums, 0, width, out, to + place / strips * inner + column);
            });
            return;
        }
        double[] sums = Scratch.get().doubles(places * blocks * STRIP);
        WorkerPool.SHARED.run(places * blocks, task -> {
            int place = task / blocks;
            int row = task % blocks * rows;
            int column = place % strips * STRIP;
            int width = Math.min(STRIP, inner - column);
            int first = from + (place / strips * size + row) * inner + column;
            sumStrip(x, first, Math.min(rows, size - row), inner, width, sums, task * STRIP);
        });
        WorkerPool.SHARED.run(places, place -> {
            int column = place % strips * STRIP;
            int width = Math.min(STRIP, inner - column);
            int total = place * blocks * STRIP;
            for (int block = 1; block < blocks; block++) {
                for (int i = 0; i < width; i++) {
                    sums[total + i] += sums[total + block * STRIP + i];
                }
            }
            round(sums, total, width, out, to + place / strips * inner + column);
        });
    }

    private static void round(double[] sums, int from, int count, float[] out, int to) {
        for (int i = 0; i < count; i++) {
            out[to + i] = (float) sums[from + i];
        }
    }

    /** Sets {@code sums[at + i]} to the sum over rows of {@code x[from + row * stride + i]}, row after row. */
    private static void sumStrip(float[] x, int from, int rows, int stride, int width, double[] sums, int at) {
        Arrays.fill(sums, at, at + width, 0);
        int row = 0;
        for (; row + 4 <= rows; row += 4) {
            addFour(x, from + row * stride, stride, width, sums, at);
        }
        for (; row < rows; row++) {
            for (int i = 0; i < width; i++) {
                sums[at + i] += x[from + row * stride + i];
            }
        }
    }

    private static void addFour(float[] x, int from, int stride, int width, double[] sums, int at) {
        int second = from + stride;
        int third = second + stride;
        int fourth = third + stride;
        int i = 0;
        for (; i + LANES <= width; i += LANES) {
            DoubleVector.fromArray(DOUBLES, sums, at + i)
                    .add(doubles(x, from + i))
                    .add(doubles(x, second + i))
                    .add(doubles(x, third + i))
                    .add(doubles(x, fourth + i))
                    .intoArray(sums, at + i);
        }
        for (; i < width; i++) {
            sums[at + i] = sums[at + i] + x[from + i] + x[second + i] + x[third + i] + x[fourth + i];
        }
    }

    public static void max(float[] x, int from, int outer, int size, int inner, float[] out, int to) {
        if (inner == 1) {
            overRows(outer, size, row -> out[to + row] = max(x, from + row * size, size));
            return;
        }
        int strips = Math.ceilDiv(inner, STRIP);
        WorkerPool.SHARED.run(outer * strips, place -> {
            int column = place % strips * STRIP;
            int width = Math.min(STRIP, inner - column);
            int target = to + place / strips * inner + column;
            Arrays.fill(out, target, target + width, Float.NEGATIVE_INFINITY);
            for (int row = 0; row < size; row++) {
                maxOfRow(x, from + (place / strips * size + row) * inner + column, width, out, target);
            }
        });
    }

    private static float max(float[] x, int from, int count) {
        float max = Float.NEGATIVE_INFINITY;
        int i = 0;
        if (count >= COUNT) {
            FloatVector most = FloatVector.fromArray(SPECIES, x, from);
            for (i = COUNT; i + COUNT <= count; i += COUNT) {
                most = most.max(FloatVector.fromArray(SPECIES, x, from + i));
            }
            // The order of the lanes makes no difference to a maximum.
            max = most.reduceLanes(VectorOperators.MAX);
        }
        for (; i < count; i++) {
            max = Math.max(max, x[from + i]);
        }
        return max;
    }

    private static void maxOfRow(float[] x, int from, int width, float[] most, int at) {
        int i = 0;
        for (; i + COUNT <= width; i += COUNT) {
            FloatVector.fromArray(SPECIES, most, at + i)
                    .max(FloatVector.fromArray(SPECIES, x, from + i))
                    .intoArray(most, at + i);
        }
        for (; i < width; i++) {
            most[at + i] = Math.max(most[at + i], x[from + i]);
        }
    }
}
