package detangle.cli;

import java.util.Set;
import picocli.CommandLine;

/** Accepts options in the spelling of Python's commands: {@code --learning_rate} is {@code --learning-rate}. */
final class OptionSpelling {
    private OptionSpelling() {}

    /**
     * Returns the arguments. An option with underscores becomes the one with dashes if the command has only that one.
     */
    static String[] withDashes(CommandLine commands, String... args) {
        CommandLine command =
                args.length == 0 ? null : commands.getSubcommands().get(args[0]);
        if (command == null) {
            return args;
        }
        Set<String> known = command.getCommandSpec().optionsMap().keySet();
        String[] spelled = args.clone();
        for (int i = 1; i < args.length && !args[i].equals("--"); i++) {
            String name = args[i].replaceFirst("(?s)=.*", "");
            String dashed = name.replace('_', '-');
            if (name.startsWith("--") && !known.contains(name) && known.contains(dashed)) {
                spelled[i] = dashed + args[i].substring(name.length());
            }
        }
        return spelled;
    }
}
