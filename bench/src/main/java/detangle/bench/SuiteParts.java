package detangle.bench;

import detangle.models.files.WholeFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;

/**
 * The parts of a suite, whose reports are kept in a folder, so that a suite can be broken off and go on: a part that is
 * there is not measured again. Models are made when a part needs them, and deleted when their parts are done.
 */
final class SuiteParts {
    private static final String MEASURED = "measured.txt";

    private final BenchOptions options;
    private final Path folder;
    private final Consumer<String> progress;
    private final SequencedMap<String, String> versions = new TreeMap<>();

    private SuiteParts(BenchOptions options, Path folder, Consumer<String> progress) {
        this.options = options;
        this.folder = folder;
        this.progress = progress;
    }

    /**
     * Opens or makes the folder.
     *
     * @param options of each part, which gives them its model, its head and what is run
     * @throws BenchException if its parts were measured on another machine or with other options
     */
    static SuiteParts open(BenchOptions options, Path folder, Consumer<String> progress) {
        options.peers().keySet().forEach(Peer::named);
        Path file = folder.resolve(MEASURED);
        String measured = measured(options);
        try {
            Files.createDirectories(folder);
            if (!Files.exists(file)) {
                WholeFiles.write(file, measured.getBytes(StandardCharsets.UTF_8));
            } else if (!Files.readString(file).equals(measured)) {
                throw new BenchException(folder + " has results of another machine, version or options, as " + file
                        + " tells: name another folder");
            }
        } catch (IOException e) {
            throw new BenchException("cannot keep results in " + folder + ": " + WholeFiles.reason(e), e);
        }
        return new SuiteParts(options, folder, progress);
    }

    private static String measured(BenchOptions options) {
        Host host = Host.of(new TreeMap<>());
        StringBuilder peers = new StringBuilder();
        options.peers()
                .forEach((name, given) -> peers.append(' ')
                        .append(name)
                        .append(given.map(path -> "=" + path.toAbsolutePath()).orElse("")));
        return String.join(
                        "\n",
                        host.machine(),
                        "Detangle " + host.detangle() + ", Java " + host.java(),
                        "backends " + options.backends() + ", threads " + options.threads() + ", weights "
                                + options.weightType().map(t -> t.text()).orElse("as stored"),
                        "peers" + peers,
                        "warmup " + options.warmup() + ", iterations " + options.iterations() + ", duration "
                                + options.duration() + ", processes " + options.processes())
                + "\n";
    }

    /** Returns the versions of what ran the models, by name. */
    SequencedMap<String, String> versions() {
        return versions;
    }

    BenchOptions options() {
        return options;
    }

    /**
     * Returns the report of a part.
     *
     * @param config a published name
     * @param condition what tells this part from others of the model
     * @param measure makes the report, given the options with the model and a folder for exports
     */
    <R extends Report> R part(
            String config, String head, String condition, Class<R> type, BiFunction<BenchOptions, Path, R> measure) {
        String name = String.join(", ", config, head, condition);
        Path file = folder.resolve(name + ".json");
        R report;
        try {
            if (Files.exists(file)) {
                progress.accept("measured already: " + name);
                report = ReportFormat.read(Files.readString(file), type);
            } else {
                progress.accept("part: " + name);
                Path home = home(config, head);
                report = measure.apply(options.withModel(model(config, head, home), head), home);
                WholeFiles.write(file, ReportFormat.json.write(report).getBytes(StandardCharsets.UTF_8));
            }
        } catch (JacksonException e) {
            throw new BenchException(file + " cannot be read; delete it, and this part is measured again", e);
        } catch (IOException e) {
            throw new BenchException("cannot keep results in " + folder + ": " + WholeFiles.reason(e), e);
        }
        versions.putAll(report.host().versions());
        return report;
    }

    private Path home(String config, String head) {
        return folder.resolve("models").resolve(config + ", " + head);
    }

    private Path model(String config, String head, Path home) {
        Path model = home.resolve(config);
        if (!Files.exists(model.resolve("model.safetensors"))) {
            progress.accept("making random weights for " + config);
            RandomModel.write(PublishedConfig.write(config, home.resolve("configs")), Optional.of(head), home);
        }
        return model;
    }

    /** Deletes a model whose parts are done. */
    void done(String config, String head) {
        Folders.delete(home(config, head));
    }
}
