package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.hub.ModelId;
import detangle.models.weights.Artifact;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "verify",
        description = "Checks every byte of an artifact, and compares a model's answers with published values.",
        mixinStandardHelpOptions = true)
final class VerifyCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(
            paramLabel = "MODEL",
            description = "An artifact of detangle compile, a model's name on the hub, or a folder with config.json.")
    private String model;

    @Option(
            names = "--as",
            paramLabel = "NAME",
            description = "The model on the hub whose published values an artifact or a folder is compared with.")
    private Optional<String> as;

    @Option(
            names = "--values",
            paramLabel = "FILE.json",
            description =
                    "A file of values to compare with instead of those that ship; docs/MODELS.md has its" + " form.")
    private Optional<Path> file;

    @Mixin
    private BackendOption backend;

    @Mixin
    private PrecisionOption precision;

    @Mixin
    private ThreadsOption threads;

    @Override
    public void run() {
        threads.apply();
        PrintWriter out = spec.commandLine().getOut();
        Path path = Path.of(model);
        boolean isArtifact = Files.isRegularFile(path);
        if (isArtifact) {
            Artifact.verify(path);
            out.println(path + " is whole");
            out.flush();
            if (as.isEmpty() && file.isEmpty()) {
                return;
            }
        }
        List<ExpectedValues> expected = file.map(ExpectedValues::read).orElseGet(() -> published(path));
        Path folder = isArtifact ? path : ModelFolder.of(model);
        for (ExpectedValues values : expected) {
            ValueComparison found =
                    ValueComparison.of(values, folder, backend.name(), precision.chosen(backend.name()));
            out.println(report(found));
            out.flush();
            if (!found.agrees()) {
                throw new CliException(model + " does not answer as " + values.model() + " does: it differs by "
                        + number(found.difference()) + " at " + values.output() + ValueComparison.text(found.at())
                        + ", and at most " + number(values.tolerance()) + " is expected");
            }
        }
    }

    private static String report(ValueComparison found) {
        ExpectedValues values = found.values();
        int count = values.points().size();
        return values.model() + ": " + count + (count == 1 ? " value of " : " values of ") + values.output()
                + (values.softmax() ? " as probabilities" : "") + ", largest difference " + number(found.difference())
                + " of at most " + number(values.tolerance()) + " (" + values.source() + ")";
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.2g", value);
    }

    private List<ExpectedValues> published(Path path) {
        List<ExpectedValues> all = ExpectedValues.published();
        String names = all.stream().map(ExpectedValues::model).collect(Collectors.joining(", "));
        if (as.isEmpty() && Files.exists(path)) {
            throw new CliException(model + " is a folder: name the model that it holds by --as, of " + names
                    + ", or give values of your own by --values");
        }
        String name = as.orElse(model);
        String repository = ModelId.parse(name).map(ModelId::repository).orElse(name);
        List<ExpectedValues> found =
                all.stream().filter(v -> v.model().equals(repository)).toList();
        if (found.isEmpty()) {
            throw new CliException("no values of " + name + " are published; there are those of " + names
                    + ", or give --values FILE.json");
        }
        return found;
    }
}
