package detangle.ir;

/** The place that a node was read from: the name of a file or program, line and column counted from 1. */
public record Location(String file, int line, int column) {
    @Override
    public String toString() {
        return file + ":" + line + ":" + column;
    }
}
