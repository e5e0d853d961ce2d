package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** Against all pairs of tokens, scored from their definition. */
class SpanSearchTest {
    private static final boolean[] CONTEXT = {false, false, false, true, true, true, true, false};

    /** The first token stands for "no answer" and counts whether that may be one or not. */
    private static double share(double[] logits, int token) {
        double sum = 0;
        for (int i = 0; i < logits.length; i++) {
            sum += CONTEXT[i] || i == 0 ? Math.exp(logits[i]) : 0;
        }
        return Math.exp(logits[token]) / sum;
    }

    @Test
    void theBestSpanIsFound() {
        Random random = new Random(1);
        for (int run = 0; run < 200; run++) {
            double[] starts = random.doubles(8, -3, 3).toArray();
            double[] ends = random.doubles(8, -3, 3).toArray();
            boolean impossible = run % 2 == 0;
            QuestionOptions options = QuestionOptions.DEFAULT
                    .withMaxAnswerLen(2)
                    .withTopK(3)
                    .withAlignToWords(false)
                    .withHandleImpossibleAnswer(impossible);
            SpanSearch.Found found = SpanSearch.search(starts, ends, CONTEXT, options, span -> true);
            double best = 0;
            for (int first = 3; first <= 6; first++) {
                for (int last = first; last <= Math.min(6, first + 1); last++) {
                    best = Math.max(best, share(starts, first) * share(ends, last));
                }
            }
            assertEquals(3, found.spans().size());
            SpanSearch.Span top = found.spans().getFirst();
            assertEquals(best, top.score(), 1e-12);
            assertEquals(share(starts, top.first()) * share(ends, top.last()), top.score(), 1e-12);
            assertTrue(top.last() - top.first() < 2);
            assertTrue(found.spans().get(1).score() >= found.spans().get(2).score());
            assertEquals(impossible ? share(starts, 0) * share(ends, 0) : 0, found.noAnswer(), 1e-12);
        }
    }

    /** The largest numbers that a request may have are no smaller than others. */
    @Test
    void numbersHaveNoEnd() {
        double[] starts = {0, 0, 0, 1, 2, 3, 4, 0};
        for (boolean align : new boolean[] {false, true}) {
            QuestionOptions options =
                    QuestionOptions.DEFAULT.withAlignToWords(align).withTopK(Integer.MAX_VALUE);
            assertEquals(
                    10,
                    SpanSearch.search(
                                    starts, starts, CONTEXT, options.withMaxAnswerLen(Integer.MAX_VALUE), span -> true)
                            .spans()
                            .size());
        }
    }

    /** They take the places of candidates, as in HuggingFace, but never all of them. */
    @Test
    void spansThatAreNoAnswersAreLeftOut() {
        double[] starts = {0, 0, 0, 9, 1, 0, 0, 0};
        for (int topK : new int[] {1, 2}) {
            SpanSearch.Found found = SpanSearch.search(
                    starts,
                    starts,
                    CONTEXT,
                    QuestionOptions.DEFAULT.withAlignToWords(false).withTopK(topK),
                    span -> span.first() != 3 || span.last() != 3);
            assertEquals(1, found.spans().size());
            assertEquals(3, found.spans().getFirst().first());
            assertEquals(4, found.spans().getFirst().last());
            assertEquals(
                    share(starts, 3) * share(starts, 4),
                    found.spans().getFirst().score(),
                    1e-12);
        }
    }
}
