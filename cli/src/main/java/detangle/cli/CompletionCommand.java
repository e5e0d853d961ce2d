package detangle.cli;

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

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}.")
    private Shell shell;

    @Override
    public void run() {
        spec.commandLine()
                .getOut()
                .print(AutoComplete.bash("detangle", spec.parent().commandLine()));
    }
}
