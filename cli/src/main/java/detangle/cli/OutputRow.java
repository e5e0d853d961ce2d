package detangle.cli;

import detangle.pipelines.task.Column;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;

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

    /** Returns the rows for each of a row's results, or the one row that says that there is none. */
    static List<OutputRow> of(
            RowSource source,
            RowLoop.Row row,
            JoinedColumns joined,
            SequencedMap<String, Object> asked,
            SequencedMap<String, Object> known) {
        Stream<Optional<Result>> results = row.results().isEmpty()
                ? Stream.of(Optional.empty())
                : row.results().stream().map(Optional::of);
        return results.map(result -> new OutputRow(
                        source.nameOf(row.source()), joined.of(row.source()), asked, result, known, row.fault()))
                .toList();
    }

    /**
     * Returns all of the row as one object: without the parts that its answer does not have, and with null for all of
     * no answer.
     */
    SequencedMap<String, Object> object(OutputLayout layout) {
        SequencedMap<String, Object> object = new LinkedHashMap<>(joined);
        layout.asked().forEach(c -> object.put(c.name(), asked.get(c.name())));
        layout.answer().stream()
                .map(Column::name)
                .filter(name ->
                        result.filter(r -> !r.answer().containsKey(name)).isEmpty())
                .forEach(name -> object.put(
                        name, result.map(Result::answer).orElse(known).get(name)));
        if (layout.errors()) {
            object.put(OutputLayout.ERROR, error.orElse(null));
        }
        return object;
    }
}
