package detangle.backend.vector;

/**
 * A kernel that is bound to values. It is the same for all runs, which bring the memory and the sizes, and keeps
 * nothing from run to run.
 */
@FunctionalInterface
interface Step {
    /** Nothing is left to do. */
    Step NOTHING = frame -> {};

    void run(Frame frame);
}
