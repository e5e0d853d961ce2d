package detangle.cli;

import detangle.cli.Column.ObjectOf;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.ReplacedTokenDetector;
import detangle.pipelines.TokenScore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;

@Command(
        name = "replaced-token-detection",
        description = "Tells how likely each token of a text was put there in the place of another.",
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

    private static Result result(int index, String text, List<TokenScore> tokens) {
        List<Object> json = new ArrayList<>();
        List<List<Object>> records = new ArrayList<>();
        List<String> words = new ArrayList<>();
        for (TokenScore t : tokens) {
            double score = Result.rounded(t.score());
            int start = Result.codePoint(text, t.start());
            int end = Result.codePoint(text, t.end());
            json.add(Result.object("score", score, "word", t.word(), "start", start, "end", end));
            records.add(List.of(score, t.word(), start, end));
            words.add(Result.scored(t.word(), t.score()));
        }
        return new Result(index, json, Result.object("tokens", json), records, String.join(" ", words));
    }
}
