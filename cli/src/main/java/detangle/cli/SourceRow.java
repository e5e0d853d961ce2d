package detangle.cli;

import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * A row as its source has it.
 *
 * @param number which row it is, from 1: headers are not counted, nor blank lines of CSV and JSON lines
 * @param columns the values by their columns' names, in the source's order: texts, numbers, truth values, null, or
 *     what else JSON and Parquet can hold
 * @param fault why the row cannot be read, although those after it can; what goes on from its name: {@code is not JSON}
 * @param before what stands before a text in a file of texts and is not a part of it: a byte order mark
 * @param after what stands behind it there: the end of its line
 */
record SourceRow(
        long number, SequencedMap<String, Object> columns, Optional<String> fault, String before, String after) {
    SourceRow(long number, SequencedMap<String, Object> columns, Optional<String> fault) {
        this(number, columns, fault, "", "");
    }

    /** Returns the only column of a file of texts, with what stands around the text. */
    static SourceRow ofText(long number, String column, String text, String before, String after) {
        SequencedMap<String, Object> columns = new LinkedHashMap<>();
        columns.put(column, text);
        return new SourceRow(number, columns, Optional.empty(), before, after);
    }

    static SourceRow of(long number, SequencedMap<String, Object> columns) {
        return new SourceRow(number, columns, Optional.empty());
    }
}
