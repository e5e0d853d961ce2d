package detangle.experiment.superglue;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.experiment.data.JsonRow;
import detangle.experiment.data.SegmentFeatures;
import detangle.experiment.head.MarkedSpans;
import detangle.experiment.head.MarkedSpans.Span;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.testing.models.TinyModel;
import detangle.train.data.DataException;
import detangle.train.data.Example;
import detangle.train.data.Target;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/**
 * Compares the features of WiC and WSC, for which the original has none, with features that were computed by hand with
 * the shipped tokenizer.
 */
final class MarkedWordsTest {
    private static final Tokenizer TOKENIZER = Tokenizers.load(TinyModel.SHIPPED);
    private static final String WIC = """
            {"word": "card", "sentence1": "My card is lost.",
             "sentence2": "He sent a card 😀 to his bank, a nice card.",
             "start1": 3, "end1": 7, "start2": 37, "end2": 41, "label": %s}""";
    private static final String WSC = """
            {"text": "Mark told \\"Pete\\" that he was late.", "label": false, "target":
             {"span1_index": 2, "span1_text": "Pete", "span2_index": 4, "span2_text": "he"}}""";

    private static Example example(MarkedWordsTask task, String row, int length) {
        return task.example(
                new JsonRow("a row", JsonMapper.shared().readTree(row)), new SegmentFeatures(TOKENIZER, length));
    }

    /** Returns the texts that the tokens of marked spans stand for. */
    private static List<String> marked(Example example) {
        int[] ids = example.texts().getFirst().ids();
        return spans(example).stream()
                .map(span -> TOKENIZER
                        .decode(Arrays.copyOfRange(ids, span.start(), span.end()), true)
                        .strip())
                .toList();
    }

    private static List<Span> spans(Example example) {
        return MarkedSpans.of((Target.Inputs) example.target());
    }

    private static int label(Example example) {
        return MarkedSpans.labels((Target.Inputs) example.target())[0];
    }

    @Test
    void aWordInTwoSentences() {
        Example example = example(new WicTask(), WIC.formatted("true"), 64);
        int[] pair = TOKENIZER
                .encode("My card is lost.", "He sent a card 😀 to his bank, a nice card.")
                .ids();
        assertArrayEquals(pair, example.texts().getFirst().ids());
        assertEquals(List.of("card", "card"), marked(example));
        assertTrue(spans(example).get(1).start() > example.texts().getFirst().pairStart() + 8);
        assertEquals(1, label(example));
        assertEquals(0, label(example(new WicTask(), WIC.formatted("false"), 64)));
        assertEquals(-1, label(example(new WicTask(), WIC.formatted("null"), 64)));
    }

    /** The original cuts at random, and then marks tokens that are not the word's. */
    @Test
    void noWordIsCutOff() {
        for (int length = 9; length < 24; length++) {
            Example example = example(new WicTask(), WIC.formatted("true"), length);
            assertTrue(example.length() <= length);
            assertEquals(List.of("card", "card"), marked(example), "of " + length);
        }
        String tooLong = WIC.formatted("true").replace("\"start2\": 37", "\"start2\": 3");
        assertEquals(
                "a row has words that do not fit into 12 tokens: raise --max_seq_length",
                assertThrows(DataException.class, () -> example(new WicTask(), tooLong, 12))
                        .getMessage());
    }

    @Test
    void aPronounAndANoun() {
        Example example = example(new WscTask(), WSC, 64);
        assertArrayEquals(
                TOKENIZER.encode("Mark told \"Pete\" that he was late.").ids(),
                example.texts().getFirst().ids());
        assertEquals("he", marked(example).get(1));
        assertTrue(marked(example).getFirst().contains("Pete"), marked(example).toString());
        assertEquals(0, label(example));
        String other = WSC.replace("\"span1_text\": \"Pete\"", "\"span1_text\": \"Paul\"");
        assertEquals(
                "a row has the span1_text 'Paul', which does not stand in its text from word 2 on",
                assertThrows(DataException.class, () -> example(new WscTask(), other, 64))
                        .getMessage());
        String beyond = WSC.replace("\"span2_index\": 4", "\"span2_index\": 9");
        assertEquals(
                "a row names word 9 of a text of 7 words",
                assertThrows(DataException.class, () -> example(new WscTask(), beyond, 64))
                        .getMessage());
    }
}
