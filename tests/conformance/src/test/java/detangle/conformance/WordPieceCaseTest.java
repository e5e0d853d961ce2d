package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Result;
import org.junit.jupiter.api.Test;

/** DeBERTa-v2 models with BERT's tokenizer run, out of a tokenizer.json and out of a vocab.txt. */
class WordPieceCaseTest {
    private static final CaseFolder CASE = CaseFolder.of("22-wordpiece");

    @Test
    void tokenizerJson() {
        // The ids of its added tokens are not those of its vocabulary, of which a line warns.
        Result result = CASE.run("classify", "--model", "t-wordpiece-json", "hi");
        assertEquals(0, result.status(), result.err());
        assertTrue(result.out().matches("[ab] \\([01]\\.[0-9]+\\)\\s*"), result.out());
        assertEquals(1, result.messages().size(), result.err());
        assertTrue(result.messages().getFirst().contains("'[MASK]' 4 instead of 4000"), result.err());
    }

    @Test
    void vocabTxt() {
        String out = CASE.out("classify", "--model", "t-wordpiece", "hi");
        assertTrue(out.matches("[ab] \\([01]\\.[0-9]+\\)\\s*"), out);
    }

    /** The case is lowered, as BERT's tokenizer does where nothing says otherwise. */
    @Test
    void wordsOfVocabTxt() {
        String out = CASE.out("tokenize", "t-wordpiece", "Where is it");
        assertTrue(out.contains("[CLS] where is [UNK] [SEP]"), out);
    }
}
