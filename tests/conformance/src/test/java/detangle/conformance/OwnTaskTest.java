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
    private static final String SOURCE = """
            import detangle.experiment.*;
            import detangle.experiment.data.TaskInput;
            import detangle.train.data.*;
            import java.util.*;

            public final class Colours implements TaskProvider, FineTuningTask {
                public List<ExperimentTask> tasks() { return List.of(this); }
                public String name() { return "Colours"; }
                public String description() { return "what colour something has"; }
                public String origin() { return "nowhere"; }
                public List<TaskOption> options() {
                    return List.of(new TaskOption("colour", "red", "the colour of the last thing"));
                }
                public TaskHead head() { return TaskHead.classes(List.of("blue", "red")); }
                public List<Example> training(TaskInput input) {
                    List<String> labels = head().labels();
                    return List.of(
                            input.features().example(List.of("the sky"), new Target.OneClass(0), 0),
                            input.features().example(List.of("a rose"),
                                    new Target.OneClass(labels.indexOf(input.options().get("colour"))), 1));
                }
                public List<EvaluationSet> evaluation(TaskInput input) {
                    return List.of(new EvaluationSet(
                            "all", training(input), Measures.ACCURACY, SubmissionFiles.labels(head().labels())));
                }
                public List<EvaluationSet> test(TaskInput input) { return evaluation(input); }
            }
            """;

    @TempDir
    private Path folder;

    @Test
    void isFoundAndTrained() throws IOException {
        Path classes = compile(SOURCE);
        Tasks tasks = Tasks.findWith(classes);
        assertTrue(tasks.byName().containsKey("sts-b"));
        Path source = TinyModel.write(folder.resolve("model"), "ForSequenceClassification", List.of("blue", "red"));
        ExperimentOptions options = ExperimentOptions.of(folder, folder.resolve("out"));
        ModelSource model = new ModelSource(Optional.of(source), Optional.empty(), source, OptionalDouble.empty());
        new Experiment(
                        options.withTaskOptions(Map.of("colour", "blue"))
                                .with(options.training().withPerDeviceTrainBatchSize(2)),
                        model)
                .run(tasks.named("COLOURS"));
        List<String> results = Files.readAllLines(folder.resolve("out/eval_results_all_000003-3.txt"));
        assertEquals("eval_samples = 2", results.getLast());
        assertEquals(
                3,
                Files.readAllLines(folder.resolve("out/submit-all-000003-3.tsv"))
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
