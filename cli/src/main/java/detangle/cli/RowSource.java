package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.pipelines.ProgressListener.RowMessage;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Rows of a file, of a stream or of the command line, one by one. */
interface RowSource extends AutoCloseable {
    /** Names of columns that a message lists. */
    int NAMES_LISTED = 20;

    /** Returns what messages call the source: a file's name, standard input. */
    String name();

    /** Returns what messages call a row. */
    default String nameOf(SourceRow row) {
        return name() + ", row " + row.number();
    }

    /** Returns what messages call a row that a pipeline says something of. */
    default String nameOf(SourceRow row, RowMessage message) {
        return nameOf(row);
    }

    /** Returns names for a message: all, or the first of many. */
    static String listed(Collection<String> names) {
        String first = names.stream().limit(NAMES_LISTED).collect(Collectors.joining(", "));
        return first + (names.size() > NAMES_LISTED ? " and " + (names.size() - NAMES_LISTED) + " more" : "");
    }

    /** Returns the fault that a source lacks a column; the column of texts is the first of those that are wanted. */
    static CliException missing(String name, String column, List<String> columns, List<String> wanted) {
        return new CliException(name + " has no column '" + column + "'; its columns are " + listed(columns)
                + (column.equals(wanted.getFirst()) ? ": choose with --column" : ": name one of them"));
    }

    /**
     * Returns the next row; none at the end. What cannot be read at all is an exception, and what cannot be answered is
     * the row's fault.
     */
    Optional<SourceRow> next();

    /** Returns whether the next row can be read without waiting for who writes it. */
    default boolean ready() {
        return true;
    }

    @Override
    void close();
}
