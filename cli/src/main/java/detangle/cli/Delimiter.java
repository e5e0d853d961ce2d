package detangle.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The character between the values of a row. */
final class Delimiter {
    private static final List<Character> KNOWN = List.of(',', ';', '\t', '|');

    private Delimiter() {}

    /** Returns the delimiter that a name on the command line means: a character itself, or the word {@code tab}. */
    static Optional<Character> named(String name) {
        return switch (name) {
            case "tab", "\\t" -> Optional.of('\t');
            default ->
                name.length() == 1 && "\"\r\n".indexOf(name.charAt(0)) < 0
                        ? Optional.of(name.charAt(0))
                        : Optional.empty();
        };
    }

    /**
     * Finds the first delimiter that gives a header its wanted columns. If none does, or no columns are wanted, it is
     * the most frequent one.
     */
    static char of(String header, List<String> wanted) {
        return KNOWN.stream()
                .filter(delimiter ->
                        !wanted.isEmpty() && columns(header, delimiter).containsAll(wanted))
                .findFirst()
                .orElseGet(() -> KNOWN.stream()
                        .max(Comparator.<Character>comparingInt(
                                        d -> columns(header, d).size())
                                .thenComparing(d -> -KNOWN.indexOf(d)))
                        .orElseThrow());
    }

    /**
     * Returns the delimiter that divides a header line into columns of which one has the given name; empty if there is
     * none.
     */
    static Optional<Character> ofHeader(String line, String column) {
        return KNOWN.stream()
                .filter(delimiter -> columns(line, delimiter).size() > 1
                        && columns(line, delimiter).contains(column))
                .findFirst();
    }

    private static List<String> columns(String header, char delimiter) {
        List<String> columns = new ArrayList<>();
        StringBuilder column = new StringBuilder();
        boolean quoted = false;
        for (char c : header.toCharArray()) {
            if (c == delimiter && !quoted) {
                columns.add(column.toString().strip());
                column.setLength(0);
            } else if (c == '"') {
                quoted = !quoted;
            } else {
                column.append(c);
            }
        }
        columns.add(column.toString().strip());
        return columns;
    }
}
