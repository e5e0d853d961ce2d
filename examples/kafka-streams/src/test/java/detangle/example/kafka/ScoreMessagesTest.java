package detangle.example.kafka;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.pipelines.PipelineOptions;
import detangle.pipelines.TextClassifier;
import detangle.testing.models.TinyModel;
import java.util.List;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.junit.jupiter.api.Test;

/** Runs the example's program of a stream in Kafka's own driver for tests, which needs no broker. */
class ScoreMessagesTest {
    @Test
    void messagesHaveLabelsOrReasons() {
        StringSerializer to = new StringSerializer();
        StringDeserializer from = new StringDeserializer();
        try (TextClassifier classifier =
                        TextClassifier.load(TinyModel.SHIPPED, PipelineOptions.DEFAULT.withWarmUp(false));
                TopologyTestDriver driver = new TopologyTestDriver(
                        ScoreMessages.topology(classifier, "texts", "labels", "failures"),
                        ScoreMessages.settings("none:9092", 8))) {
            TestInputTopic<String, String> texts = driver.createInputTopic("texts", to, to);
            TestOutputTopic<String, String> labels = driver.createOutputTopic("labels", from, from);
            TestOutputTopic<String, String> failures = driver.createOutputTopic("failures", from, from);

            texts.pipeInput("7", "Where is my card?");
            texts.pipeInput("8", "");
            texts.pipeInput("9", (String) null);
            texts.pipeInput("7", "I was charged twice.");

            List<KeyValue<String, String>> found = labels.readKeyValuesToList();
            assertEquals(List.of("7", "7"), found.stream().map(pair -> pair.key).toList());
            assertTrue(
                    found.getFirst().value.startsWith("{\"label\":\"card_arrival\",\"score\":0.93"),
                    found.getFirst().value);
            assertTrue(
                    found.getLast().value.startsWith("{\"label\":\"transaction_charged_twice\""),
                    found.getLast().value);
            assertEquals(
                    List.of(KeyValue.pair("8", "{\"error\":\"the text is empty\"}")), failures.readKeyValuesToList());
        }
    }
}
