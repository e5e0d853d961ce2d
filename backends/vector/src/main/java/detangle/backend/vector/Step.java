package detangle.backend.vector;

/** One kernel bound to its memory. */
@FunctionalInterface
interface Step {
    void run();
}
