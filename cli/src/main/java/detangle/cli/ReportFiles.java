package detangle.cli;

import detangle.bench.Report;
import detangle.bench.ReportFormat;
import detangle.models.files.WholeFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options that say where a report of bench goes, and in which format. */
final class ReportFiles {
    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--format",
            paramLabel = "NAME",
            description = "${COMPLETION-CANDIDATES}; by the file's ending where it is absent.")
    private Optional<ReportFormat> format;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Where the report goes, standard output by default; several for several formats.")
    private List<Path> outputs = List.of();

    /**
     * Writes a report to each file, or to standard output if no file is given.
     *
     * @throws OutputException if a file cannot be written
     */
    void write(Report report) {
        if (outputs.isEmpty()) {
            print(format.orElse(ReportFormat.text).write(report));
        }
        for (Path file : outputs) {
            write(file, format.orElseGet(() -> ReportFormat.of(file)).write(report));
        }
    }

    private void print(String report) {
        spec.commandLine().getOut().print(report);
        spec.commandLine().getOut().flush();
    }

    private static void write(Path file, String report) {
        try {
            WholeFiles.write(file, report.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new OutputException(file.toString(), e);
        }
    }
}
