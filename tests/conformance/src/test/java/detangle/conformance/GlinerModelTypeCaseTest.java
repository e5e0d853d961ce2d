package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/**
 * A GLiNER model that was saved in 2024, which says "model_type": "gliner", finds what the same model finds that was
 * saved today.
 */
class GlinerModelTypeCaseTest {
    private static final CaseFolder CASE = CaseFolder.of("01-gliner-model-type");

    private static String extracted(String model) {
        return CASE.out(
                "extract",
                "--model",
                model,
                "--labels",
                "person,credit card,location",
                "Ada Lovelace lived in London, and worked with Charles Babbage.");
    }

    @Test
    void bothFindTheEntitiesOfTheGolden() {
        String now = extracted("g-now");
        assertTrue(now.contains("Ada Lovelace: credit card (0.99)"), now);
        assertTrue(now.contains("lived: credit card (1.00)"), now);
        assertEquals(now, extracted("g-saved-2024"));
    }
}
