package detangle.cli;

import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * A row as it is printed.
 *
 * @param name what messages call it: {@code a.csv, row 3}
 * @param joined what tells which row it is: its number and columns that are kept
 * @param asked the texts that were asked about, by {@link PipelineCommand#asked}
 * @param result none of a row that cannot be answered
 * @param known what is known nevertheless of its answer
 * @param error why it cannot, where rows say so
 */
record OutputRow(
        String name,
        SequencedMap<String, Object> joined,
        SequencedMap<String, Object> asked,
        Optional<Result> result,
        SequencedMap<String, Object> known,
        Optional<String> error) {

    /** All of the row as one object, with null for what is missing. */
    SequencedMap<String, Object> object(OutputLayout layout) {
        SequencedMap<String, Object> object = new LinkedHashMap<>(joined);
        layout.asked().forEach(c -> object.put(c.name(), asked.get(c.name())));
        layout.answer()
                .forEach(c -> object.put(
                        c.name(), result.map(Result::answer).orElse(known).get(c.name())));
        if (layout.errors()) {
            object.put(OutputLayout.ERROR, error.orElse(null));
        }
        return object;
    }
}
