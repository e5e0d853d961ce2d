package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.ir.OneLine;
import detangle.pipelines.redaction.Redaction;
import detangle.pipelines.redaction.RedactionCounts;
import detangle.pipelines.task.TextRedaction;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/**
 * Tells of the work of redact beside the texts: counts, and where parts were and are. It never tells what stood
 * there.
 */
final class RedactionReport {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description = "Write a JSON file with the number of texts and of parts, and the number of parts of each"
                    + " label.")
    private Optional<Path> report;

    @Option(
            names = "--spans",
            paramLabel = "FILE",
            description = "Write a line of JSON for each text in which something was replaced: the number of its"
                    + " row, and the place and the replacement of each part.")
    private Optional<Path> spans;

    @Mixin
    private OffsetsOption offsets;

    private final RedactionCounts counts = new RedactionCounts();
    private Optional<PrintWriter> lines = Optional.empty();
    private boolean fromFile;

    /**
     * Refuses files that cannot be written, or that are read.
     *
     * @param input the file that is read
     * @param output the file that texts go to
     */
    void check(Optional<Path> input, Optional<Path> output) {
        fromFile = input.isPresent();
        Stream.concat(report.stream(), spans.stream()).forEach(file -> {
            Path folder = file.toAbsolutePath().getParent();
            if (Files.isDirectory(file) || folder == null || !Files.isDirectory(folder)) {
                throw new CliException(file + " cannot be written: "
                        + (Files.isDirectory(file) ? "it is a folder" : "its folder does not exist"));
            }
            if (input.filter(read -> isSame(file, read)).isPresent()) {
                throw new ParameterException(spec.commandLine(), file + " is the file that is read: name another");
            }
        });
        Set<Path> written = new HashSet<>();
        Stream.of(report, spans, output).flatMap(Optional::stream).forEach(file -> {
            if (!written.add(file.toAbsolutePath().normalize())) {
                throw new ParameterException(
                        spec.commandLine(), file + " is named twice by --output, --report and --spans: name another");
            }
        });
    }

    private static boolean isSame(Path file, Path input) {
        try {
            return Files.exists(file) && Files.exists(input) && Files.isSameFile(file, input);
        } catch (IOException e) {
            return false; // The code that opens the file says what is wrong.
        }
    }

    /** Tells of a text. */
    void add(SourceRow row, String text, Redaction redaction) {
        counts.add(redaction);
        if (spans.isPresent()) {
            PrintWriter out = spansFile();
            if (!redaction.parts().isEmpty()) {
                out.println(JsonMapper.shared()
                        .writeValueAsString(Result.object(
                                "row", row.number(), "spans", TextRedaction.spans(text, redaction, offsets.form()))));
                out.flush();
            }
        }
    }

    private PrintWriter spansFile() {
        if (lines.isEmpty()) {
            lines = Optional.of(OutputOptions.open(spans.orElseThrow()));
        }
        return lines.get();
    }

    /** Tells of all texts. */
    void end() {
        if (spans.isPresent()) {
            spansFile().close();
        }
        report.ifPresent(file -> {
            try (PrintWriter out = OutputOptions.open(file)) {
                out.println(JsonMapper.shared()
                        .writerWithDefaultPrettyPrinter()
                        .writeValueAsString(Result.object(
                                "texts", counts.texts(),
                                "changed", counts.changed(),
                                "replaced", counts.parts(),
                                "labels", counts.byLabel())));
            }
        });
        if (fromFile) {
            spec.commandLine().getErr().println("detangle: " + OneLine.of(line()));
        }
    }

    private String line() {
        String labels = counts.byLabel().entrySet().stream()
                .map(label -> label.getKey() + " " + label.getValue())
                .collect(Collectors.joining(", "));
        return "replaced " + counts.parts() + (counts.parts() == 1 ? " part" : " parts") + " in " + counts.changed()
                + " of " + counts.texts() + (counts.texts() == 1 ? " text" : " texts")
                + (labels.isEmpty() ? "" : ": " + labels);
    }
}
