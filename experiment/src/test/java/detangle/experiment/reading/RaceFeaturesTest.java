package detangle.experiment.reading;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.experiment.EvaluationSet;
import detangle.experiment.FineTuningTask;
import detangle.experiment.SharedFixtures;
import detangle.experiment.Tasks;
import detangle.experiment.data.DataFolder;
import detangle.experiment.data.SegmentFeatures;
import detangle.experiment.data.TaskInput;
import detangle.models.text.Tokenizers;
import detangle.testing.models.TinyModel;
import detangle.train.data.Example;
import detangle.train.data.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Compares the options of RACE with those of the original, except that no option reads what another one has cut. */
final class RaceFeaturesTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"v3", "v1"})
    void areThoseOfTheOriginal(String tokenizer) {
        FineTuningTask task = (FineTuningTask) Tasks.find().named("RACE");
        JsonNode expected = SharedFixtures.features("RACE", "RACE", tokenizer);
        TaskInput input = SharedFixtures.input(SharedFixtures.folder("RACE"), task, expected, Map.of());
        JsonNode splits = expected.get("splits");
        compare(splits.get("train"), task.training(input), "train");
        for (EvaluationSet set : task.evaluation(input)) {
            compare(splits.get("eval." + set.name()), set.examples(), set.name());
            assertEquals(set.name().equals("test"), set.decides());
        }
        for (EvaluationSet set : task.test(input)) {
            compare(splits.get("test." + set.name()), set.examples(), set.name());
        }
    }

    private static void compare(JsonNode split, List<Example> examples, String where) {
        JsonNode expected = split.get("features_in_file_order");
        assertEquals(expected.size(), examples.size(), where);
        for (int i = 0; i < examples.size(); i++) {
            JsonNode feature = expected.get(i);
            Example example = examples.get(i);
            assertEquals(feature.get("labels").asInt(), ((Target.OneClass) example.target()).index(), where);
            assertEquals(feature.get("input_ids").size(), example.texts().size());
            for (int option = 0; option < example.texts().size(); option++) {
                int[] ids = example.texts().get(option).ids();
                int pairStart = example.texts().get(option).pairStart();
                assertArrayEquals(
                        SharedFixtures.numbers(feature.get("input_ids").get(option)), ids, where + " " + i);
                assertArrayEquals(
                        SharedFixtures.numbers(feature.get("type_ids").get(option)),
                        IntStream.range(0, ids.length)
                                .map(t -> t < pairStart ? 0 : 1)
                                .toArray());
            }
        }
    }

    @Test
    void eachOptionCutsTheArticleForItself() throws IOException {
        Files.writeString(folder.resolve("train_middle.jsonl"), """
                {"article": "my card my bank my card my bank my card", "answers": ["C"], "questions": ["my _ ?"],
                 "options": [["a much longer answer about my card", "bank", "card", "my"]]}""".replace("\n", " "));
        Files.writeString(folder.resolve("train_high.jsonl"), "");
        FineTuningTask task = (FineTuningTask) Tasks.find().named("RACE");
        SegmentFeatures features = new SegmentFeatures(Tokenizers.load(TinyModel.SHIPPED), 20);
        Example example = task.training(
                        new TaskInput(new DataFolder(folder, task.name(), task.origin()), features, false, Map.of()))
                .getFirst();
        int first = example.texts().get(0).pairStart() - 2;
        assertTrue(first < 10, "the first option leaves " + first + " tokens of the article");
        for (int option = 1; option < 4; option++) {
            assertEquals(10, example.texts().get(option).pairStart() - 2);
        }
    }
}
