package detangle.bench;

import java.util.List;
import java.util.Optional;

/** The result of a run of the bench: a table for people, and its components as JSON for programs. */
public interface Report {
    Host host();

    List<? extends Record> results();

    /** Returns the sentences above the table, a line each: by default one with the machine and the versions. */
    default List<String> summary() {
        return List.of(ReportFormat.host(host()));
    }

    /** Returns when this was measured, if that was at one time. */
    default Optional<String> date() {
        return Optional.of(host().date());
    }

    /** Headings, then a row for each result; {@link #words} of the columns hold words, the others numbers. */
    List<List<String>> table();

    /** Returns how many columns, from the left, hold words. */
    int words();
}
