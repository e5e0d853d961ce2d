package detangle.experiment.pretrain;

import detangle.train.TrainingException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.DoublePredicate;

/**
 * The options of {@link RtdTask}.
 *
 * @param weight the weight of the discriminator's loss
 * @param decoupled whether the models take turns; otherwise they share one loss
 * @param discriminatorRate the learning rate of the discriminator; empty for the same rate
 * @param generator the generator to begin with
 * @param discriminator the discriminator to begin with
 */
record RtdOptions(
        double weight,
        boolean decoupled,
        OptionalDouble discriminatorRate,
        Optional<Path> generator,
        Optional<Path> discriminator) {
    /**
     * Reads the values of options by name.
     *
     * @throws TrainingException if the value of an option is not valid
     */
    static RtdOptions of(Map<String, String> values) {
        double weight = number(values, RtdTask.WEIGHT, "a number from 0", value -> value >= 0);
        boolean decoupled = word(values, RtdTask.DECOUPLED);
        double rate = number(values, RtdTask.RATE, "a number", value -> true);
        boolean hasOwnRate = decoupled && rate > 0;
        if (!decoupled && rate > 0) {
            throw new TrainingException(RtdTask.RATE + " is " + values.get(RtdTask.RATE)
                    + ", and both models have one optimizer: leave it out, or say " + RtdTask.DECOUPLED + " True");
        }
        return new RtdOptions(
                weight,
                decoupled,
                hasOwnRate ? OptionalDouble.of(rate) : OptionalDouble.empty(),
                path(values, RtdTask.GENERATOR),
                path(values, RtdTask.DISCRIMINATOR));
    }

    private static double number(Map<String, String> values, String name, String kind, DoublePredicate fits) {
        double value;
        try {
            value = Double.parseDouble(values.get(name));
        } catch (NumberFormatException e) {
            throw new TrainingException(fault(values, name, kind), e);
        }
        if (!Double.isFinite(value) || !fits.test(value)) {
            throw new TrainingException(fault(values, name, kind));
        }
        return value;
    }

    private static boolean word(Map<String, String> values, String name) {
        return switch (values.get(name)) {
            case "True", "true" -> true;
            case "False", "false" -> false;
            default -> throw new TrainingException(fault(values, name, "True or False"));
        };
    }

    private static String fault(Map<String, String> values, String name, String kind) {
        return name + " is '" + values.get(name) + "': it must be " + kind;
    }

    private static Optional<Path> path(Map<String, String> values, String name) {
        return Optional.of(values.get(name)).filter(text -> !text.isEmpty()).map(Path::of);
    }
}
