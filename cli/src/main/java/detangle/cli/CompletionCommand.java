package detangle.cli;

import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "completion",
        description = {
            "Prints a script that completes commands, options and their values in a shell:",
            "source <(detangle completion bash)"
        },
        mixinStandardHelpOptions = true)
final class CompletionCommand implements Runnable {
    /** The shells. One script is for both, as zsh runs bash's completions. */
    enum Shell {
        bash,
        zsh
    }

    /** The line of a script that lists the values of an option. */
    private static final Pattern VALUES = Pattern.compile("( *local )\\w+(_option_args=\\(.*\\) # )(-\\S+)( values)");

    /** The line before those that complete the value of an option, with its names. */
    private static final Pattern NAMES = Pattern.compile(" *'(-.*)'\\)");

    private static final Pattern USE = Pattern.compile("\\w+_option_args\\[@]");

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}.")
    private Shell shell;

    @Override
    public void run() {
        spec.commandLine()
                .getOut()
                .print(withListsByOption(
                        AutoComplete.bash("detangle", spec.parent().commandLine())));
    }

    /**
     * Returns a script in which each option has its own list of values. Picocli names lists by what stands for a value in
     * the help, such as NAME, so that an option would complete the values of another one.
     */
    private static String withListsByOption(String script) {
        Set<String> listed = new HashSet<>();
        String[] option = {""};
        return script.lines()
                .map(line -> {
                    Matcher values = VALUES.matcher(line);
                    if (values.matches()) {
                        listed.add(values.group(3));
                        return values.group(1)
                                + variable(values.group(3))
                                + values.group(2)
                                + values.group(3)
                                + values.group(4);
                    }
                    Matcher names = NAMES.matcher(line);
                    if (names.matches()) {
                        for (String name : names.group(1).split("'\\|'")) {
                            option[0] = listed.contains(name) ? name : option[0];
                        }
                    }
                    return USE.matcher(line).replaceAll(variable(option[0]) + "_option_args[@]");
                })
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private static String variable(String option) {
        return option.replaceAll("\\W", "_");
    }
}
