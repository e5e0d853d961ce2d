package detangle.cli;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Which columns of a row hold the texts that a command runs.
 *
 * @param needed columns that every row must have
 * @param optional a column that a row may have; its text is the last one of the rows that have it
 * @param named whether the source has columns, which messages name
 * @param mayBeBlank whether the command takes a text that is empty or only white space
 */
record TextColumns(List<String> needed, Optional<String> optional, boolean named, boolean mayBeBlank) {
    /** Returns those that a row is asked for. */
    List<String> of(SourceRow row) {
        return Stream.concat(
                        needed.stream(), optional.filter(name -> row.columns().get(name) != null).stream())
                .toList();
    }

    /** Returns all of them. */
    List<String> all() {
        return Stream.concat(needed.stream(), optional.stream()).toList();
    }
}
