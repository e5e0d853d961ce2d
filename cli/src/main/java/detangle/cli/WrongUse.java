package detangle.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says in one line what is wrong with a command line. */
final class WrongUse {
    private static final Set<Class<?>> WHOLE = Set.of(int.class, Integer.class, long.class, Long.class);
    private static final Set<Class<?>> NUMBERS = Set.of(double.class, Double.class, float.class, Float.class);

    private WrongUse() {}

    static String message(ParameterException e) {
        CommandLine command = e.getCommandLine();
        return OptionVariables.named(what(e), e) + "; see detangle "
                + (command.getParent() == null ? "" : command.getCommandName() + " ") + "--help";
    }

    private static String what(ParameterException e) {
        if (e instanceof UnmatchedArgumentException unmatched) {
            return unmatched(unmatched.getUnmatched().getFirst(), unmatched.getCommandLine());
        }
        if (e.getArgSpec() == null || e.getValue() == null) {
            return e.getMessage();
        }
        ArgSpec argument = e.getArgSpec();
        String name = argument instanceof OptionSpec option
                ? option.longestName()
                : "the " + argument.paramLabel().toLowerCase(Locale.ROOT);
        Class<?> type = argument.isMultiValue() || argument.typeInfo().isOptional()
                ? argument.auxiliaryTypes()[0]
                : argument.type();
        if (argument.completionCandidates() != null) {
            List<String> words = new ArrayList<>();
            argument.completionCandidates().forEach(words::add);
            return name + " must be one of " + String.join(", ", words) + ", not '" + e.getValue() + "'"
                    + Suggestion.of(e.getValue(), words);
        }
        if (type == boolean.class || type == Boolean.class) {
            return name + " must be true or false, not '" + e.getValue() + "'";
        }
        if (WHOLE.contains(type)) {
            return name + " must be a whole number, not '" + e.getValue() + "'";
        }
        return NUMBERS.contains(type) ? name + " must be a number, not '" + e.getValue() + "'" : e.getMessage();
    }

    private static String unmatched(String word, CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        if (word.startsWith("-")) {
            String name = word.replaceFirst("=.*", "");
            List<String> names = spec.options().stream()
                    .filter(option -> !option.hidden())
                    .flatMap(option -> List.of(option.names()).stream())
                    .toList();
            return "there is no option '" + name + "'" + Suggestion.of(name, names);
        }
        return command.getSubcommands().isEmpty()
                ? "'" + word + "' is one argument too many"
                : noCommand(word, command);
    }

    static String noCommand(String word, CommandLine main) {
        return "there is no command '" + word + "'"
                + Suggestion.of(word, main.getSubcommands().keySet());
    }
}
