package detangle.bench.worker;

import java.io.IOException;

/**
 * A process that keeps a processor busy. It says {@code busy} when it has begun, and ends with its input, so that it
 * cannot outlive whoever has started it, however that one ends.
 */
public final class BusyMain {
    /**
     * The result of the computation. Nobody reads it; it is kept so that a compiler cannot leave the computation out.
     */
    private static volatile double result;

    private BusyMain() {}

    /** Takes no arguments. */
    public static void main(String[] args) {
        Thread.ofPlatform().daemon().name("busy").start(BusyMain::compute);
        System.out.println("busy");
        System.out.flush();
        try {
            while (System.in.read() >= 0) {
                // Nothing is asked of it.
            }
        } catch (IOException e) {
            // Whoever started it is gone.
        }
    }

    private static void compute() {
        double x = 1;
        while (true) {
            for (int i = 0; i < 1 << 20; i++) {
                x = Math.sqrt(x + i);
            }
            result = x;
        }
    }
}
