package detangle.cli;

import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "help",
        description = "Lists all commands, or explains one command as its --help does.",
        mixinStandardHelpOptions = true)
final class HelpCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "COMMAND",
            description = "The command to explain; without it, all commands are listed.")
    private Optional<String> command;

    @Override
    public void run() {
        CommandLine main = spec.parent().commandLine();
        CommandLine told = command.map(name -> Optional.ofNullable(
                                main.getSubcommands().get(name))
                        .orElseThrow(() -> new ParameterException(main, WrongUse.noCommand(name, main))))
                .orElse(main);
        told.usage(spec.commandLine().getOut());
    }
}
