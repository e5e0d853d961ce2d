import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.hub.Hub;
import detangle.pipelines.TextClassifier;
import org.junit.jupiter.api.Test;

class ConsumerTest {
    @Test
    void classifies() {
        try (TextClassifier classifier = TextClassifier.load(Hub.model(System.getProperty("model")))) {
            assertEquals("card_arrival", classifier.classify("Where is my card?").getFirst().label());
        }
    }
}
