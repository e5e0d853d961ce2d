package detangle.bench;

import java.util.List;

/** The result of a run of the bench: a table for people, and its components as JSON for programs. */
public interface Report {
    Host host();

    List<? extends Record> results();

    /** Headings, then a row for each result; {@link #words} of the columns hold words, the others numbers. */
    List<List<String>> table();

    /** Returns how many columns, from the left, hold words. */
    int words();
}
