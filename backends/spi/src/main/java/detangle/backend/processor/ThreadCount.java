package detangle.backend.processor;

import detangle.ir.OneLine;

/**
 * The number of threads that compute, callers included: what the property {@value #PROPERTY} says, or {@linkplain
 * Processors#threads() what suits the processors} that this process may use.
 *
 * @param threads at least 1
 * @param processors what they have to run on
 */
public record ThreadCount(int threads, Processors processors) {
    /** The property that sets it: a number or {@value #AUTO}, which is the default. */
    public static final String PROPERTY = "detangle.threads";

    /** The name of the number that suits the processors. */
    public static final String AUTO = "auto";

    /** More threads than any machine has processors for. */
    private static final int MAX_THREADS = 9999;

    private static ThreadCount chosen;

    /**
     * Returns the number of this process. The first call reads the property and the system's files, and what it finds
     * stays.
     *
     * @throws ThreadCountException if the property holds neither a number from 1 to 9999 nor {@value #AUTO}
     */
    public static synchronized ThreadCount chosen() {
        if (chosen == null) {
            chosen = of(System.getProperty(PROPERTY, AUTO), PROPERTY, Processors.here());
        }
        return chosen;
    }

    /**
     * Reads a number of threads.
     *
     * @param text a number from 1 to 9999, or {@value #AUTO}
     * @param name what the text was given as, for a message such as {@code --threads is 'many'}
     * @throws ThreadCountException if it is neither
     */
    public static int parse(String text, String name) {
        return of(text, name, Processors.here()).threads;
    }

    static ThreadCount of(String text, String name, Processors processors) {
        if (text.equals(AUTO)) {
            return new ThreadCount(processors.threads(), processors);
        }
        int number = text.matches("[0-9]{1,4}") ? Integer.parseInt(text) : 0;
        if (number < 1) {
            throw new ThreadCountException(
                    name + " is '" + OneLine.of(text) + "': give a number from 1 to " + MAX_THREADS + ", or " + AUTO);
        }
        return new ThreadCount(number, processors);
    }

    /** Returns the number and why it is so, such as {@code 2 threads (2 processors, no quota)}. */
    public String text() {
        return threads + (threads == 1 ? " thread (" : " threads (")
                + (threads == processors.threads() ? "" : "asked for; ") + processors.text() + ")";
    }
}
