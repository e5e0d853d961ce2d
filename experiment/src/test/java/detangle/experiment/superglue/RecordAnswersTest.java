package detangle.experiment.superglue;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.experiment.Predictions;
import detangle.experiment.SharedFixtures;
import detangle.experiment.head.MarkedSpans;
import detangle.experiment.superglue.RecordAnswers.Scored;
import detangle.experiment.superglue.RecordFile.Entity;
import detangle.experiment.superglue.RecordFile.Passage;
import detangle.experiment.superglue.RecordFile.Question;
import detangle.experiment.superglue.RecordWindows.Asked;
import detangle.experiment.superglue.RecordWindows.Window;
import detangle.ir.Tensor;
import detangle.testing.SharedFiles;
import detangle.train.data.Example;
import detangle.train.data.TokenIds;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/** The order of entities over several windows is that of the original. */
final class RecordAnswersTest {
    private static final Example EXAMPLE = Example.of(new TokenIds(new int[] {1, 2}, 2), MarkedSpans.target(List.of()));

    @Test
    void areRankedAsByTheOriginal() {
        JsonNode golden = JsonMapper.shared()
                .readTree(SharedFiles.require("goldens-training/numbers/metrics.json")
                        .toFile())
                .get("record");
        List<Entity> entities = golden.get("ranked")
                .valueStream()
                .map(e -> new Entity(
                        e.get("start").asInt(),
                        e.get("end").asInt(),
                        e.get("text").asString()))
                .sorted(Comparator.comparingInt(Entity::start))
                .toList();
        Question question =
                new Question(JsonNodeFactory.instance.numberNode(0), "", "", List.of("Anna"), new int[entities.size()]);
        List<Window> windows = new ArrayList<>();
        Predictions predictions = new Predictions(List.of(EXAMPLE, EXAMPLE));
        for (int w = 0; w < 2; w++) {
            windows.add(new Window(
                    0, 0, SharedFixtures.numbers(golden.get("window_entities").get(w)), EXAMPLE));
            double[] logits = golden.get("logits")
                    .get(w)
                    .valueStream()
                    .mapToDouble(JsonNode::asDouble)
                    .toArray();
            predictions.add(Map.of("logits", Tensor.of(logits, 1, logits.length)));
        }
        Asked asked = new Asked(new Passage("", entities, List.of(question)), question);
        List<Scored> ranked = RecordAnswers.of(new RecordWindows(List.of(asked), windows), predictions)
                .ranked()
                .getFirst();
        assertEquals(golden.get("ranked").size(), ranked.size());
        for (int i = 0; i < ranked.size(); i++) {
            JsonNode expected = golden.get("ranked").get(i);
            assertEquals(expected.get("start").asInt(), ranked.get(i).entity().start());
            assertEquals(expected.get("score").asDouble(), ranked.get(i).score(), 1e-7);
        }
    }
}
