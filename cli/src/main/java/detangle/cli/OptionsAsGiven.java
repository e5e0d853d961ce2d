package detangle.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The options and arguments of a command line, for a report. */
final class OptionsAsGiven {
    private OptionsAsGiven() {}

    /** Returns the options and arguments that were given, by their names, in the order of the command line. */
    static SequencedMap<String, String> of(CommandSpec spec) {
        SequencedMap<String, String> given = new LinkedHashMap<>();
        for (ArgSpec argument : spec.commandLine().getParseResult().matchedArgs()) {
            List<String> values = argument.originalStringValues();
            String name = argument instanceof OptionSpec option
                    ? option.longestName().replaceFirst("^--", "")
                    : argument.paramLabel();
            // Of an option that takes one value, the last one counts.
            List<String> counted = argument.isMultiValue() || values.isEmpty() ? values : List.of(values.getLast());
            given.put(name, values.isEmpty() ? "true" : String.join(",", counted));
        }
        return given;
    }
}
