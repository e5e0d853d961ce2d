package detangle.cli;

import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.ReplacedTokenDetector;
import detangle.pipelines.TokenScore;
import detangle.pipelines.task.Column;
import detangle.pipelines.task.Column.ObjectOf;
import detangle.pipelines.task.ReplacedTokenDetection;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

@Command(
        name = "replaced-token-detection",
        description = "Prints for each token of a text how likely it has replaced another one.",
        mixinStandardHelpOptions = true)
final class ReplacedTokenCommand extends PipelineCommand<ReplacedTokenDetector> {
    @Override
    ReplacedTokenDetector load(Path folder, PipelineOptions options) {
        return ReplacedTokenDetector.load(folder, options);
    }

    @Override
    List<String> columns() {
        return List.of("score", "word", "start", "end");
    }

    @Override
    List<Column> answer() {
        return List.of(Column.listOf(
                "tokens",
                new ObjectOf(Column.score("score"), Column.text("word"), Column.whole("start"), Column.whole("end"))));
    }

    @Override
    List<Result> run(ReplacedTokenDetector detector, List<List<String>> rows, ProgressListener progress) {
        List<String> texts = rows.stream().map(List::getFirst).toList();
        List<List<TokenScore>> all = detector.detect(texts, progress);
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            results.add(result(i, texts.get(i), all.get(i)));
        }
        return results;
    }

    private Result result(int index, String text, List<TokenScore> tokens) {
        List<SequencedMap<String, Object>> json = ReplacedTokenDetection.json(text, tokens, Result.FORM);
        return new Result(
                index,
                json,
                Result.object("tokens", json),
                json.stream().map(token -> Result.values(token, columns())).toList(),
                tokens.stream().map(t -> Result.scored(t.word(), t.score())).collect(Collectors.joining(" ")));
    }
}
