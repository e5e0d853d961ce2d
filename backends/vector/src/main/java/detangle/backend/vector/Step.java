package detangle.backend.vector;

/** One kernel bound to its memory. */
@FunctionalInterface
interface Step {
    /** Nothing is left to do. */
    Step NOTHING = () -> {};

    void run();
}
