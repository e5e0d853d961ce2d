package detangle.backend.vector.amx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * Machine code that many threads call at once, platform and virtual ones, on arrays that are fresh each time, so that
 * collectors move them; while memory is allocated and collected, and while a stack overflows. Each result is compared
 * bit by bit with the first one. Without a matrix unit the rows are still packed by the processor, if it rounds to
 * bfloat16. {@code detangle.stress.seconds} and {@code detangle.stress.threads} make it longer and wider;
 * docs/NUMERICS.md has the command.
 */
class TileStressTest {
    private static final double SECONDS = Double.parseDouble(System.getProperty("detangle.stress.seconds", "0.3"));
    private static final int THREADS = Integer.getInteger("detangle.stress.threads", 8);

    private static volatile Object kept;

    private final AtomicLong runs = new AtomicLong();
    private final AtomicLong wrong = new AtomicLong();

    /** Packs by machine code and multiplies in Java. */
    private record PackingProcessor(MethodHandle packing) implements MatrixUnit {
        @Override
        public void run(TilePacking p) {
            EmittedTiles.run(packing, p);
        }

        @Override
        public void run(TileProduct p) {
            new JavaTiles().run(p);
        }
    }

    private static MatrixUnit unit() throws ExecutableMemory.RefusedException {
        ThisMachine machine = new ThisMachine();
        boolean packs =
                machine.system().equals(ThisMachine.SYSTEM) && machine.flags().contains("avx512_bf16");
        return switch (MatrixUnits.answer()) {
            case MatrixUnits.Answer.Present(MatrixUnit unit) -> unit;
            case MatrixUnits.Answer.Absent(String why) -> {
                System.out.println("not tested: products of tiles by the processor, as there is no matrix unit: " + why
                        + (packs
                                ? "; the processor packs rows and Java multiplies"
                                : "; Java packs rows and multiplies"));
                yield packs ? new PackingProcessor(EmittedTiles.packing(Arena.global())) : MatrixUnits.unit();
            }
        };
    }

    private final class Job {
        private final MatrixUnit unit;
        private final int rows;
        private final int columns;
        private final int steps;
        private final float[] x;
        private final float[] bias;
        private final MemorySegment panel;
        private final MemorySegment packed;
        private final float[] expected;

        Job(MatrixUnit unit, int seed) {
            this.unit = unit;
            Random random = new Random(seed);
            rows = 1 + random.nextInt(32);
            columns = 1 + random.nextInt(32);
            steps = 1 + random.nextInt(3);
            x = new float[rows * steps * 32];
            bias = new float[columns];
            for (float[] floats : new float[][] {x, bias}) {
                for (int i = 0; i < floats.length; i++) {
                    floats[i] = (float) random.nextGaussian();
                }
            }
            long bytes = 2L * steps * MatrixUnit.TILE;
            panel = Arena.ofAuto().allocate(bytes, MatrixUnit.TILE_ROW);
            for (long i = 0; i < bytes / Short.BYTES; i++) {
                panel.setAtIndex(ValueLayout.JAVA_SHORT, i, Bf16.round((float) random.nextGaussian()));
            }
            packed = Arena.ofAuto().allocate(bytes, MatrixUnit.TILE_ROW);
            expected = run();
        }

        private float[] run() {
            float[] c = new float[rows * columns];
            long stride = (long) steps * 32 * Float.BYTES;
            MemorySegment floats = MemorySegment.ofArray(x.clone());
            long stepBytes = (long) MatrixUnit.tiles(rows) * MatrixUnit.TILE;
            for (int first = 0; first < rows; first += 16) {
                unit.run(new TilePacking(
                        floats.asSlice(first * stride),
                        stride,
                        packed.asSlice(first / 16L * MatrixUnit.TILE),
                        stepBytes,
                        steps,
                        Math.min(16, rows - first)));
            }
            unit.run(new TileProduct(
                    packed,
                    0,
                    panel,
                    MemorySegment.ofArray(bias.clone()),
                    0,
                    MemorySegment.ofArray(c),
                    (long) columns * Float.BYTES,
                    steps,
                    1,
                    rows,
                    columns));
            return c;
        }

        void check() {
            if (!Arrays.equals(expected, run())) {
                wrong.incrementAndGet();
            }
            runs.incrementAndGet();
        }

        /** Runs at many depths of the stack, the last ones near its end. */
        int descend(int depth) {
            if (depth % 200 == 0) {
                check();
            }
            return descend(depth + 1) + 1;
        }
    }

    @Test
    void noResultIsWrong() throws Exception {
        MatrixUnit unit = unit();
        long end = System.nanoTime() + (long) (SECONDS * 1e9);
        AtomicBoolean ends = new AtomicBoolean();
        Thread garbage = Thread.ofPlatform().daemon().start(() -> allocate(ends));
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int seed = i;
            Thread.Builder builder = i % 2 == 0 ? Thread.ofPlatform() : Thread.ofVirtual();
            threads.add(builder.start(() -> {
                try {
                    work(new Job(unit, seed), seed % 8 == 0, end);
                } catch (Throwable e) {
                    synchronized (failures) {
                        failures.add(e);
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        ends.set(true);
        garbage.join();
        System.out.println("stress of tiles: " + runs + " products, " + wrong + " of them wrong");
        assertEquals(List.of(), failures);
        assertEquals(0, wrong.get(), "wrong of " + runs + " products");
        assertTrue(runs.get() >= THREADS, runs + " products");
    }

    private static void work(Job job, boolean descends, long end) {
        do {
            job.check();
        } while (System.nanoTime() < end);
        if (descends) {
            try {
                job.descend(1);
            } catch (StackOverflowError e) {
                job.check();
            }
        }
    }

    private static void allocate(AtomicBoolean ends) {
        List<byte[]> arrays = new ArrayList<>();
        for (int i = 0; !ends.get(); i++) {
            kept = new byte[1 << 16];
            if (i % 7 == 0) {
                arrays.add(new byte[1 << 16]);
            }
            if (arrays.size() > 300) {
                arrays = new ArrayList<>(arrays.subList(150, 300));
            }
            if (i % 5000 == 0) {
                System.gc();
            }
        }
    }
}
