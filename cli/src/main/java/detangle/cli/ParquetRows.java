package detangle.cli;

import detangle.cli.Failures.CliException;
import dev.hardwood.InputFile;
import dev.hardwood.metadata.PhysicalType;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.schema.ColumnProjection;
import dev.hardwood.schema.ColumnSchema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A Parquet file, of which columns of text are read. */
final class ParquetRows implements RowSource {
    private final Path path;
    private final List<String> columns;
    private final ParquetFileReader file;
    private final RowReader rows;
    private long row;

    ParquetRows(Path path, List<String> columns) {
        this.path = path;
        this.columns = columns;
        if (!Files.isRegularFile(path)) {
            throw new CliException(path + " does not exist or is no file");
        }
        try {
            this.file = ParquetFileReader.open(InputFile.of(path));
        } catch (IOException | RuntimeException e) {
            throw new CliException(path + " is no Parquet file: " + e.getMessage());
        }
        List<ColumnSchema> schema = file.getFileSchema().getColumns();
        for (String column : columns) {
            if (schema.stream().noneMatch(c -> c.name().equals(column) && c.type() == PhysicalType.BYTE_ARRAY)) {
                close(file);
                throw new CliException(path + " has no column of text '" + column + "'; its columns are "
                        + String.join(
                                ", ", schema.stream().map(ColumnSchema::name).toList())
                        + ": choose with --column");
            }
        }
        this.rows = file.buildRowReader()
                .projection(ColumnProjection.columns(columns.toArray(String[]::new)))
                .build();
    }

    @Override
    public Optional<List<String>> next() {
        try {
            if (!rows.hasNext()) {
                return Optional.empty();
            }
            rows.next();
            row++;
            return Optional.of(columns.stream().map(this::value).toList());
        } catch (CliException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new CliException(path + " cannot be read beyond row " + row + ": " + e.getMessage());
        }
    }

    private String value(String column) {
        String value = rows.getString(column);
        if (value == null) {
            throw new CliException(path + ", row " + row + " has no " + column);
        }
        return value;
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
            throw new CliException(path + " cannot be closed: " + e.getMessage());
        }
    }
}
