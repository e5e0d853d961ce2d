package detangle.cli;

import detangle.pipelines.redaction.HashKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Help.TextTable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParameterException;

/**
 * A variable of the environment for each option of a command, as containers are configured: DETANGLE_MAX_LENGTH is
 * {@code --max-length}. An option on the command line wins over its variable, and an empty variable counts as none.
 */
final class OptionVariables implements IDefaultValueProvider {
    private static final String PREFIX = "DETANGLE_";

    /** Names the models, with commas between them. */
    static final String MODEL = PREFIX + "MODEL";

    /** The variables that other parts of Detangle read. */
    private static final List<String> OTHERS = List.of(PREFIX + "JAVA_OPTS", HashKey.VARIABLE);

    private static final String HELP_SECTION = "variables";
    private static final int HELP_INDENT = 2;

    private final Map<String, String> environment;

    private OptionVariables(Map<String, String> environment) {
        this.environment = environment;
    }

    /** Gives each option of a command its variable, and the help of the command a section that names them. */
    static void addTo(CommandLine command, Map<String, String> environment) {
        CommandSpec spec = command.getCommandSpec();
        spec.defaultValueProvider(new OptionVariables(environment));
        // Otherwise a flag would undo the same flag of the environment.
        spec.parser().toggleBooleanFlags(true);
        UsageMessageSpec usage = spec.usageMessage();
        List<String> sections = new ArrayList<>(usage.sectionKeys());
        sections.add(sections.indexOf(UsageMessageSpec.SECTION_KEY_FOOTER_HEADING), HELP_SECTION);
        usage.sectionKeys(sections);
        usage.sectionMap().put(HELP_SECTION, help -> help(spec));
    }

    private static String help(CommandSpec spec) {
        Ansi ansi = spec.commandLine().getColorScheme().ansi();
        TextTable table = TextTable.forColumns(
                spec.commandLine().getColorScheme(),
                new Column(spec.usageMessage().width(), HELP_INDENT, Column.Overflow.WRAP));
        table.indentWrappedLines = 0;
        table.addRowValues(ansi.text(String.join(", ", names(spec).sequencedKeySet()) + "; and " + MODEL
                + ", which names models with commas between them. What the command line says wins."));
        return "Variables of the environment, one for each option:%n".formatted() + table;
    }

    /** Returns the options that have a variable, by its name. */
    private static SequencedMap<String, OptionSpec> names(CommandSpec spec) {
        TreeMap<String, OptionSpec> names = new TreeMap<>();
        for (OptionSpec option : spec.options()) {
            if (!option.usageHelp() && !option.versionHelp() && !option.inherited()) {
                names.put(variable(option), option);
            }
        }
        return names;
    }

    private static String variable(OptionSpec option) {
        return PREFIX
                + option.longestName().substring(2).toUpperCase(Locale.ROOT).replace('-', '_');
    }

    @Override
    public String defaultValue(ArgSpec argument) {
        return argument instanceof OptionSpec option ? value(variable(option)).orElse(null) : null;
    }

    private Optional<String> value(String variable) {
        return Optional.ofNullable(environment.get(variable)).filter(value -> !value.isEmpty());
    }

    /** Returns those of a command, if it has any. */
    private static Optional<OptionVariables> of(CommandLine command) {
        return command.getCommandSpec().defaultValueProvider() instanceof OptionVariables variables
                ? Optional.of(variables)
                : Optional.empty();
    }

    /** Returns the models that the environment names. */
    static List<String> models(CommandLine command) {
        return of(command).flatMap(variables -> variables.value(MODEL)).stream()
                .flatMap(models -> Pattern.compile(",").splitAsStream(models))
                .map(String::strip)
                .filter(model -> !model.isEmpty())
                .toList();
    }

    /**
     * Puts the variable in the place of an option that a message names, where the option is not on the command line
     * and has its value of the environment.
     */
    static String named(String message, CommandLine command) {
        return of(command)
                .map(variables -> variables.named(message, command, option -> true))
                .orElse(message);
    }

    /**
     * Returns the same for the message of a value that cannot be read. It may be that of the command line, where the
     * variable has another one.
     */
    static String named(String message, ParameterException e) {
        return of(e.getCommandLine())
                .map(variables -> variables.named(
                        message,
                        e.getCommandLine(),
                        option -> e.getArgSpec() != option
                                || variables
                                        .value(variable(option))
                                        .filter(value -> value.equals(e.getValue()))
                                        .isPresent()))
                .orElse(message);
    }

    private String named(String message, CommandLine command, Predicate<OptionSpec> may) {
        String named = message;
        for (Map.Entry<String, OptionSpec> entry :
                names(command.getCommandSpec()).entrySet()) {
            OptionSpec option = entry.getValue();
            Optional<String> value = value(entry.getKey());
            if (value.isEmpty() || isGiven(option, command) || !may.test(option)) {
                continue;
            }
            String replaced = Pattern.compile(Pattern.quote(option.longestName()) + "(?![-\\w])")
                    .matcher(named)
                    .replaceAll(Matcher.quoteReplacement(entry.getKey()));
            // Some messages have the value alone, such as that there is no backend 'none'.
            boolean valueAlone = replaced.equals(message) && message.contains("'" + value.get() + "'");
            named = valueAlone ? entry.getKey() + " of the environment: " + replaced : replaced;
        }
        return named;
    }

    /** Returns whether an option is on the command line, as far as that was read. */
    private static boolean isGiven(OptionSpec option, CommandLine command) {
        return command.getParseResult() != null && command.getParseResult().hasMatchedOption(option);
    }

    /** Variables that are near the name of an option and are not one, each with what was meant. */
    static List<String> misspelt(CommandLine command) {
        return of(command).stream()
                .flatMap(variables -> variables.misspelt(command.getCommandSpec()).stream())
                .toList();
    }

    private List<String> misspelt(CommandSpec spec) {
        List<String> known = new ArrayList<>(names(spec).sequencedKeySet());
        known.add(MODEL);
        List<String> words = known.stream().map(OptionVariables::word).toList();
        return environment.keySet().stream()
                .filter(name -> name.startsWith(PREFIX) && !known.contains(name) && !OTHERS.contains(name))
                .sorted()
                .flatMap(name -> Suggestion.nearest(word(name), words).stream()
                        .map(near -> name + " of the environment is not an option: did you mean " + PREFIX
                                + near.toUpperCase(Locale.ROOT) + "?"))
                .toList();
    }

    /** Returns the name of a variable without what all have in common, in small letters. */
    private static String word(String variable) {
        return variable.substring(PREFIX.length()).toLowerCase(Locale.ROOT);
    }
}
