package detangle.train.optimizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class LossScalerTest {
    @Test
    void microsoftsAgreesWithTheOriginal() {
        for (JsonNode c : Numbers.read("scaler.json").path("original")) {
            List<Integer> outcomes = c.path("ok").isArray()
                    ? c.path("ok").valueStream().map(JsonNode::asInt).toList()
                    : Collections.nCopies(520, 1);
            LossScaler.Microsoft scaler = LossScaler.Microsoft.begin(
                    c.path("init").asDouble(), c.path("interval").asLong());
            for (int i = 0; i < outcomes.size(); i++) {
                if (c.path("scale_used").isArray()) {
                    assertEquals(c.path("scale_used").path(i).asDouble(), scaler.scale(), "attempt " + i);
                }
                scaler = scaler.after(outcomes.get(i) == 1);
            }
            assertEquals(c.path("final").asDouble(), scaler.scale());
            assertEquals(c.path("steps").asLong(), scaler.attempts());
            assertEquals(c.path("last").asLong(), scaler.changed());
        }
    }

    @Test
    void torchsAgreesWithTheOriginal() {
        for (JsonNode c : Numbers.read("scaler.json").path("torch_gradscaler")) {
            LossScaler scaler = new LossScaler.Torch(
                    c.path("init").asDouble(), c.path("growth_interval").asLong(), 0);
            for (int i = 0; i < c.path("ok").size(); i++) {
                assertEquals(c.path("trace").path(i).path("scale").asDouble(), scaler.scale(), "attempt " + i);
                scaler = scaler.after(c.path("ok").path(i).asInt() == 1);
            }
            assertEquals(c.path("final").asDouble(), scaler.scale());
        }
    }
}
