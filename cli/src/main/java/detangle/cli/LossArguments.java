package detangle.cli;

import detangle.models.deberta.LossOptions;
import detangle.train.data.Example;
import detangle.train.data.Target.OneClass;
import detangle.train.data.Target.TokenClasses;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options of {@code train} that say how classes count in the loss. */
final class LossArguments {
    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--label-smoothing-factor",
            paramLabel = "X",
            description =
                    "The share of the target distribution that is spread evenly over all classes; 0 by" + " default.")
    private double smoothing;

    @Option(
            names = "--class-weights",
            split = ",",
            paramLabel = "X",
            description = "The weight of each class's rows in the loss, or balanced, which gives all classes the"
                    + " same total weight.")
    private List<String> classWeights = List.of();

    /**
     * Refuses a share that is wrong.
     *
     * @throws detangle.models.deberta.LossException if it is not from 0 to 1
     */
    void check() {
        LossOptions.DEFAULT.withLabelSmoothing(smoothing);
    }

    /** Returns the options of the loss of a model that learns from these rows. */
    LossOptions options(LabelledData training) {
        return LossOptions.DEFAULT.withLabelSmoothing(smoothing).withClassWeights(weights(training));
    }

    /**
     * Returns the weight of each class: as given, or so that all classes weigh the same, as scikit-learn balances
     * them.
     */
    private List<Double> weights(LabelledData training) {
        if (classWeights.isEmpty()) {
            return List.of();
        }
        int classes = training.task().labels().size();
        if (classes == 0) {
            throw wrongUse("--class-weights are for labels of texts or of words, and "
                    + DataOptions.name(training.task().head()) + " has none: leave them out");
        }
        if (classWeights.equals(List.of("balanced"))) {
            double[] counts = counts(training, classes);
            double all = DoubleStream.of(counts).sum();
            return DoubleStream.of(counts)
                    .mapToObj(count -> all / (classes * Math.max(1, count)))
                    .toList();
        }
        try {
            List<Double> weights =
                    classWeights.stream().map(Double::parseDouble).toList();
            if (weights.size() != classes) {
                throw wrongUse("--class-weights has " + weights.size() + " numbers for " + classes + " labels");
            }
            return weights;
        } catch (NumberFormatException e) {
            throw wrongUse("--class-weights is balanced, or a number for each label with commas between");
        }
    }

    /** Returns how many rows, or words, each class has. */
    private static double[] counts(LabelledData training, int classes) {
        double[] counts = new double[classes];
        for (Example example : training.examples()) {
            if (example.target() instanceof OneClass one) {
                counts[one.index()]++;
            } else if (example.target() instanceof TokenClasses tokens) {
                IntStream.of(tokens.indices()).filter(i -> i >= 0).forEach(i -> counts[i]++);
            }
        }
        return counts;
    }

    private ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
