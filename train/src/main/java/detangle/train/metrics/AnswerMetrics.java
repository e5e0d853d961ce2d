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
 * How good answers to questions are, in percent, as SQuAD's evaluation has it (HuggingFace's {@code squad_metrics}), for version 1.1 and
 * for version 2.0, where the empty answer says that there is none.
 *
 * @param all over all questions
 * @param answerable over the questions that have an answer; empty if there are none
 * @param unanswerable over those that have none; empty if there are none
 * @param bestExact the best that {@link Score#exact} of all becomes where answers are withdrawn above some probability of no answer
 * @param bestF1 the same of {@link Score#f1}
 */
public record AnswerMetrics(
        Score all, Optional<Score> answerable, Optional<Score> unanswerable, Best bestExact, Best bestF1) {
    private static final double PERCENT = 100;

    /**
     * Over some questions.
     *
     * @param exact percent that are answered exactly
     * @param f1 the mean of F1 of words, in percent
     * @param total how many questions
     */
    public record Score(double exact, double f1, int total) {}

    /**
     * What the best threshold gives.
     *
     * @param value in percent
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
     * @param predictions an answer by question; questions without a prediction do not count
     * @param noAnswer the probability that there is no answer by question; empty where none is known, which is 0 for each
     * @param threshold answers whose probability of no answer is greater are withdrawn
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
                score(given, r -> true).orElse(new Score(Double.NaN, Double.NaN, 0)),
                score(given, Raw::answerable),
                score(given, r -> !r.answerable),
                best(raw, Raw::exact),
                best(raw, Raw::f1));
    }

    /** The answers of which something is left to compare, or else no answer. */
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

    /** All answers are withdrawn at first, and are given one by one as the threshold rises. */
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
     * The measures of SuperGLUE's ReCoRD, in percent: the best of exact match and of F1 over the right answers; a question without a
     * prediction counts as wrong.
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
