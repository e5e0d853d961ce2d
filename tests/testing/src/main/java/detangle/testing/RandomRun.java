package detangle.testing;

import detangle.ir.text.Printer;
import detangle.testing.RandomPrograms.Sample;
import java.util.function.LongFunction;

/**
 * Puts random programs before a check, prints what they covered, and makes a program that fails small before it tells
 * of it. Properties: {@code detangle.random.programs} how many, {@code detangle.random.seconds} how long instead,
 * {@code detangle.random.seed} the first seed.
 */
public final class RandomRun {
    private static final long FIRST = Long.getLong("detangle.random.seed", 0);

    private RandomRun() {}

    /** Compares some way of running a program with its meaning; throws what it likes where they differ. */
    @FunctionalInterface
    public interface Check {
        void check(long seed, Sample sample) throws Exception;
    }

    /**
     * Runs the check.
     *
     * @param portable whether programs keep to what other runtimes can do
     */
    public static Coverage run(String name, boolean portable, int programs, Check check) {
        return run(name, seed -> RandomPrograms.sample(seed, portable), programs, check);
    }

    /**
     * Runs the check over programs of a generator.
     *
     * @param generator makes the program of a seed
     */
    public static Coverage run(String name, LongFunction<Sample> generator, int programs, Check check) {
        int count = Integer.getInteger("detangle.random.programs", programs);
        long seconds = Long.getLong("detangle.random.seconds", 0);
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        Coverage coverage = new Coverage();
        for (long seed = FIRST; seconds > 0 ? System.nanoTime() < end : seed < FIRST + count; seed++) {
            Sample sample = generator.apply(seed);
            coverage.add(sample.program());
            long number = seed;
            try {
                check.check(seed, sample);
            } catch (Exception | AssertionError e) {
                Sample small = Shrinker.shrink(sample, s -> fails(check, number, s));
                throw new AssertionError(
                        name + ": program " + seed + " (alone: -Ddetangle.random.seed=" + seed
                                + " -Ddetangle.random.programs=1): " + e.getMessage() + "\nsmallest that fails:\n"
                                + Printer.print(small.program()) + small.inputs(),
                        e);
            }
        }
        System.out.println(name + ": " + coverage);
        return coverage;
    }

    private static boolean fails(Check check, long seed, Sample sample) {
        try {
            check.check(seed, sample);
            return false;
        } catch (Exception | AssertionError e) {
            return true;
        }
    }
}
