package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A corpus is prepared, and a masked language model with the enhanced mask decoder is trained and asked. */
final class MaskedPretrainingCommandsTest extends TrainCommandCase {
    private static final String TEXTS = "I have lost my card\nwhere is my card?\nmy card is lost, where is it?\n";

    @Test
    void textsOfFilesBecomeLinesOfTokens() throws IOException {
        Path texts = file("wiki.train.tokens", " \n" + TEXTS + " \n\n");
        Path rows = file("rows.csv", "text,label\n\"my card, please\",a\n");
        Path corpus = folder.resolve("corpus.txt");
        String[] prepare = {
            "prepare-corpus", "" + model, "-i", "" + texts, "-i", "" + rows, "-o", "" + corpus, "--max_seq_length", "10"
        };
        assertEquals(0, run(prepare), err.toString());
        List<String> lines = Files.readAllLines(corpus);
        assertEquals(8, lines.getFirst().split(" ").length);
        assertTrue(String.join(" ", lines).endsWith("\u2581my \u2581card , \u2581please"), lines.toString());
        assertTrue(err.toString()
                .matches("(?s)detangle: wrote .*corpus.txt: \\d+ tokens in " + lines.size() + " lines\\R"));
    }

    @Test
    void aCorpusThatCannotBeWholeIsNotThere() throws IOException {
        Path texts = file("texts.txt", TEXTS);
        Path corpus = folder.resolve("corpus.txt");
        assertEquals(1, run("prepare-corpus", "" + model, "-i", "" + texts, "-i", "absent.txt", "-o", "" + corpus));
        assertTrue(err.toString().contains("absent.txt does not exist"), err.toString());
        Files.write(folder.resolve("latin.txt"), new byte[] {'a', '\n', (byte) 0xE9, '\n'});
        assertEquals(1, run("prepare-corpus", "" + model, "-i", folder + "/latin.txt", "-o", "" + corpus));
        assertFalse(Files.exists(corpus));
        assertEquals(1, run("prepare-corpus", "" + model, "-i", "" + texts, "-o", "" + texts));
        assertTrue(err.toString().contains("is --input too: name another --output"), err.toString());
        assertEquals(TEXTS, Files.readString(texts));
    }

    /** Masks are filled by the decoder, as the checkpoint has its positions. */
    @Test
    void whatWasTrainedFillsMasks() throws IOException {
        Path texts = file("texts.txt", TEXTS.repeat(8));
        assertEquals(
                0,
                train(
                        texts,
                        "--task",
                        "masked-lm-emd",
                        "--max-ngram",
                        "3",
                        "--max-seq-length",
                        "16",
                        "--recipe",
                        "microsoft",
                        "--per-device-train-batch-size",
                        "4",
                        "--max-steps",
                        "3",
                        "--save-strategy",
                        "no"),
                err.toString());
        // The model before had neither the decoder's positions nor a head that predicts tokens.
        for (String name : List.of("deberta.embeddings.position_embeddings.weight", "lm_predictions.lm_head.bias")) {
            assertTrue(err.toString().lines().anyMatch(line -> line.contains(" has no ") && line.contains(name)), name);
        }
        try (Weights weights = Weights.open(output)) {
            assertTrue(weights.contains("cls.predictions.transform.dense.weight"));
            assertFalse(weights.names().stream().anyMatch(name -> name.startsWith("lm_predictions.")));
        }
        out.getBuffer().setLength(0);
        assertEquals(
                0, run("fill-mask", "--model", "" + output, "where is my [MASK]?", "--format", "json"), err.toString());
        String filled = out.toString();
        out.getBuffer().setLength(0);
        String[] decoder = {
            "fill-mask", "--model", "" + output, "where is my [MASK]?", "--head", "masked-lm-emd", "--format", "json"
        };
        assertEquals(0, run(decoder), err.toString());
        assertEquals(filled, out.toString());
        out.getBuffer().setLength(0);
        String[] evaluate = {
            "evaluate", "" + output, "" + texts, "--task", "masked-lm-emd", "--max-ngram", "3", "--max-seq-length", "16"
        };
        assertEquals(0, run(evaluate), err.toString());
        assertTrue(
                out.toString().contains("eval_accuracy") && out.toString().contains("eval_perplexity"), out.toString());
    }

    @Test
    void runsOfWordsAreForMasks() throws IOException {
        String told = fault(file("rows.csv", ROWS), "--max-ngram", "3");
        assertEquals("detangle: --max-ngram is for masked-lm, and this is text-classification: leave it out", told);
        assertTrue(
                fault(file("texts.txt", TEXTS), "--max-ngram", "0").contains("--max-ngram must be at least 1"),
                err.toString());
    }
}
