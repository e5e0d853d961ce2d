package detangle.experiment.glue;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.experiment.EvaluationSet;
import detangle.experiment.FineTuningTask;
import detangle.experiment.SharedFixtures;
import detangle.experiment.Tasks;
import detangle.experiment.data.TaskInput;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** The features of each task of GLUE are those of the original, with the tokenizers of v1 and of v3. */
final class GlueFeaturesTest {
    @ParameterizedTest
    @CsvSource({
        "STS-B,STS-B",
        "RTE,RTE",
        "MRPC,MRPC",
        "QNLI,QNLI",
        "CoLA,CoLA",
        "SST-2,SST-2",
        "QQP,QQP",
        "MNLI,MNLI",
        "MNLI,ANLI"
    })
    void areThoseOfTheOriginal(String folder, String name) {
        FineTuningTask task = (FineTuningTask) Tasks.find().named(name);
        for (String tokenizer : List.of("v3", "v1")) {
            JsonNode expected = SharedFixtures.features(folder, name, tokenizer);
            TaskInput input = SharedFixtures.input(SharedFixtures.folder(folder), task, expected, Map.of());
            JsonNode splits = expected.get("splits");
            String where = name + " " + tokenizer;
            assertEquals(
                    expected.get("labels").valueStream().map(JsonNode::asString).toList(),
                    task.head().labels());
            SharedFixtures.assertSame(splits.get("train"), task.training(input), where + " train");
            compare(splits, "eval.", task.evaluation(input), where);
            compare(splits, "test.", task.test(input), where);
        }
    }

    private static void compare(JsonNode splits, String beginning, List<EvaluationSet> sets, String where) {
        assertEquals(
                splits.propertyNames().stream()
                        .filter(name -> name.startsWith(beginning))
                        .toList(),
                sets.stream().map(set -> beginning + set.name()).toList());
        for (EvaluationSet set : sets) {
            SharedFixtures.assertSame(
                    splits.get(beginning + set.name()), set.examples(), where + " " + beginning + set.name());
        }
    }
}
