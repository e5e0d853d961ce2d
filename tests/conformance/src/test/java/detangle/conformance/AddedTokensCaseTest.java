package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Tokens and settings that slow tokenizers keep beside spm.model and vocab.json are heeded. */
class AddedTokensCaseTest {
    private static final CaseFolder CASE = CaseFolder.of("03-added-tokens");

    @Test
    void besideASentencePieceModel() {
        String out = CASE.out("tokenize", "t-spm", "hi <user> there");
        assertTrue(out.contains("[CLS] ▁h i <user> ▁there [SEP]"), out);
        assertTrue(ids("t-spm", "hi <user> there").contains("4001"), out);
    }

    private static String ids(String model, String text) {
        String line = CASE.out("tokenize", "--format", "jsonl", model, text);
        int start = line.indexOf("\"ids\":[") + "\"ids\":[".length();
        return line.substring(start, line.indexOf(']', start));
    }

    @Test
    void besideAVocabularyOfBytePairs() {
        String out = CASE.out("tokenize", "t-v1", "Hello <e1> world");
        assertTrue(out.contains("[CLS] \u0120Hello \u0120 <e1> \u0120world [SEP]"), out);
        assertEquals("1,20920,1437,50265,232,2", ids("t-v1", "Hello <e1> world"));
    }
}
