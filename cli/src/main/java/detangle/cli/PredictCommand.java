package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.CheckpointHeads;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "predict",
        description = {
            "Answers the rows of a file, by the command of the model's task: classify, token-classification,"
                    + " question-answering,"
                    + " multiple-choice or fill-mask.",
            "Options are those of that command, such as --column, --format and --output. They stand behind FILE."
        },
        mixinStandardHelpOptions = true)
final class PredictCommand implements Callable<Integer> {
    private CommandSpec spec;

    @Mixin
    private ModelArgument model;

    @Parameters(
            index = "1",
            paramLabel = "FILE",
            description = "The rows, in a file of the kinds that the --file of the other command reads.")
    private String file;

    @Parameters(
            index = "2..*",
            paramLabel = "OPTION",
            description = "Options of the other command, and the --adapter of a LoRA adapter.")
    private List<String> others = new ArrayList<>();

    /**
     * Takes the command's specification. What stands behind MODEL is not read as options here: which word is the value
     * of an option of the other command is known to that command alone.
     */
    @Spec
    private void spec(CommandSpec own) {
        spec = own;
        own.parser().stopAtPositional(true);
    }

    @Override
    public Integer call() {
        if (file.startsWith("-") && !file.equals("-")) {
            throw new ParameterException(
                    spec.commandLine(), file + " stands before FILE: give MODEL, then FILE, and options behind them");
        }
        AdapterOption adapter = new AdapterOption();
        new CommandLine(CommandSpec.create().addMixin("adapter", CommandSpec.forAnnotatedObject(adapter)))
                .setUnmatchedArgumentsAllowed(true)
                .parseArgs(others.toArray(String[]::new));
        Path folder = model.folder();
        Architecture head = CheckpointHeads.choose(folder, Optional.empty(), adapter.config(folder));
        List<String> arguments =
                new ArrayList<>(List.of(command(folder, head), "--model", folder.toString(), "--file", file));
        arguments.addAll(others);
        return spec.commandLine().getParent().execute(arguments.toArray(String[]::new));
    }

    private static String command(Path folder, Architecture head) {
        return switch (head) {
            case SEQUENCE_CLASSIFICATION -> "classify";
            case TOKEN_CLASSIFICATION -> "token-classification";
            case QUESTION_ANSWERING -> "question-answering";
            case MASKED_LM -> "fill-mask";
            case MULTIPLE_CHOICE -> "multiple-choice";
            case ENCODER, MASKED_LM_EMD, REPLACED_TOKEN_DETECTION ->
                throw new CliException(
                        folder + " has no head of a task whose command reads rows: its head is " + head.text());
        };
    }
}
