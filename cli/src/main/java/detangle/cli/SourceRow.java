package detangle.cli;

import java.util.Optional;
import java.util.SequencedMap;

/**
 * A row as its source has it.
 *
 * @param number which row it is, from 1: headers are not counted, nor blank lines of CSV and JSON lines
 * @param columns the values by their columns' names, in the source's order: texts, numbers, truth values, null, or what else JSON
 *     and Parquet can hold
 * @param fault why the row cannot be read, although those after it can; what goes on from its name: {@code is not JSON}
 */
record SourceRow(long number, SequencedMap<String, Object> columns, Optional<String> fault) {
    static SourceRow of(long number, SequencedMap<String, Object> columns) {
        return new SourceRow(number, columns, Optional.empty());
    }
}
