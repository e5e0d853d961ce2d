package detangle.train.optimizer;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The settings that a user gives to something by their names, as texts. Each is read once; others are refused. */
final class Settings {
    private final String owner;

    /** The settings that have not been read yet. */
    private final Map<String, String> left;

    /** @param owner what the settings are of, for messages, such as {@code the schedule linear} */
    Settings(String owner, Map<String, String> settings) {
        this.owner = owner;
        this.left = new TreeMap<>(settings);
    }

    double number(String setting, double otherwise) {
        return optional(setting).orElse(otherwise);
    }

    OptionalDouble optional(String setting) {
        if (!left.containsKey(setting)) {
            return OptionalDouble.empty();
        }
        String value = left.remove(setting);
        try {
            return OptionalDouble.of(Double.parseDouble(value));
        } catch (NumberFormatException e) {
            throw refused(setting, value, "which is not a number");
        }
    }

    long whole(String setting, long otherwise) {
        if (!left.containsKey(setting)) {
            return otherwise;
        }
        String value = left.remove(setting);
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw refused(setting, value, "which is not a whole number");
        }
    }

    boolean flag(String setting) {
        return word(setting, "false", "true", "false").equals("true");
    }

    /** Returns one of several words, in lower case. */
    String word(String setting, String otherwise, String... words) {
        if (!left.containsKey(setting)) {
            return otherwise;
        }
        String value = left.remove(setting);
        return Arrays.stream(words)
                .filter(value.toLowerCase(Locale.ROOT)::equals)
                .findFirst()
                .orElseThrow(() -> refused(setting, value, "not " + listed(words)));
    }

    private static String listed(String... words) {
        String last = words[words.length - 1];
        return Arrays.stream(words).limit(words.length - 1).collect(Collectors.joining(", ")) + " or " + last;
    }

    private OptimizerException refused(String setting, String value, String reason) {
        return new OptimizerException(setting + " of " + owner + " is '" + value + "', " + reason);
    }

    /** @throws OptimizerException if a setting has not been read */
    void refuseOthers() {
        if (!left.isEmpty()) {
            throw new OptimizerException(owner + " has no setting " + left.keySet());
        }
    }
}
