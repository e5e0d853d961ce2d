package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.pipelines.EntityAggregation.Piece;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Worked out by hand from what HuggingFace's documentation says of the strategies. */
class EntityAggregationTest {
    private static final List<String> LABELS = List.of("O", "B-PER", "I-PER", "I-LOC");
    private static final String TEXT = "Ada Byron \uD83D\uDE00 in London";

    /** Ada, By, ron, the smiley, in, London; the places are code points. */
    private static final List<Piece> TOKENS = List.of(
            piece(0, 3, false, 0.1, 0.7, 0.1, 0.1),
            piece(3, 6, false, 0.2, 0.1, 0.6, 0.1),
            piece(6, 9, true, 0.05, 0.05, 0.0, 0.9),
            piece(9, 11, false, 0.9, 0.1, 0.0, 0.0),
            piece(11, 14, false, 0.8, 0.1, 0.1, 0.0),
            piece(14, 21, false, 0.1, 0.1, 0.2, 0.6));

    private static Piece piece(int start, int end, boolean continues, double... scores) {
        return new Piece(scores, start, end, continues);
    }

    private static List<String> entities(AggregationStrategy strategy) {
        return new EntityAggregation(LABELS, strategy, List.of("O"))
                .entities(TOKENS, new Characters(TEXT)).stream()
                        .map(e ->
                                String.format("%s %s %.3f %d-%d", e.entity(), e.word(), e.score(), e.start(), e.end()))
                        .toList();
    }

    @Test
    void withoutAggregationEachTokenIsOne() {
        assertEquals(
                List.of("B-PER Ada 0.700 0-3", "I-PER By 0.600 4-6", "I-LOC ron 0.900 6-9", "I-LOC London 0.600 16-22"),
                entities(AggregationStrategy.NONE));
    }

    @Test
    void simpleJoinsEqualNeighbours() {
        assertEquals(
                List.of("PER Ada By 0.650 0-6", "LOC ron 0.900 6-9", "LOC London 0.600 16-22"),
                entities(AggregationStrategy.SIMPLE));
    }

    @Test
    void firstTakesTheLabelOfAWordsFirstToken() {
        assertEquals(List.of("PER Ada Byron 0.650 0-9", "LOC London 0.600 16-22"), entities(AggregationStrategy.FIRST));
    }

    @Test
    void maxTakesTheLabelOfAWordsSurestToken() {
        assertEquals(
                List.of("PER Ada 0.700 0-3", "LOC Byron 0.900 4-9", "LOC London 0.600 16-22"),
                entities(AggregationStrategy.MAX));
    }

    /** Byron: (0.6 + 0.0) / 2 for a person, (0.1 + 0.9) / 2 for a place. */
    @Test
    void averageTakesTheMeanOfAWordsTokens() {
        assertEquals(
                List.of("PER Ada 0.700 0-3", "LOC Byron 0.500 4-9", "LOC London 0.600 16-22"),
                entities(AggregationStrategy.AVERAGE));
    }

    @Test
    void aBeginningSeparatesNeighbours() {
        List<Piece> people = List.of(piece(0, 3, false, 0, 1, 0, 0), piece(3, 9, false, 0, 1, 0, 0));
        assertEquals(
                List.of("Ada", "Byron"),
                new EntityAggregation(LABELS, AggregationStrategy.SIMPLE, List.of("O"))
                        .entities(people, new Characters(TEXT)).stream()
                                .map(Entity::word)
                                .toList());
    }

    @Test
    void ofEntitiesThatMeetTheLongerStays() {
        Entity part = new Entity("PER", 0.9, "Byron", 4, 9);
        Entity whole = new Entity("PER", 0.5, "Ada Byron", 0, 9);
        Entity surer = new Entity("LOC", 0.6, "Ada Byron", 0, 9);
        Entity after = new Entity("LOC", 0.1, "London", 16, 22);
        assertEquals(List.of(surer, after), EntityAggregation.merge(List.of(part, after, whole, surer)));
    }
}
