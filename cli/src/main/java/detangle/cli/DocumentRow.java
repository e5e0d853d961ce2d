package detangle.cli;

import java.util.Optional;

/** A stream of UTF-8 as one row: all of it is its text, line ends too. */
final class DocumentRow implements RowSource {
    private final String name;
    private final Utf8Reader reader;
    private final String column;
    private boolean read;

    /**
     * Reads nothing yet.
     *
     * @param column what the text's column is called
     */
    DocumentRow(String name, Utf8Reader reader, String column) {
        this.name = name;
        this.reader = reader;
        this.column = column;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String nameOf(SourceRow row) {
        return name;
    }

    @Override
    public Optional<SourceRow> next() {
        if (read) {
            return Optional.empty();
        }
        read = true;
        reader.beginRow("which is read as one text,", ": read its lines as texts with --input-format text");
        StringBuilder text = new StringBuilder();
        char[] buffer = new char[1 << 13];
        for (int count = reader.read(buffer, 0, buffer.length); count >= 0; ) {
            text.append(buffer, 0, count);
            count = reader.read(buffer, 0, buffer.length);
        }
        return Optional.of(SourceRow.ofText(1, column, text.toString(), reader.mark(), ""));
    }

    @Override
    public boolean ready() {
        return reader.ready();
    }

    @Override
    public void close() {
        reader.close();
    }
}
