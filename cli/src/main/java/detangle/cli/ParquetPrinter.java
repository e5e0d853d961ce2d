package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.pipelines.task.Column;
import detangle.pipelines.task.Column.Scalar;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/**
 * A Parquet file. Rows are written in groups; what columns that are kept hold is learned from the rows of the first
 * group: texts, whole numbers, numbers, truth values, and JSON as text for everything else.
 */
final class ParquetPrinter implements ResultPrinter {
    private static final int ROWS_OF_A_GROUP = 8192;
    private static final long VALUES_OF_A_GROUP = 1 << 24;

    private final Path path;
    private final OutputLayout layout;
    private final List<OutputRow> group = new ArrayList<>();
    private final SequencedMap<String, Set<Scalar>> seen = new LinkedHashMap<>();
    private final SequencedMap<String, Scalar> joined = new LinkedHashMap<>();
    private ParquetFile file;
    private long values;

    ParquetPrinter(Path path, OutputLayout layout) {
        this.path = path;
        this.layout = layout;
    }

    @Override
    public void print(OutputRow row) {
        group.add(row);
        values += row.object(layout).values().stream()
                .mapToLong(ParquetPrinter::size)
                .sum();
        if (group.size() == ROWS_OF_A_GROUP || values > VALUES_OF_A_GROUP) {
            writeGroup();
        }
    }

    /** About how many characters or numbers a value takes. */
    private static long size(Object value) {
        return switch (value) {
            case String text -> text.length();
            case float[] vector -> vector.length;
            case List<?> list -> list.stream().mapToLong(ParquetPrinter::size).sum();
            case null -> 1;
            default -> 1;
        };
    }

    @Override
    public void flush() {
        // A file without its footer cannot be read: there is nobody to hand anything to.
    }

    @Override
    public void end() {
        try {
            writeGroup();
        } catch (CliException e) {
            // A row does not fit the columns; those before it are written, and the file can be read.
            file.end();
            throw e;
        }
        file.end();
    }

    private void writeGroup() {
        if (file == null) {
            file = new ParquetFile(path, columns());
        }
        List<Map<String, Object>> rows = new ArrayList<>();
        try {
            group.forEach(row -> rows.add(values(row)));
        } finally {
            // The rows before one that does not fit the columns are written, as they are in other formats.
            group.clear();
            values = 0;
            if (!rows.isEmpty()) {
                file.write(rows);
            }
        }
    }

    private List<Column> columns() {
        for (OutputRow row : group) {
            row.joined().forEach((name, value) -> {
                Set<Scalar> types = seen.computeIfAbsent(name, n -> EnumSet.noneOf(Scalar.class));
                type(value).ifPresent(types::add);
            });
        }
        seen.forEach((name, types) -> joined.put(name, common(types)));
        List<Column> columns = new ArrayList<>();
        joined.forEach((name, type) -> columns.add(new Column(name, type)));
        columns.addAll(layout.asked());
        columns.addAll(layout.answer());
        if (layout.errors()) {
            columns.add(Column.text(OutputLayout.ERROR));
        }
        return columns;
    }

    private static Optional<Scalar> type(Object value) {
        return switch (value) {
            case null -> Optional.empty();
            case Integer number -> Optional.of(Scalar.WHOLE);
            case Long number -> Optional.of(Scalar.WHOLE);
            case Double number -> Optional.of(Scalar.DOUBLE);
            case Float number -> Optional.of(Scalar.DOUBLE);
            case Boolean truth -> Optional.of(Scalar.TRUTH);
            default -> Optional.of(Scalar.TEXT);
        };
    }

    private static Scalar common(Set<Scalar> types) {
        if (types.size() == 1) {
            return types.iterator().next();
        }
        return types.equals(EnumSet.of(Scalar.WHOLE, Scalar.DOUBLE)) ? Scalar.DOUBLE : Scalar.TEXT;
    }

    private Map<String, Object> values(OutputRow row) {
        SequencedMap<String, Object> object = row.object(layout);
        row.joined().forEach((name, value) -> object.put(name, fit(row, name, value, joined.get(name))));
        // A row that cannot be answered may have something else where texts are.
        Stream.concat(layout.asked().stream(), layout.answer().stream())
                .filter(column -> column.type() == Scalar.TEXT)
                .forEach(column ->
                        object.computeIfPresent(column.name(), (name, value) -> fit(row, name, value, Scalar.TEXT)));
        return object;
    }

    /** Returns a value as its column holds it. */
    private static Object fit(OutputRow row, String name, Object value, Scalar type) {
        boolean fits = value == null
                || type == Scalar.TEXT
                || type(value)
                        .filter(own -> own == type || common(EnumSet.of(own, type)) == type)
                        .isPresent();
        if (type == null || !fits) {
            throw new CliException(row.name() + ", column '" + name + "' "
                    + (type == null ? "is not one of" : "is of another kind than in")
                    + " the first rows: write jsonl, or leave out --keep-columns");
        }
        return value == null || type != Scalar.TEXT || value instanceof String
                ? value
                : JsonMapper.shared().writeValueAsString(value);
    }

    @Override
    public void close() {
        if (file != null) {
            file.close();
        }
    }
}
