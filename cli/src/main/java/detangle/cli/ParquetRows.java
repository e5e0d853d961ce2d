package detangle.cli;

import detangle.cli.Failures.CliException;
import dev.hardwood.InputFile;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.row.PqList;
import dev.hardwood.row.PqMap;
import dev.hardwood.row.PqStruct;
import dev.hardwood.row.StructAccessor;
import dev.hardwood.schema.ColumnProjection;
import dev.hardwood.schema.ColumnSchema;
import dev.hardwood.schema.SchemaNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.Set;

/** A Parquet file, of which some columns are read, or all. */
final class ParquetRows implements RowSource {
    private final Path path;
    private final ParquetFileReader file;
    private final RowReader rows;
    private long row;
    private int values;
    private long characters;

    /**
     * Opens a file.
     *
     * @param wanted columns that must be there
     * @param all whether the others are read too
     */
    ParquetRows(Path path, List<String> wanted, boolean all) {
        this.path = path;
        try (ParquetCheck check = new ParquetCheck(path)) {
            check.footer();
            this.file = opened(path);
            check(check, all ? Set.of() : Set.copyOf(wanted));
        } catch (IOException e) {
            throw new CliException(path + " cannot be read: " + Failures.reason(e));
        }
        // The library misses the pages of a list in a group without rows.
        boolean empty = file.getFileMetaData().rowGroups().stream().allMatch(group -> group.numRows() == 0);
        List<String> names = file.getFileSchema().getRootNode().children().stream()
                .map(SchemaNode::name)
                .toList();
        for (String column : wanted) {
            if (!names.contains(column)) {
                close(file);
                throw RowSource.missing(path.toString(), column, names, wanted);
            }
        }
        List<ColumnSchema> read = file.getFileSchema().getColumns().stream()
                .filter(column -> all || wanted.contains(column.fieldPath().topLevelName()))
                .toList();
        long heap = Runtime.getRuntime().maxMemory();
        if (ParquetMemory.bytes(read, heap) > heap - heap / 8) {
            close(file);
            throw new CliException(path + " has " + read.size() + " columns, which take more memory than there is: "
                    + (all ? "leave out --keep-columns, or " : "") + "give Java more with -Xmx");
        }
        try {
            this.rows = file.buildRowReader()
                    .projection(
                            all && !empty
                                    ? ColumnProjection.all()
                                    : ColumnProjection.columns(wanted.toArray(String[]::new)))
                    .build();
        } catch (RuntimeException e) {
            close(file);
            throw unread();
        }
    }

    private CliException unread() {
        return new CliException(path + " cannot be read beyond row " + row
                + ": it is damaged, or compressed or encoded in a way that is not read");
    }

    private static CliException damaged(Path path) {
        return new CliException(path + " is not a Parquet file: it is damaged or of another kind");
    }

    private static ParquetFileReader opened(Path path) throws IOException {
        try {
            return ParquetFileReader.open(InputFile.of(path));
        } catch (IOException | RuntimeException e) {
            throw damaged(path);
        }
    }

    private void check(ParquetCheck check, Set<String> columns) throws IOException {
        try {
            check.pages(file, columns);
        } catch (CliException e) {
            close(file);
            throw e;
        } catch (IOException | RuntimeException e) {
            close(file);
            throw damaged(path);
        }
    }

    @Override
    public String name() {
        return path.toString();
    }

    /** Returns how many rows the file says that it has. */
    OptionalLong count() {
        return OptionalLong.of(file.getFileMetaData().numRows());
    }

    @Override
    public Optional<SourceRow> next() {
        try {
            if (!rows.hasNext()) {
                return Optional.empty();
            }
            rows.next();
            row++;
            values = 0;
            characters = 0;
            return Optional.of(SourceRow.of(row, values(rows)));
        } catch (CliException e) {
            throw e;
        } catch (RuntimeException | InternalError e) {
            // A file that is mapped ends in an InternalError once it has become shorter.
            throw unread();
        } catch (OutOfMemoryError e) {
            throw new CliException(path + " cannot be read beyond row " + row
                    + ": it is damaged, or what follows takes more memory than there is");
        }
    }

    private SequencedMap<String, Object> values(StructAccessor struct) {
        SequencedMap<String, Object> values = new LinkedHashMap<>();
        for (int i = 0; i < struct.getFieldCount(); i++) {
            values.put(struct.getFieldName(i), struct.isNull(i) ? null : plain(struct.getValue(i)));
        }
        return values;
    }

    /** Returns a value that does not change when the next row is read. */
    private Object plain(Object value) {
        values++;
        characters += value instanceof String text ? text.length() : value instanceof byte[] bytes ? bytes.length : 0;
        if (values > JsonValues.MAX_VALUES || characters > Utf8Reader.MAX_ROW_LENGTH) {
            throw new CliException(path + ", row " + row + " has more than the " + JsonValues.MAX_VALUES
                    + " values or the " + Utf8Reader.MAX_ROW_LENGTH + " characters that are read");
        }
        return switch (value) {
            case null -> null;
            case String text -> text;
            case Number number -> number;
            case Boolean truth -> truth;
            case PqStruct struct -> values(struct);
            case PqList list -> {
                List<Object> values = new ArrayList<>();
                list.values().forEach(v -> values.add(plain(v)));
                yield values;
            }
            case PqMap map -> {
                SequencedMap<String, Object> values = new LinkedHashMap<>();
                map.getEntries()
                        .forEach(e ->
                                values.put(String.valueOf(e.getKey()), e.isValueNull() ? null : plain(e.getValue())));
                yield values;
            }
            // Jackson writes bytes as base 64, and dates as ISO 8601 has them.
            case byte[] bytes -> bytes;
            default -> value.toString();
        };
    }

    @Override
    public void close() {
        rows.close();
        close(file);
    }

    private void close(ParquetFileReader open) {
        try {
            open.close();
        } catch (IOException e) {
            throw new CliException(path + " cannot be closed: " + Failures.reason(e));
        }
    }
}
