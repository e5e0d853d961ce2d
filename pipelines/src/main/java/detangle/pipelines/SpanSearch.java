package detangle.pipelines;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/** The best answers of a window, as HuggingFace's question-answering pipeline finds them. */
final class SpanSearch {
    private SpanSearch() {}

    /** Tokens from the first to the last, both of it. */
    record Span(int first, int last, double score) {}

    /**
     * The spans of a window.
     *
     * @param spans the best answers, the best first
     * @param noAnswer how sure the model is that there is none: what it says of the first token
     */
    record Found(List<Span> spans, double noAnswer) {}

    /**
     * Probabilities are over the tokens of the text and the first token, {@code [CLS]}, which stands for "no answer"
     * whether that may be one or not; a span's is that of its first token as a start times that of its last as an end.
     *
     * @param context whether a token is of the text that answers come from
     * @param isAnswer whether a span may be kept
     */
    static Found search(
            double[] starts, double[] ends, boolean[] context, QuestionOptions options, Predicate<Span> isAnswer) {
        boolean[] counts = context.clone();
        counts[0] = true;
        double[] start = softmax(starts, counts);
        double[] end = softmax(ends, counts);
        List<Span> spans = new ArrayList<>();
        for (int first = 0; first < start.length; first++) {
            for (int last = first;
                    context[first] && last < end.length && last - first < options.maxAnswerLen();
                    last++) {
                if (context[last]) {
                    spans.add(new Span(first, last, start[first] * end[last]));
                }
            }
        }
        spans.sort(Comparator.comparingDouble(Span::score).reversed());
        // What is not an answer still takes a candidate's place, as in HuggingFace, since scores are sums over
        // candidates.
        // But there is an answer wherever one can be.
        List<Span> answers = new ArrayList<>();
        for (int i = 0; i < spans.size() && (i < candidates(options) || answers.isEmpty()); i++) {
            if (isAnswer.test(spans.get(i))) {
                answers.add(spans.get(i));
            }
        }
        return new Found(List.copyOf(answers), options.handleImpossibleAnswer() ? start[0] * end[0] : 0);
    }

    /** Returns spans to keep of a window: more than are asked for, where several may become the same words. */
    static long candidates(QuestionOptions options) {
        return options.alignToWords() ? 2L * options.topK() + 10 : options.topK();
    }

    private static double[] softmax(double[] logits, boolean[] counts) {
        double[] kept = logits.clone();
        for (int i = 0; i < kept.length; i++) {
            if (!counts[i]) {
                kept[i] = Double.NEGATIVE_INFINITY;
            }
        }
        return Scores.softmax(kept);
    }
}
