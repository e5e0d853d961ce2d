package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Words end at newlines, tabs and other white space as they do at spaces, by every strategy. */
class WordsAtNewlinesCaseTest {
    private static final CaseFolder CASE = CaseFolder.of("04-words-at-newlines");

    @ParameterizedTest
    @ValueSource(strings = {"simple", "first", "average"})
    void theKindOfSpaceChangesNothing(String strategy) {
        JsonNode plain = entities(strategy, "my card is");
        assertEquals(1, plain.size(), plain::toString);
        JsonNode entity = plain.get(0);
        assertEquals("PER", entity.get("entity_group").stringValue());
        assertEquals("my", entity.get("word").stringValue());
        assertEquals(0, entity.get("start").intValue());
        assertEquals(2, entity.get("end").intValue());
        assertEquals(plain, entities(strategy, "my\ncard\tis"));
        assertEquals(plain, entities(strategy, "my\u00a0card\u3000is"));
    }

    /** The entities of one text. */
    private static JsonNode entities(String strategy, String text) {
        JsonNode all = JsonMapper.shared()
                .readTree(CASE.out(
                        "token-classification",
                        "--model",
                        "ner",
                        "--aggregation-strategy",
                        strategy,
                        "--format",
                        "json",
                        text));
        assertEquals(1, all.size(), all::toString);
        return all.get(0);
    }
}
