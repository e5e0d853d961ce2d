import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

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

    /** Who only runs models gets neither the writers for other runtimes nor what those need. */
    @Test
    void doesWithoutExports() {
        assertThrows(ClassNotFoundException.class, () -> Class.forName("detangle.export.ModelExport"));
        assertThrows(ClassNotFoundException.class, () -> Class.forName("com.google.protobuf.CodedOutputStream"));
    }
}
