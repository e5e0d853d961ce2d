package detangle.cli;

import java.util.Optional;
import java.util.function.Consumer;

/** Lines as the rows of one column. */
final class TextRows implements RowSource {
    private final String name;
    private final LineReader lines;
    private final String column;
    private final Consumer<String> first;

    /**
     * Reads nothing yet.
     *
     * @param column what the lines' column is called
     * @param first is told the first line
     */
    TextRows(String name, Utf8Reader reader, String column, Consumer<String> first) {
        this.name = name;
        this.lines = new LineReader(reader);
        this.column = column;
        this.first = first;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Optional<SourceRow> next() {
        lines.beginRow(lines.number() + 1, "");
        return lines.next().map(line -> {
            boolean isFirst = lines.number() == 1;
            if (isFirst) {
                first.accept(line);
            }
            return SourceRow.ofText(lines.number(), column, line, isFirst ? lines.mark() : "", lines.ending());
        });
    }

    @Override
    public boolean ready() {
        return lines.ready();
    }

    @Override
    public void close() {
        lines.close();
    }
}
