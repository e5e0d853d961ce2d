package detangle.cli;

import detangle.models.gliner2.OverlapPolicy;
import detangle.models.text.WhiteSpace;
import detangle.pipelines.schema.ClassificationTask;
import detangle.pipelines.schema.Entities;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaOptions;
import detangle.pipelines.schema.SchemaReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options of extract for models that take a schema, and for how they read long texts. */
final class SchemaArguments {
    private static final int OVERLAP_WORDS = 64;
    private static final int WINDOW_LENGTHS_PER_OVERLAP = 6;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--schema",
            paramLabel = "FILE",
            description = "A file of JSON that says what a GLiNER2 model looks for, instead of --labels: entities,"
                    + " relations, structures and classifications.")
    private Optional<Path> file;

    @Option(
            names = "--classes",
            paramLabel = "TASK=LABEL|LABEL",
            description = "The labels of a classification of which a GLiNER2 model gives each text one:"
                    + " \"topic=science|sport\"; may be repeated.")
    private List<String> classes = List.of();

    @Option(
            names = "--overlap",
            paramLabel = "N",
            description = "The words that neighbouring windows of a text share, with --max-length and a GLiNER2"
                    + " model; by default 64, or a sixth of short windows.")
    private Optional<Integer> overlap;

    @Option(
            names = "--overlap-policy",
            paramLabel = "POLICY",
            converter = Policies.class,
            completionCandidates = Policies.class,
            description = "Which entities of one kind may overlap, with a GLiNER2.5 model:"
                    + " ${COMPLETION-CANDIDATES}; by default config.json decides.")
    private Optional<OverlapPolicy> policy;

    private Optional<Schema> schema = Optional.empty();

    /** The words of {@code --overlap-policy}. */
    static final class Policies extends NamedValues<OverlapPolicy> {
        Policies() {
            super(all(OverlapPolicy.class), OverlapPolicy::text);
        }
    }

    /** Reads what is asked for; to be called before any model is loaded. */
    void read(List<String> labels, OptionalInt window) {
        if (overlap.isPresent() && (window.isEmpty() || overlap.get() < 0 || overlap.get() >= window.getAsInt())) {
            throw wrongUse("--overlap must be at least 0 and below --max-length");
        }
        if (file.isPresent()) {
            if (!labels.isEmpty() || !classes.isEmpty()) {
                throw wrongUse("--schema says what to look for: leave out --labels and --classes");
            }
            schema = Optional.of(SchemaReader.read(file.get()));
        } else if (!classes.isEmpty()) {
            schema = Optional.of(ofOptions(labels));
        } else if (labels.isEmpty()) {
            throw wrongUse("say what to look for with --labels, or with --schema or --classes for a GLiNER2 model");
        }
    }

    private ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /** Returns whether an option is there that models of the boundary architecture alone take. */
    boolean asksForPolicy() {
        return policy.isPresent();
    }

    /** Returns the schema that options beside --labels ask for; empty where they do not. */
    Optional<Schema> schema() {
        return schema;
    }

    /** Returns labels and classes as a schema. */
    Schema ofOptions(List<String> labels) {
        List<Schema.Part> parts = new ArrayList<>();
        if (!labels.isEmpty()) {
            parts.add(Entities.of(labels.toArray(String[]::new)));
        }
        classes.forEach(task -> parts.add(task(task)));
        return Schema.of(parts);
    }

    private ClassificationTask task(String text) {
        int equals = text.indexOf('=');
        if (equals < 0) {
            throw wrongUse("--classes '" + text + "' has no labels: give them as TASK=LABEL|LABEL");
        }
        String[] labels = Arrays.stream(text.substring(equals + 1).split("\\|"))
                .map(WhiteSpace::strip)
                .toArray(String[]::new);
        if (labels.length < 2 || Arrays.stream(labels).distinct().count() < labels.length) {
            throw wrongUse("--classes '" + text + "' needs at least two labels, each once: TASK=LABEL|LABEL");
        }
        return ClassificationTask.of(WhiteSpace.strip(text.substring(0, equals)), labels);
    }

    /**
     * Returns how long texts are read.
     *
     * @param window words of a window, which {@code --max-length} names
     * @param cut whether so many words of each text are read, and no more
     */
    SchemaOptions options(double threshold, OptionalInt window, boolean cut) {
        SchemaOptions options = policy.map(SchemaOptions.DEFAULT::withOverlaps)
                .orElse(SchemaOptions.DEFAULT)
                .withThreshold(threshold);
        if (window.isEmpty()) {
            return options;
        }
        return cut
                ? options.withMaxWords(window.getAsInt())
                : options.withWindows(
                        window.getAsInt(),
                        overlap.orElse(Math.min(OVERLAP_WORDS, window.getAsInt() / WINDOW_LENGTHS_PER_OVERLAP)));
    }
}
