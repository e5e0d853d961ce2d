package detangle.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Refuses numbers of options that are outside their ranges, or are not finite. */
record NumberChecks(CommandSpec spec) {
    /** @param option the name of the option, for the message */
    void atLeast(String option, double value, long minimum) {
        check(option, value, value >= minimum, "at least " + minimum);
    }

    /** @param option the name of the option, for the message */
    void above(String option, double value, long bound) {
        check(option, value, value > bound, "above " + bound);
    }

    /** @param option the name of the option, for the message */
    void finite(String option, double value) {
        check(option, value, true, "a finite number");
    }

    private void check(String option, double value, boolean holds, String range) {
        if (!holds || !Double.isFinite(value)) {
            String text = value == Math.rint(value) && Math.abs(value) < 1e15
                    ? Long.toString((long) value)
                    : Double.toString(value);
            throw new ParameterException(spec.commandLine(), option + " is " + text + ": it must be " + range);
        }
    }
}
