package detangle.experiment;

import detangle.train.data.Example;
import java.util.List;
import java.util.Set;

/**
 * Examples to evaluate with or to predict ({@code EvalData} of the original).
 *
 * @param name the name in the names of result files, such as {@code dev} or {@code matched}
 * @param examples the examples in the order of their file
 * @param measures the measures of the predictions
 * @param critical the names of the measures whose mean is the metric that decides on the best model; all of them if it
 *     is empty
 * @param files the files of predictions that are written
 * @param decides whether the set has a share in the metric that decides on the best model; one with train in its name
 *     has none, as in the original
 */
public record EvaluationSet(
        String name,
        List<Example> examples,
        Measures measures,
        Set<String> critical,
        PredictionFiles files,
        boolean decides) {
    public EvaluationSet {
        examples = List.copyOf(examples);
        critical = Set.copyOf(critical);
        decides = decides && !name.contains("train");
    }

    /** Makes a set whose measures all decide on the best model. */
    public EvaluationSet(String name, List<Example> examples, Measures measures, PredictionFiles files) {
        this(name, examples, measures, Set.of(), files, true);
    }

    /** Sets the measures that decide on the best model. */
    public EvaluationSet withCritical(String... measureNames) {
        return new EvaluationSet(name, examples, measures, Set.of(measureNames), files, decides);
    }

    /** Makes a set that is measured, and decides nothing. */
    public EvaluationSet withoutDecision() {
        return new EvaluationSet(name, examples, measures, critical, files, false);
    }
}
