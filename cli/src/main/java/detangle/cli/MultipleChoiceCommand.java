package detangle.cli;

import detangle.pipelines.Choice;
import detangle.pipelines.MultipleChoice;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "multiple-choice",
        description = "Chooses which of several texts goes with a prompt.",
        mixinStandardHelpOptions = true)
final class MultipleChoiceCommand extends PipelineCommand<MultipleChoice> {
    @Option(names = "--prompt", paramLabel = "TEXT", description = "What the texts continue or answer.")
    private Optional<String> prompt;

    @Option(
            names = "--choice-columns",
            paramLabel = "NAME,...",
            split = ",",
            description = "The columns of --file that hold the choices; --column holds the prompt.")
    private List<String> choiceColumns = List.of();

    @Override
    MultipleChoice load(Path folder, PipelineOptions options) {
        return MultipleChoice.load(folder, options);
    }

    @Override
    String textColumn() {
        return "prompt";
    }

    @Override
    List<String> moreColumns() {
        return choiceColumns;
    }

    @Override
    void check(boolean fromFile) {
        if (fromFile == choiceColumns.isEmpty() || fromFile == prompt.isPresent()) {
            throw wrongUse("give --prompt and choices, or --file and --choice-columns");
        }
    }

    @Override
    List<List<String>> rows(List<String> given) {
        List<String> row = new ArrayList<>();
        row.add(prompt.orElseThrow());
        row.addAll(given);
        return List.of(row);
    }

    @Override
    List<String> columns() {
        return List.of("prompt", "index", "score", "choice");
    }

    @Override
    List<Result> run(MultipleChoice chooser, List<List<String>> rows, ProgressListener progress) {
        List<Result> results = new ArrayList<>();
        for (List<String> row : rows) {
            results.add(result(row.getFirst(), chooser.choose(row.getFirst(), row.subList(1, row.size()))));
            progress.done(results.size());
        }
        return results;
    }

    private static Result result(String asked, List<Choice> choices) {
        List<Object> json = new ArrayList<>();
        List<List<Object>> records = new ArrayList<>();
        List<String> words = new ArrayList<>();
        for (Choice c : choices) {
            double score = Result.rounded(c.score());
            json.add(Result.object("index", c.index(), "score", score, "choice", c.choice()));
            records.add(List.of(asked, c.index(), score, c.choice()));
            words.add(Result.scored(c.choice(), c.score()));
        }
        return new Result(json, records, String.join(", ", words));
    }
}
