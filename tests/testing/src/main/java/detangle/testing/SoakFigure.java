package detangle.testing;

/**
 * What a process that runs for hours must not collect, and by how much a straight line through its samples may rise
 * from the end of the warm-up to the end of the run.
 */
public enum SoakFigure {
    HEAP("heap after a collection, MiB", 8),
    METASPACE("metaspace, MiB", 8),
    CLASSES("loaded classes", 200),
    CODE("compiled code, MiB", 24),
    DIRECT("direct memory, MiB", 2),
    MAPPED("mapped buffers", 1),
    MAPS("mapped files", 2),
    RESIDENT("resident memory, MiB", 64),
    THREADS("threads", 4),
    HANDLES("file handles", 8);

    private final String title;
    private final double bound;

    SoakFigure(String title, double bound) {
        this.title = title;
        this.bound = bound;
    }

    /** Returns its name and its unit. */
    public String title() {
        return title;
    }

    /** Returns how much it may grow, in its unit. */
    public double bound() {
        return bound;
    }
}
