package detangle.experiment.superglue;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.experiment.FineTuningTask;
import detangle.experiment.SharedFixtures;
import detangle.experiment.Tasks;
import detangle.experiment.data.JsonLines;
import detangle.experiment.data.TaskInput;
import detangle.experiment.head.MarkedSpans;
import detangle.experiment.head.MarkedSpans.Span;
import detangle.experiment.superglue.RecordFile.Entity;
import detangle.experiment.superglue.RecordWindows.Window;
import detangle.train.data.Example;
import detangle.train.data.Target;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The features of the tasks of SuperGLUE are those of the original, with the tokenizers of v1 and of v3. */
final class SuperGlueFeaturesTest {
    @ParameterizedTest
    @ValueSource(strings = {"BoolQ", "CB", "COPA", "MultiRC"})
    void areThoseOfTheOriginal(String name) {
        SharedFixtures.assertTask(name, name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"v3", "v1"})
    void passagesAreReadInWindows(String tokenizer) {
        JsonNode expected = SharedFixtures.features("ReCoRD", "ReCoRD", tokenizer);
        TaskInput input = SharedFixtures.input(
                SharedFixtures.folder("ReCoRD"), (FineTuningTask) Tasks.find().named("ReCoRD"), expected, Map.of());
        Map<String, String> files = Map.of("train", "train.jsonl", "eval.dev", "val.jsonl", "test.test", "test.jsonl");
        files.forEach((split, file) -> {
            RecordWindows found =
                    RecordTask.windows(JsonLines.read(input.folder().file(file)), input.features());
            assertWindows(expected.get("splits").get(split), found, tokenizer + " " + split);
        });
    }

    private static void assertWindows(JsonNode split, RecordWindows found, String where) {
        JsonNode features = split.get("features_in_file_order");
        assertEquals(features.size(), found.windows().size(), where);
        for (int i = 0; i < features.size(); i++) {
            String at = where + ", window " + i;
            JsonNode window = split.get("windows").get(i);
            Window made = found.windows().get(i);
            assertEquals(
                    window.get("qid"),
                    found.questions().get(made.question()).question().id(),
                    at);
            assertEquals(window.get("offset").asInt(), made.offset(), at);
            assertArrayEquals(SharedFixtures.numbers(window.get("entity_numbers")), made.entities(), at);
            assertFeature(features.get(i), made.example(), at);
        }
        for (int q = 0; q < found.questions().size(); q++) {
            assertEquals(
                    split.get("entities_sorted")
                            .get(Math.min(q, split.get("entities_sorted").size() - 1))
                            .valueStream()
                            .map(JsonNode::asString)
                            .toList(),
                    found.questions().get(q).passage().entities().stream()
                            .map(Entity::text)
                            .toList(),
                    where);
        }
    }

    private static void assertFeature(JsonNode feature, Example example, String where) {
        SharedFixtures.assertSame(feature, example.texts().getFirst(), where);
        Target.Inputs target = (Target.Inputs) example.target();
        List<Span> spans = MarkedSpans.of(target);
        JsonNode entities = feature.get("entity_indice");
        assertEquals(entities.size(), spans.size(), where);
        for (int e = 0; e < spans.size(); e++) {
            assertArrayEquals(
                    SharedFixtures.numbers(entities.get(e)),
                    IntStream.range(spans.get(e).start(), spans.get(e).end()).toArray(),
                    where + ", entity " + e);
        }
        JsonNode labels = feature.get("labels_of_present_entities");
        int[] unknown = IntStream.generate(() -> -1).limit(spans.size()).toArray();
        assertArrayEquals(
                labels.isNull() ? unknown : SharedFixtures.numbers(labels), MarkedSpans.labels(target), where);
    }
}
