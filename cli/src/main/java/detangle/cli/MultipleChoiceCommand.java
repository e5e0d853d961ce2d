package detangle.cli;

import detangle.pipelines.Choice;
import detangle.pipelines.MultipleChoice;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.task.Column;
import detangle.pipelines.task.Column.ObjectOf;
import detangle.pipelines.task.MultipleChoiceSelection;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "multiple-choice",
        description = "Chooses which of several texts continues or answers a prompt.",
        mixinStandardHelpOptions = true)
final class MultipleChoiceCommand extends PipelineCommand<MultipleChoice> {
    @Option(names = "--prompt", paramLabel = "TEXT", description = "The text that the choices continue or answer.")
    private Optional<String> prompt;

    @Option(
            names = "--choice-columns",
            paramLabel = "NAME",
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
        return List.of("index", "score", "choice");
    }

    @Override
    List<Column> asked() {
        return List.of(Column.text("prompt"));
    }

    @Override
    SequencedMap<String, Object> asked(List<Object> row) {
        return Result.object("prompt", row.getFirst());
    }

    @Override
    List<Column> answer() {
        return List.of(Column.listOf(
                "choices", new ObjectOf(Column.whole("index"), Column.score("score"), Column.text("choice"))));
    }

    @Override
    List<Result> run(MultipleChoice chooser, List<List<String>> rows, ProgressListener progress) {
        List<String> prompts = rows.stream().map(List::getFirst).toList();
        List<List<String>> choices =
                rows.stream().map(row -> row.subList(1, row.size())).toList();
        int each = choices.getFirst().size();
        List<List<Choice>> chosen = chooser.choose(prompts, choices, counting(progress, done -> done / each));
        return IntStream.range(0, chosen.size())
                .mapToObj(i -> result(i, chosen.get(i)))
                .toList();
    }

    private Result result(int index, List<Choice> choices) {
        List<SequencedMap<String, Object>> json = MultipleChoiceSelection.json(choices, Result.FORM);
        return new Result(
                index,
                json,
                Result.object("choices", json),
                json.stream().map(choice -> Result.values(choice, columns())).toList(),
                choices.stream().map(c -> Result.scored(c.choice(), c.score())).collect(Collectors.joining(", ")));
    }
}
