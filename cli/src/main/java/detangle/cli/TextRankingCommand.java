package detangle.cli;

import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.RankedDocument;
import detangle.pipelines.TextRanker;
import detangle.pipelines.task.Column;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "text-ranking",
        aliases = "rerank",
        description = "Ranks texts by how well they answer a query, with a cross-encoder.",
        mixinStandardHelpOptions = true)
final class TextRankingCommand extends PipelineCommand<TextRanker> {
    @Option(names = "--query", paramLabel = "TEXT", required = true, description = "The query.")
    private String query;

    @Option(names = "--raw-scores", description = "Print logits instead of their sigmoid.")
    private boolean rawScores;

    @Option(names = "--top-k", paramLabel = "K", description = "The number of texts to print; all by default.")
    private int topK = Integer.MAX_VALUE;

    @Override
    TextRanker load(Path folder, PipelineOptions options) {
        return TextRanker.load(folder, options);
    }

    @Override
    void check(boolean fromFile) {
        if (topK < 1) {
            throw wrongUse("--top-k must be at least 1");
        }
    }

    @Override
    boolean takesAll() {
        return true;
    }

    @Override
    List<Column> asked() {
        return List.of();
    }

    @Override
    List<Column> answer() {
        return List.of(Column.whole("corpus_id"), Column.score("score"), Column.text("text"));
    }

    /** Returns a row's place, which nobody needs a model for. */
    @Override
    SequencedMap<String, Object> known(SourceRow row, List<Object> texts) {
        return Result.object("corpus_id", row.number() - 1, "text", texts.getFirst());
    }

    @Override
    List<String> columns() {
        return List.of("corpus_id", "score", "text");
    }

    @Override
    List<Result> run(TextRanker ranker, List<List<String>> rows, ProgressListener progress) {
        List<String> texts = rows.stream().map(List::getFirst).toList();
        List<Result> results = new ArrayList<>();
        for (RankedDocument d : ranker.rank(query, texts, rawScores, progress)) {
            if (results.size() < topK) {
                double score = Result.rounded(d.score());
                SequencedMap<String, Object> answer =
                        Result.object("corpus_id", d.index(), "score", score, "text", d.text());
                results.add(new Result(
                        d.index(),
                        answer,
                        answer,
                        List.of(List.of(d.index(), score, d.text())),
                        Result.scored(d.text(), d.score())));
            }
        }
        return results;
    }
}
