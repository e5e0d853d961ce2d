package detangle.experiment.ner;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.experiment.GivenOutputs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Entities and files of given logits, computed by hand. */
final class NerResultsTest {
    private static final int LABELS = 9;
    private static final int B_PER = 3;
    private static final int B_ORG = 5;
    private static final int I_ORG = 6;

    @TempDir
    Path folder;

    /** Returns logits by which each token has a class; two more positions are padding, with a class of their own. */
    private static float[] predicted(int... classes) {
        float[] logits = new float[(classes.length + 2) * LABELS];
        for (int token = 0; token < classes.length + 2; token++) {
            logits[token * LABELS + (token < classes.length ? classes[token] : B_PER)] = 1;
        }
        return logits;
    }

    /** The classes of [CLS] and [SEP], and those of tokens behind the first of a word, do not count. */
    @Test
    void entitiesAreCountedByWords() throws IOException {
        Files.writeString(folder.resolve("valid.txt"), """
                -DOCSTART- -X- -X- O

                my NN B-NP B-PER
                card NN B-NP O

                my NN B-NP B-ORG
                bank NN B-NP I-ORG
                """);
        Files.copy(folder.resolve("valid.txt"), folder.resolve("test.txt"));
        Map<String, Double> measures = GivenOutputs.evaluate(
                folder, "NER", 32, GivenOutputs.logits(predicted(B_PER, B_PER, B_PER, B_ORG, I_ORG, B_ORG)));
        // Three entities are predicted, of which the first and the last are right, and two are there.
        assertEquals(2 / 3.0, measures.get("precision"), 1e-12);
        assertEquals(1, measures.get("recall"), 1e-12);
        assertEquals(0.8, measures.get("f1"), 1e-12);
        assertEquals(0.75, measures.get("accuracy"), 1e-12);
        assertEquals(
                "index\tpredictions\nmy B-PER\ncard B-PER\nmy B-ORG\nbank I-ORG\n\n",
                Files.readString(folder.resolve("submit-dev-final.tsv")));
    }
}
