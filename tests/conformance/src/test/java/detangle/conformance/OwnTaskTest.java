package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.experiment.Experiment;
import detangle.experiment.ExperimentOptions;
import detangle.experiment.ModelSource;
import detangle.experiment.TaskProvider;
import detangle.experiment.Tasks;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A task of somebody else is found in a folder of classes, and trained. */
class OwnTaskTest {
    /** The program of docs/EXPERIMENTS.md. */
    private static final String SOURCE = """
            import detangle.experiment.*;
            import detangle.experiment.data.*;
            import detangle.train.data.*;
            import java.util.*;

            public final class Colours implements TaskProvider, FineTuningTask {
                public List<ExperimentTask> tasks() { return List.of(this); }
                public String name() { return "colours"; }
                public String description() { return "what colour something has"; }
                public String origin() { return "https://example.org/colours"; }
                public List<TaskOption> options() {
                    return List.of(new TaskOption("training_file", "train.tsv", "the file with the rows that train"));
                }
                public TaskHead head() { return TaskHead.classes(List.of("blue", "red")); }
                public List<Example> training(TaskInput input) {
                    return examples(input, input.options().get("training_file"));
                }
                public List<EvaluationSet> evaluation(TaskInput input) {
                    PredictionFiles files = SubmissionFiles.labels(head().labels());
                    return List.of(new EvaluationSet("dev", examples(input, "dev.tsv"), Measures.ACCURACY, files));
                }
                public List<EvaluationSet> test(TaskInput input) { return List.of(); }

                private List<Example> examples(TaskInput input, String file) {
                    List<Example> examples = new ArrayList<>();
                    for (TabFile.Line line : TabFile.read(input.folder().file(file), true)) {
                        Target label = new Target.OneClass(head().labels().indexOf(line.column(1)));
                        examples.add(input.features().example(List.of(line.column(0)), label, examples.size()));
                    }
                    return examples;
                }
            }
            """;

    @TempDir
    private Path folder;

    @Test
    void isFoundAndTrained() throws IOException {
        Path classes = compile(SOURCE);
        Tasks tasks = Tasks.findWith(classes);
        assertTrue(tasks.byName().containsKey("sts-b"));
        Files.writeString(folder.resolve("rows.tsv"), "text\tcolour\nthe sky\tblue\na rose\tred\n");
        Files.writeString(folder.resolve("dev.tsv"), "text\tcolour\nthe sea\tblue\na tomato\tred\nthe ink\tblue\n");
        Path source = TinyModel.write(folder.resolve("model"), "ForSequenceClassification", List.of("blue", "red"));
        ExperimentOptions options = ExperimentOptions.of(folder, folder.resolve("out"));
        ModelSource model = new ModelSource(Optional.of(source), Optional.empty(), source, OptionalDouble.empty());
        new Experiment(
                        options.withTaskOptions(Map.of("training_file", "rows.tsv"))
                                .with(options.training().withPerDeviceTrainBatchSize(2)),
                        model)
                .run(tasks.named("COLOURS"));
        List<String> results = Files.readAllLines(folder.resolve("out/eval_results_dev_000003-3.txt"));
        assertEquals("eval_samples = 3", results.getLast());
        assertEquals(
                4,
                Files.readAllLines(folder.resolve("out/submit-dev-000003-3.tsv"))
                        .size());
    }

    @Test
    void aFolderWithoutTasksIsRefused() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        String message = assertThrows(Tasks.TaskException.class, () -> Tasks.findWith(empty))
                .getMessage();
        assertTrue(message.contains("has no task: a jar or a folder of classes names its TaskProvider"), message);
        Path missing = folder.resolve("missing.jar");
        assertTrue(assertThrows(Tasks.TaskException.class, () -> Tasks.findWith(missing))
                .getMessage()
                .contains("does not exist"));
    }

    /** Another class than a provider, a provider without a public constructor, and one that cannot be initialised. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "public final class Colours {}",
                "public final class Colours implements detangle.experiment.TaskProvider { private Colours() {}"
                        + " public java.util.List<detangle.experiment.ExperimentTask> tasks() { return null; } }",
                "public final class Colours implements detangle.experiment.TaskProvider { static int x = 1 / 0;"
                        + " public java.util.List<detangle.experiment.ExperimentTask> tasks() { return null; } }"
            })
    void aServiceThatIsNotATaskProviderIsTold(String source) throws IOException {
        Path classes = compile(source);
        String message = assertThrows(Tasks.TaskException.class, () -> Tasks.findWith(classes))
                .getMessage();
        assertTrue(message.startsWith("task_dir " + classes + ": tasks cannot be loaded ("), message);
        assertTrue(message.contains("names a class that implements it, is public,"), message);
    }

    private Path compile(String text) throws IOException {
        Path classes = Files.createDirectories(folder.resolve("classes"));
        Path source = Files.writeString(folder.resolve("Colours.java"), text);
        int status = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-proc:none",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-d",
                        classes.toString(),
                        source.toString());
        assertEquals(0, status);
        Path services = Files.createDirectories(classes.resolve("META-INF/services"));
        Files.writeString(services.resolve(TaskProvider.class.getName()), "Colours\n");
        return classes;
    }
}
