package detangle.experiment.inference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.experiment.EvaluationSet;
import detangle.experiment.FineTuningTask;
import detangle.experiment.GivenOutputs;
import detangle.experiment.Tasks;
import detangle.experiment.data.DataFolder;
import detangle.experiment.data.SegmentFeatures;
import detangle.experiment.data.TaskInput;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.testing.models.TinyModel;
import detangle.train.data.DataException;
import detangle.train.data.Example;
import detangle.train.data.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compares the features of AlphaNLI and XNLI, for which the original has none, with features that were computed by hand
 * with the shipped tokenizer.
 */
final class InferenceFeaturesTest {
    private static final Tokenizer TOKENIZER = Tokenizers.load(TinyModel.SHIPPED);

    @TempDir
    Path folder;

    private static FineTuningTask task(String name) {
        return (FineTuningTask) Tasks.find().named(name);
    }

    private TaskInput input(FineTuningTask task) {
        return new TaskInput(
                new DataFolder(folder, task.name(), task.origin()),
                new SegmentFeatures(TOKENIZER, 32),
                false,
                Map.of());
    }

    private static void assertPair(String first, String second, Target target, Example example) {
        assertArrayEquals(
                TOKENIZER.encode(first, second).ids(),
                example.texts().getFirst().ids());
        assertEquals(target, example.target());
    }

    private void write(String name, String... lines) throws IOException {
        Files.write(folder.resolve(name), List.of(lines));
    }

    @Test
    void hypothesesAreOptions() throws IOException {
        String row = """
                {"story_id": "s", "obs1": "My card is lost.", "obs2": "I called.", "hyp1": "I saw it.",\
                 "hyp2": "No money"}""";
        write("train.jsonl", row, row);
        write("train-labels.lst", "2", "1");
        write("dev.jsonl", row);
        write("dev-labels.lst", "1");
        write("test.jsonl", row);
        FineTuningTask task = task("AlphaNLI");
        List<Example> examples = task.training(input(task));
        assertEquals(4, examples.size());
        String observed = "My card is lost. I called.";
        assertPair(observed, "I saw it.", new Target.OneClass(0), examples.get(0));
        assertPair(observed, "No money", new Target.OneClass(1), examples.get(1));
        assertPair(observed, "I saw it.", new Target.OneClass(1), examples.get(2));
        assertPair(observed, "No money", new Target.OneClass(0), examples.get(3));
        List<EvaluationSet> sets = task.evaluation(input(task));
        assertEquals(
                List.of("dev", "train"), sets.stream().map(EvaluationSet::name).toList());
        assertEquals(
                List.of(true, false), sets.stream().map(EvaluationSet::decides).toList());
        assertPair(
                observed,
                "No money",
                Target.NONE,
                task.test(input(task)).getFirst().examples().get(1));

        float[][] logits = {{0, 1}, {0, 2}};
        assertEquals(
                Map.of("accuracy", 0.0), GivenOutputs.evaluate(folder, "AlphaNLI", 32, GivenOutputs.logits(logits)));
        assertEquals("2\n", Files.readString(folder.resolve("submit-dev-final.tsv")));

        write("dev-labels.lst", "1", "2");
        assertEquals(
                folder.resolve("dev-labels.lst") + " has 2 lines for the 1 of dev.jsonl",
                assertThrows(DataException.class, () -> task.evaluation(input(task)))
                        .getMessage());
        write("dev-labels.lst", "3");
        assertEquals(
                folder.resolve("dev-labels.lst") + ", line 1 is '3', and neither 1 nor 2",
                assertThrows(DataException.class, () -> task.evaluation(input(task)))
                        .getMessage());
    }

    @Test
    void languagesAreSets() throws IOException {
        String header = "language\tgold_label\tsentence1\tsentence2\tpairID";
        write("train.tsv", "the header", "0\t1\t2\t3\t4\t5\t6\t7\tMy card\tis lost\tentailment");
        write(
                "xnli.dev.tsv",
                header,
                "fr\tneutral\tMa carte\test \"perdue\t1",
                "en\tcontradiction\tMy card\tis here\t1",
                "fr\tentailment\tMa banque\test là\t2");
        write("xnli.test.tsv", header, "en\tneutral\tMy card\tis lost\t1");
        FineTuningTask task = task("XNLI");
        assertPair(
                "My card",
                "is lost",
                new Target.OneClass(2),
                task.training(input(task)).getFirst());
        List<EvaluationSet> sets = task.evaluation(input(task));
        assertEquals(
                List.of("dev-fr", "dev-en", "test-en"),
                sets.stream().map(EvaluationSet::name).toList());
        assertEquals(
                List.of(false, true, false),
                sets.stream().map(EvaluationSet::decides).toList());
        assertPair(
                "Ma carte",
                "est \"perdue",
                new Target.OneClass(1),
                sets.get(0).examples().get(0));
        assertPair(
                "Ma banque",
                "est là",
                new Target.OneClass(2),
                sets.get(0).examples().get(1));
        assertPair(
                "My card",
                "is here",
                new Target.OneClass(0),
                sets.get(1).examples().getFirst());
        assertEquals(
                List.of("test-en"),
                task.test(input(task)).stream().map(EvaluationSet::name).toList());
    }

    @Test
    void aMissingFileIsNamedWithItsOrigin() {
        FineTuningTask task = task("XNLI");
        String message = assertThrows(DataException.class, () -> task.evaluation(input(task)))
                .getMessage();
        assertEquals(
                "the task xnli reads " + folder.resolve("xnli.dev.tsv")
                        + ", which does not exist: download the data of xnli (" + task.origin()
                        + ") and put xnli.dev.tsv there, or name its folder by --data_dir",
                message);
    }
}
