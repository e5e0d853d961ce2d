package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;
import static detangle.backend.vector.kernel.Lanes.SPECIES;

import java.util.concurrent.CountDownLatch;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;

/** Kernels that do nothing but multiply and add, or nothing but read: what this machine can do at best. */
public final class PeakKernels {
    private static final int ACCUMULATORS = 12;
    private static final int FMA_STEPS = 200_000;
    private static final int STREAMED_FLOATS = 1 << 25;
    private static final int ROUNDS = 12;
    private static final int PASSES = 4;

    /** Results go here, so that no loop is dead. */
    private static volatile float sink;

    private PeakKernels() {}

    /** fp32 operations a second of threads at once, a fused multiply-add counted as two: the best of several rounds. */
    public static double flops(int threads) {
        double operations = 2.0 * COUNT * ACCUMULATORS * FMA_STEPS;
        return best(threads, ROUNDS, i -> () -> {
            multiplyAdd(FMA_STEPS);
            return operations;
        });
    }

    /** Returns the bytes a second that threads read from main memory at once: the best of several passes. */
    public static double bandwidth(int threads) {
        float[][] data = new float[threads][STREAMED_FLOATS / threads];
        return best(threads, PASSES, i -> () -> {
            read(data[i]);
            return (double) data[i].length * Float.BYTES;
        });
    }

    /** The work of a thread by its number. */
    private interface Work {
        DoubleSupplier of(int thread);
    }

    private static double best(int threads, int rounds, Work work) {
        double best = 0;
        for (int round = 0; round < rounds; round++) {
            best = Math.max(best, once(threads, work));
        }
        return best;
    }

    private static double once(int threads, Work work) {
        CountDownLatch start = new CountDownLatch(1);
        double[] rates = new double[threads];
        Thread[] all = IntStream.range(0, threads)
                .mapToObj(i -> Thread.ofPlatform().daemon().start(() -> {
                    DoubleSupplier own = work.of(i);
                    try {
                        start.await();
                    } catch (InterruptedException e) {
                        return;
                    }
                    long begin = System.nanoTime();
                    double amount = own.getAsDouble();
                    rates[i] = amount / (System.nanoTime() - begin) * 1e9;
                }))
                .toArray(Thread[]::new);
        start.countDown();
        double sum = 0;
        for (int i = 0; i < threads; i++) {
            try {
                all[i].join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return 0;
            }
            sum += rates[i];
        }
        return sum;
    }

    /** Twelve chains hide the latency of the units, and with two operands fit into sixteen registers. */
    private static void multiplyAdd(int steps) {
        FloatVector x = FloatVector.broadcast(SPECIES, 0.999f);
        FloatVector y = FloatVector.broadcast(SPECIES, 0.001f);
        FloatVector a = y;
        FloatVector b = y;
        FloatVector c = y;
        FloatVector d = y;
        FloatVector e = y;
        FloatVector f = y;
        FloatVector g = y;
        FloatVector h = y;
        FloatVector i = y;
        FloatVector j = y;
        FloatVector k = y;
        FloatVector l = y;
        for (int step = 0; step < steps; step++) {
            a = a.fma(x, y);
            b = b.fma(x, y);
            c = c.fma(x, y);
            d = d.fma(x, y);
            e = e.fma(x, y);
            f = f.fma(x, y);
            g = g.fma(x, y);
            h = h.fma(x, y);
            i = i.fma(x, y);
            j = j.fma(x, y);
            k = k.fma(x, y);
            l = l.fma(x, y);
        }
        sink = a.add(b)
                .add(c)
                .add(d)
                .add(e)
                .add(f)
                .add(g)
                .add(h)
                .add(i)
                .add(j)
                .add(k)
                .add(l)
                .lane(0);
    }

    private static void read(float[] data) {
        FloatVector a = FloatVector.zero(SPECIES);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int i = 0; i + 4 * COUNT <= data.length; i += 4 * COUNT) {
            a = a.add(FloatVector.fromArray(SPECIES, data, i));
            b = b.add(FloatVector.fromArray(SPECIES, data, i + COUNT));
            c = c.add(FloatVector.fromArray(SPECIES, data, i + 2 * COUNT));
            d = d.add(FloatVector.fromArray(SPECIES, data, i + 3 * COUNT));
        }
        sink = a.add(b).add(c).add(d).lane(0);
    }
}
