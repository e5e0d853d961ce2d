package detangle.train.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.Tensor;
import detangle.models.text.Tokenizers;
import detangle.train.data.QuestionData;
import detangle.train.data.QuestionRow;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Scorers over two batches, where a batch could be confused with the whole. The names of their measures are known
 * before the first batch.
 */
final class ScorersTest {
    private static final double NEAR = 1e-9;

    @Test
    void classes() {
        ClassScorer scorer = ClassScorer.ofClasses(2);
        scorer.add(
                Map.of("labels", Tensor.of(new long[] {0, 1}, 2)),
                Map.of("logits", Tensor.of(new float[] {2, 1, 2, 1}, 2, 2)));
        scorer.add(
                Map.of("labels", Tensor.of(new long[] {1, -100}, 2)),
                Map.of("logits", Tensor.of(new float[] {0, 1, 2, 1}, 2, 2)));
        assertEquals(2.0 / 3, scorer.scores().get("accuracy"), NEAR);
        assertEquals(2.0 / 3, scorer.scores().get("f1"), NEAR);
        assertEquals(0.5, scorer.scores().get("matthews_correlation"), NEAR);
        assertEquals(ClassScorer.ofClasses(2).scores().keySet(), scorer.scores().keySet());
    }

    @Test
    void numbers() {
        NumberScorer scorer = new NumberScorer();
        scorer.add(
                Map.of("labels", Tensor.of(new float[] {1, 2}, 2, 1)),
                Map.of("logits", Tensor.of(new float[] {2, 4}, 2, 1)));
        scorer.add(
                Map.of("labels", Tensor.of(new float[] {3}, 1, 1)), Map.of("logits", Tensor.of(new float[] {6}, 1, 1)));
        assertEquals(1, scorer.scores().get("pearson"), NEAR);
        assertEquals(14.0 / 3, scorer.scores().get("mse"), NEAR);
        assertEquals(new NumberScorer().scores().keySet(), scorer.scores().keySet());
    }

    @Test
    void setsOfLabels() {
        LabelSetScorer scorer = new LabelSetScorer();
        scorer.add(
                Map.of("labels", Tensor.of(new float[] {1, 0}, 1, 2)),
                Map.of("logits", Tensor.of(new float[] {3, -1}, 1, 2)));
        scorer.add(
                Map.of("labels", Tensor.of(new float[] {1, 1}, 1, 2)),
                Map.of("logits", Tensor.of(new float[] {-3, 1}, 1, 2)));
        assertEquals(0.8, scorer.scores().get("f1"), NEAR);
        assertEquals(0.5, scorer.scores().get("accuracy"), NEAR);
        assertEquals(new LabelSetScorer().scores().keySet(), scorer.scores().keySet());
    }

    @Test
    void tags() {
        TagScorer scorer = new TagScorer(List.of("O", "B-PER", "I-PER"));
        // Two sentences of three tokens, of which the first and the last do not count.
        scorer.add(
                Map.of("labels", Tensor.of(new long[] {-100, 1, 2, -100, -100, 0, 1, -100}, 2, 4)),
                Map.of(
                        "logits",
                        Tensor.of(
                                new float[] {9, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 9, 0, 0, 9, 9, 0, 0, 9, 0, 0, 9, 0, 0},
                                2,
                                4,
                                3)));
        assertEquals(1, scorer.scores().get("precision"), NEAR);
        assertEquals(0.5, scorer.scores().get("recall"), NEAR);
        assertEquals(0.75, scorer.scores().get("accuracy"), NEAR);
        assertEquals(
                new TagScorer(List.of("O", "B-X", "I-X")).scores().keySet(),
                scorer.scores().keySet());
    }

    @Test
    void guesses() {
        GuessScorer scorer = new GuessScorer();
        scorer.add(
                Map.of("labels", Tensor.of(new long[] {2, 0}, 2)),
                Map.of("logits", Tensor.of(new float[] {0, 0, 1, 0, 1, 0}, 2, 3)));
        assertEquals(0.5, scorer.scores().get("accuracy"), NEAR);
        assertEquals(new GuessScorer().scores().keySet(), scorer.scores().keySet());
    }

    @Test
    void answersAreTheBestOfAllWindows() {
        String context = "one two three four five six seven eight blue ten eleven";
        QuestionRow row = new QuestionRow(
                "t", "q", context, "which?", List.of(new QuestionRow.Answer("blue", context.indexOf("blue"))));
        QuestionData data = QuestionData.read(
                List.of(row),
                "t",
                Tokenizers.load(Path.of(System.getProperty("detangle.home", ".."))
                        .resolve("models/pretrained/banking77-small")),
                12,
                2);
        AnswerScorer scorer = new AnswerScorer(data);
        data.windows().forEach(window -> {
            int length = window.starts().length;
            float[] starts = new float[length];
            float[] ends = new float[length];
            for (int t = 0; t < length; t++) {
                starts[t] = window.starts()[t] == context.indexOf("blue") - 1 ? 5 : 0;
                ends[t] = window.ends()[t] == context.indexOf("blue") + 4 ? 5 : 0;
            }
            scorer.add(
                    Map.of(),
                    Map.of("start_logits", Tensor.of(starts, 1, length), "end_logits", Tensor.of(ends, 1, length)));
        });
        assertEquals("blue", scorer.answers().get("q").strip());
        assertEquals(100, scorer.scores().get("exact_match"), NEAR);
        assertEquals(new AnswerScorer(data).scores().keySet(), scorer.scores().keySet());
    }
}
