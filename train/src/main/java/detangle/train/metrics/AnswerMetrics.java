package detangle.train.metrics;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * The measures of answers to questions, in percent, as in SQuAD's evaluation (HuggingFace's {@code squad_metrics}). In
 * version 2.0 of SQuAD the empty answer says that there is no answer.
 *
 * @param all the score over all questions
 * @param answerable the score over the questions that have an answer; empty if there are no such questions
 * @param unanswerable the score over the questions that have no answer; empty if there are no such questions
 * @param bestExact the best {@link Score#exact} over all questions, if answers above the best threshold are withdrawn
 * @param bestF1 the best {@link Score#f1} over all questions, at its own best threshold
 */
public record AnswerMetrics(
        Score all, Optional<Score> answerable, Optional<Score> unanswerable, Best bestExact, Best bestF1) {
    private static final double PERCENT = 100;

    /**
     * The score over some questions.
     *
     * @param exact the percentage of questions that are answered exactly
     * @param f1 the mean of F1 of words, in percent
     * @param total the number of questions
     */
    public record Score(double exact, double f1, int total) {
        /** The score over no questions, which is not a number. */
        static final Score NONE = new Score(Double.NaN, Double.NaN, 0);
    }

    /**
     * The result of the best threshold.
     *
     * @param value the measure in percent
     * @param threshold the greatest probability of no answer at which an answer is given
     */
    public record Best(double value, double threshold) {}

    private record Raw(boolean answerable, boolean answered, double noAnswer, double exact, double f1) {
        Raw withdrawn(double threshold) {
            double silent = answerable ? 0 : 1;
            return noAnswer > threshold ? new Raw(answerable, answered, noAnswer, silent, silent) : this;
        }
    }

    /**
     * Compares predictions with the right answers.
     *
     * @param truths the right answers by question; an empty list for a question that has none
     * @param predictions the predicted answer by question; questions without a prediction do not count
     * @param noAnswer the probability by question that there is no answer; if empty, it is 0 for each question
     * @param threshold the greatest probability of no answer at which an answer is not withdrawn
     */
    public static AnswerMetrics of(
            Map<String, List<String>> truths,
            Map<String, String> predictions,
            Map<String, Double> noAnswer,
            double threshold) {
        List<Raw> raw = new ArrayList<>();
        truths.forEach((question, answers) -> {
            String prediction = predictions.get(question);
            if (prediction != null) {
                List<String> counted = counted(answers);
                raw.add(new Raw(
                        !answers.isEmpty(),
                        !prediction.isEmpty(),
                        noAnswer.getOrDefault(question, 0.0),
                        AnswerText.best(counted, truth -> AnswerText.exact(truth, prediction)),
                        AnswerText.best(counted, truth -> AnswerText.f1(truth, prediction))));
            }
        });
        List<Raw> given = raw.stream().map(r -> r.withdrawn(threshold)).toList();
        return new AnswerMetrics(
                score(given, r -> true).orElse(Score.NONE),
                score(given, Raw::answerable),
                score(given, r -> !r.answerable),
                best(raw, Raw::exact),
                best(raw, Raw::f1));
    }

    /** Returns the answers that are not empty when they are compared; if there are none, the empty answer. */
    private static List<String> counted(List<String> answers) {
        List<String> counted = answers.stream()
                .filter(answer -> !AnswerText.normalized(answer).isEmpty())
                .toList();
        return counted.isEmpty() ? List.of("") : counted;
    }

    private static Optional<Score> score(List<Raw> raw, Predicate<Raw> which) {
        List<Raw> chosen = raw.stream().filter(which).toList();
        if (chosen.isEmpty()) {
            return Optional.empty();
        }
        double exact = chosen.stream().mapToDouble(Raw::exact).sum();
        double f1 = chosen.stream().mapToDouble(Raw::f1).sum();
        return Optional.of(new Score(PERCENT * exact / chosen.size(), PERCENT * f1 / chosen.size(), chosen.size()));
    }

    /**
     * Finds the best threshold. All answers are withdrawn at first, and are given one by one as the threshold rises.
     */
    private static Best best(List<Raw> raw, ToDoubleFunction<Raw> measure) {
        double current = raw.stream().filter(r -> !r.answerable).count();
        double best = current;
        double threshold = 0;
        List<Raw> rising =
                raw.stream().sorted(Comparator.comparingDouble(Raw::noAnswer)).toList();
        for (Raw r : rising) {
            double withdrawn = r.answered ? -1 : 0;
            current += r.answerable ? measure.applyAsDouble(r) : withdrawn;
            if (current > best) {
                best = current;
                threshold = r.noAnswer;
            }
        }
        return new Best(PERCENT * best / raw.size(), threshold);
    }

    /**
     * Returns the measures of SuperGLUE's ReCoRD, in percent: the best exact match and the best F1 over the right
     * answers. A question without a prediction counts as wrong.
     */
    public static Score record(Map<String, List<String>> truths, Map<String, String> predictions) {
        Map<String, Double> exact = new HashMap<>();
        Map<String, Double> f1 = new HashMap<>();
        predictions.forEach((question, prediction) -> {
            List<String> answers = truths.getOrDefault(question, List.of());
            exact.put(question, AnswerText.best(answers, truth -> AnswerText.exact(truth, prediction)));
            f1.put(question, AnswerText.best(answers, truth -> AnswerText.f1(truth, prediction)));
        });
        int total = truths.size();
        return new Score(PERCENT * sum(exact) / total, PERCENT * sum(f1) / total, total);
    }

    private static double sum(Map<String, Double> values) {
        return values.values().stream().mapToDouble(Double::doubleValue).sum();
    }
}
