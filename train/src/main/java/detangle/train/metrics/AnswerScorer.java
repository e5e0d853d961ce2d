package detangle.train.metrics;

import detangle.ir.Tensor;
import detangle.models.deberta.OutputNames;
import detangle.train.data.QuestionData;
import detangle.train.data.QuestionData.Window;
import detangle.train.data.QuestionRow;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.IntStream;

/**
 * The measures of question answering, over the windows of questions in their order: {@code exact_match} and {@code f1}
 * in percent. If some questions have no answer, there are also {@code HasAns_exact}, {@code HasAns_f1},
 * {@code NoAns_exact} and {@code NoAns_f1}. Answers are those of HuggingFace's {@code postprocess_qa_predictions}: the
 * best span of all windows, among the twenty likeliest beginnings and ends, with at most thirty tokens. If some
 * questions have no answer, the answer is empty where the first tokens of the windows have a higher score.
 */
public final class AnswerScorer implements Scorer {
    private static final int CANDIDATES_PER_WINDOW = 20;
    private static final int MAX_ANSWER_TOKENS = 30;

    private final QuestionData data;
    private final boolean someUnanswered;
    private final boolean someAnswered;
    private final Map<Integer, Best> best = new HashMap<>();
    private int window;

    private record Best(float score, String text, float none) {}

    public AnswerScorer(QuestionData data) {
        this.data = data;
        this.someUnanswered =
                data.questions().stream().anyMatch(q -> q.answers().isEmpty());
        this.someAnswered = data.questions().stream().anyMatch(q -> !q.answers().isEmpty());
    }

    @Override
    public void add(Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
        float[][] starts = Logits.rows(outputs.get(OutputNames.START_LOGITS));
        float[][] ends = Logits.rows(outputs.get(OutputNames.END_LOGITS));
        for (int row = 0; row < starts.length; row++) {
            Window read = data.windows().get(window++);
            Best found = best(read, starts[row], ends[row]);
            best.merge(
                    read.question(),
                    found,
                    (a, b) -> new Best(
                            Math.max(a.score, b.score), b.score > a.score ? b.text : a.text, Math.min(a.none, b.none)));
        }
    }

    private Best best(Window read, float[] starts, float[] ends) {
        float score = Float.NEGATIVE_INFINITY;
        String text = "";
        int[] likelyEnds = likeliest(ends, read.ends().length);
        for (int start : likeliest(starts, read.starts().length)) {
            for (int end : likelyEnds) {
                boolean span = read.starts()[start] >= 0
                        && read.starts()[end] >= 0
                        && end >= start
                        && end - start < MAX_ANSWER_TOKENS;
                if (span && starts[start] + ends[end] > score) {
                    score = starts[start] + ends[end];
                    String context = data.questions().get(read.question()).context();
                    text = context.substring(
                            context.offsetByCodePoints(0, read.starts()[start]),
                            context.offsetByCodePoints(0, read.ends()[end]));
                }
            }
        }
        return new Best(score, text, starts[0] + ends[0]);
    }

    private static int[] likeliest(float[] logits, int tokens) {
        return IntStream.range(0, tokens)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> logits[i]).reversed())
                .limit(CANDIDATES_PER_WINDOW)
                .mapToInt(Integer::intValue)
                .toArray();
    }

    /**
     * Returns the answer to each question whose windows have all been read, by its id; the empty text means no answer.
     */
    public SequencedMap<String, String> answers() {
        SequencedMap<String, String> answers = new LinkedHashMap<>();
        for (int q = 0; q < data.questions().size(); q++) {
            Best found = best.get(q);
            if (found != null) {
                boolean none = someUnanswered && found.none > found.score;
                answers.put(data.questions().get(q).id(), none ? "" : found.text);
            }
        }
        return answers;
    }

    @Override
    public SequencedMap<String, Double> scores() {
        Map<String, List<String>> truths = new LinkedHashMap<>();
        data.questions()
                .forEach(q -> truths.put(
                        q.id(),
                        q.answers().stream().map(QuestionRow.Answer::text).toList()));
        AnswerMetrics metrics = AnswerMetrics.of(truths, answers(), Map.of(), 1);
        SequencedMap<String, Double> scores = new LinkedHashMap<>();
        scores.put("exact_match", metrics.all().exact());
        scores.put("f1", metrics.all().f1());
        if (someUnanswered) {
            if (someAnswered) {
                put(scores, "HasAns_", metrics.answerable().orElse(AnswerMetrics.Score.NONE));
            }
            put(scores, "NoAns_", metrics.unanswerable().orElse(AnswerMetrics.Score.NONE));
        }
        return scores;
    }

    private static void put(SequencedMap<String, Double> scores, String prefix, AnswerMetrics.Score score) {
        scores.put(prefix + "exact", score.exact());
        scores.put(prefix + "f1", score.f1());
    }
}
