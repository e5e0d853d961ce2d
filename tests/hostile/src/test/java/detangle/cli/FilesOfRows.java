package detangle.cli;

import detangle.cli.Failures.CliException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * What commands do with a file of rows, without a model: rows are read ahead, checked and run, and their faults told.
 */
public final class FilesOfRows {
    private FilesOfRows() {}

    /** A command that only has a file. */
    @Command(name = "rows")
    private static final class Rows {
        @Mixin
        private InputOptions input;

        Rows() {}
    }

    /**
     * Reads all rows of a file: first as with {@code --keep-columns --on-error skip}, then as without.
     *
     * @param column that of the texts
     * @return how many rows can be answered
     */
    public static long read(Path file, String column) {
        read(file, column, true, OnError.SKIP);
        return read(file, column, false, OnError.FAIL);
    }

    /** Reads all rows of a file once, with all columns, until one is at fault. */
    public static long readOnce(Path file, String column) {
        return read(file, column, true, OnError.FAIL);
    }

    private static long read(Path file, String column, boolean all, OnError onError) {
        Rows rows = new Rows();
        new CommandLine(rows).parseArgs("--file", file.toString());
        rows.input.check();
        long[] count = new long[1];
        try (RowSource source = rows.input.open(List.of(column), all)) {
            RowLoop loop = new RowLoop(
                    source,
                    new TextColumns(
                            List.of(column),
                            Optional.empty(),
                            rows.input.format().hasColumns(),
                            false),
                    8,
                    onError,
                    System.err::println);
            loop.begin();
            rows.input.count(source);
            loop.run(
                    (texts, listener) -> IntStream.range(0, texts.size())
                            .mapToObj(i -> new Result(i, "", Result.object(), List.of(), ""))
                            .toList(),
                    done -> count[0] += done.size(),
                    done -> {});
        }
        return count[0];
    }

    /** For readers of folders that hold nothing to read. */
    public static RuntimeException none(Path folder) {
        return new CliException(folder + " holds no file of rows");
    }
}
