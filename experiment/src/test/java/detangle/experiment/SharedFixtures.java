package detangle.experiment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.experiment.data.DataFolder;
import detangle.experiment.data.SegmentFeatures;
import detangle.experiment.data.TaskInput;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.testing.SharedFiles;
import detangle.train.data.Example;
import detangle.train.data.Target;
import detangle.train.data.TokenIds;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads the features that the original makes of small files of each task. Tests that need them are skipped where they
 * are absent.
 */
public final class SharedFixtures {
    private static final String FEATURES = "goldens-training/features";

    /** The tokenizers by their folders, each of which is read once for all tests. */
    private static final Map<Path, Tokenizer> TOKENIZERS = new ConcurrentHashMap<>();

    private SharedFixtures() {}

    /** Returns the folder with the small files of a task. */
    public static Path folder(String task) {
        return SharedFiles.require(FEATURES).resolve(task);
    }

    /** Returns the features that the original makes of them. */
    public static JsonNode features(String folder, String task, String tokenizer) {
        return JsonMapper.shared()
                .readTree(folder(folder)
                        .resolve("features-" + task + "-" + tokenizer + ".json")
                        .toFile());
    }

    /** Returns the input from which a task makes its examples, with the length of the fixtures. */
    public static TaskInput input(Path folder, FineTuningTask task, JsonNode features, Map<String, String> options) {
        Path tokenizer = SharedFiles.require(
                "data/tokenizers/deberta-" + features.get("tokenizer").asString());
        return new TaskInput(
                new DataFolder(folder, task.name(), task.origin()),
                new SegmentFeatures(
                        TOKENIZERS.computeIfAbsent(tokenizer, Tokenizers::load),
                        features.get("max_seq_length").asInt()),
                false,
                options);
    }

    /**
     * Compares all examples that a task makes with those of the original, with the tokenizers of v1 and of v3.
     *
     * @param folder the folder of the fixtures with the task's files
     * @param name the name of the task
     */
    public static void assertTask(String folder, String name) {
        FineTuningTask task = (FineTuningTask) Tasks.find().named(name);
        for (String tokenizer : List.of("v3", "v1")) {
            JsonNode expected = features(folder, name, tokenizer);
            TaskInput input = input(folder(folder), task, expected, Map.of());
            JsonNode splits = expected.get("splits");
            String where = name + " " + tokenizer;
            assertEquals(
                    expected.get("labels").valueStream().map(JsonNode::asString).toList(),
                    task.head().labels());
            assertSame(splits.get("train"), task.training(input), where + " train");
            assertSets(splits, "eval.", task.evaluation(input), where);
            assertSets(splits, "test.", task.test(input), where);
        }
    }

    private static void assertSets(JsonNode splits, String beginning, List<EvaluationSet> sets, String where) {
        assertEquals(
                splits.propertyNames().stream()
                        .filter(name -> name.startsWith(beginning))
                        .toList(),
                sets.stream().map(set -> beginning + set.name()).toList());
        for (EvaluationSet set : sets) {
            assertSame(splits.get(beginning + set.name()), set.examples(), where + " " + beginning + set.name());
        }
    }

    /** Compares examples of one text or pair each with those of a split of the fixtures. */
    public static void assertSame(JsonNode split, List<Example> examples, String where) {
        JsonNode expected = split.get("features_in_file_order");
        assertEquals(expected.size(), examples.size(), where);
        for (int i = 0; i < expected.size(); i++) {
            String at = where + ", example " + i;
            assertSame(expected.get(i), examples.get(i).texts().getFirst(), at);
            assertTarget(expected.get(i).path("labels"), examples.get(i).target(), at);
        }
    }

    /** Compares the tokens of a text or pair and their types. */
    public static void assertSame(JsonNode expected, TokenIds text, String where) {
        assertArrayEquals(numbers(expected.get("input_ids")), text.ids(), where);
        assertArrayEquals(
                numbers(expected.get("type_ids")),
                IntStream.range(0, text.length())
                        .map(i -> i < text.pairStart() ? 0 : 1)
                        .toArray(),
                where);
    }

    private static void assertTarget(JsonNode labels, Target target, String where) {
        switch (target) {
            case Target.OneClass(int index) -> assertEquals(labels.asInt(), index, where);
            case Target.Numbers(float[] values) -> {
                float[] expected = new float[labels.isArray() ? labels.size() : 1];
                for (int i = 0; i < expected.length; i++) {
                    expected[i] = (labels.isArray() ? labels.get(i) : labels).floatValue();
                }
                assertArrayEquals(expected, values, where);
            }
            case Target.TokenClasses(int[] indices) -> assertArrayEquals(numbers(labels), indices, where);
            default -> assertEquals(true, labels.isMissingNode() || labels.isNull(), where);
        }
    }

    /** Returns the numbers of an array. */
    public static int[] numbers(JsonNode array) {
        return array.valueStream().mapToInt(JsonNode::asInt).toArray();
    }
}
