package detangle.backend.vector;

/**
 * One kernel bound to values: the same for all runs, which bring the memory and the sizes. It keeps nothing from run to
 * run.
 */
@FunctionalInterface
interface Step {
    /** Nothing is left to do. */
    Step NOTHING = frame -> {};

    void run(Frame frame);
}
