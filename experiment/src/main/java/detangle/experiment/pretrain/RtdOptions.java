package detangle.experiment.pretrain;

import detangle.train.TrainingException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * The options of {@link RtdTask}.
 *
 * @param weight the weight of the discriminator's loss
 * @param decoupled whether the models take turns, and not share one loss
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
     * @throws TrainingException if one of them is not what the option takes
     */
    static RtdOptions of(Map<String, String> values) {
        double weight = read(values, RtdTask.WEIGHT, "a number from 0", Double::valueOf, value -> value >= 0);
        boolean decoupled = read(values, RtdTask.DECOUPLED, "True or False", RtdOptions::word, value -> true);
        double rate = read(values, RtdTask.RATE, "a number", Double::valueOf, Double::isFinite);
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

    private static <T> T read(
            Map<String, String> values,
            String name,
            String kind,
            Function<String, T> reader,
            Function<T, Boolean> fits) {
        String text = values.get(name);
        try {
            T value = reader.apply(text);
            if (fits.apply(value)) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw new TrainingException(name + " is '" + text + "': it must be " + kind, e);
        }
        throw new TrainingException(name + " is " + text + ": it must be " + kind);
    }

    private static boolean word(String text) {
        return switch (text) {
            case "True", "true" -> true;
            case "False", "false" -> false;
            default -> throw new NumberFormatException();
        };
    }

    private static Optional<Path> path(Map<String, String> values, String name) {
        return Optional.of(values.get(name)).filter(text -> !text.isEmpty()).map(Path::of);
    }
}
