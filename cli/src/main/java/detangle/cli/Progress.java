package detangle.cli;

/** Tells people how far work has come. */
interface Progress extends AutoCloseable {
    /** Tells nobody. */
    Progress NONE = new Progress() {
        @Override
        public void at(long done) {}

        @Override
        public void aside(Runnable lines) {
            lines.run();
        }

        @Override
        public void close() {}
    };

    void at(long done);

    /** Prints lines, perhaps to the same terminal, without leaving parts of a bar between them. */
    void aside(Runnable lines);

    @Override
    void close();
}
