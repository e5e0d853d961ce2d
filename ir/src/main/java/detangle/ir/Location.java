package detangle.ir;

/** Where a node was read from: a file or program name, line and column counted from 1. */
public record Location(String file, int line, int column) {
    @Override
    public String toString() {
        return file + ":" + line + ":" + column;
    }
}
