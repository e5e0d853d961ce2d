package detangle.cli;

import detangle.cli.Failures.CliException;
import java.util.List;
import java.util.Optional;

/** Lines as the rows of one column. */
final class TextRows implements RowSource {
    private final LineReader lines;

    TextRows(LineReader lines, List<String> columns) {
        if (columns.size() > 1) {
            throw new CliException("lines of text have no columns, and " + String.join(", ", columns)
                    + " are needed: give a .csv, .jsonl or .parquet file");
        }
        this.lines = lines;
    }

    @Override
    public Optional<List<String>> next() {
        return lines.next().map(List::of);
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
