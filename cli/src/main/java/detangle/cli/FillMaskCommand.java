package detangle.cli;

import detangle.models.deberta.Architecture;
import detangle.pipelines.MaskFiller;
import detangle.pipelines.MaskPrediction;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.task.Column;
import detangle.pipelines.task.Column.ListOf;
import detangle.pipelines.task.Column.ObjectOf;
import detangle.pipelines.task.FillMask;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "fill-mask", description = "Predicts the tokens behind [MASK].", mixinStandardHelpOptions = true)
final class FillMaskCommand extends PipelineCommand<MaskFiller> {
    @Option(
            names = "--top-k",
            paramLabel = "K",
            description = "The number of tokens to print for a mask; 5 by default.")
    private int topK = 5;

    @Option(
            names = "--targets",
            paramLabel = "WORD",
            split = ",",
            description = "The words to choose from; spaces count only inside double quotes.")
    private List<String> targets; // Null if not given: "," is divided into nothing.

    /** The words of {@code --head}: the heads that predict tokens. */
    static final class Heads extends NamedValues<Architecture> {
        Heads() {
            super(List.of(Architecture.MASKED_LM, Architecture.MASKED_LM_EMD), Architecture::text);
        }
    }

    @Option(
            names = "--head",
            paramLabel = "NAME",
            converter = Heads.class,
            completionCandidates = Heads.class,
            description = "The head: ${COMPLETION-CANDIDATES}; the latter by default, if the checkpoint has its"
                    + " positions.")
    private Optional<Architecture> head;

    @Override
    MaskFiller load(Path folder, PipelineOptions options) {
        return head.map(wanted -> MaskFiller.load(folder, options, wanted))
                .orElseGet(() -> MaskFiller.load(folder, options));
    }

    @Override
    void check(boolean fromFile) {
        if (topK < 1) {
            throw wrongUse("--top-k must be at least 1");
        }
        targets = targets == null ? List.of() : names("--targets", targets);
    }

    @Override
    List<String> columns() {
        return List.of("mask", "score", "token", "token_str", "sequence");
    }

    /** Returns a list for each mask, as HuggingFace's pipeline does for a text with several masks. */
    @Override
    List<Column> answer() {
        return List.of(Column.listOf(
                "predictions",
                new ListOf(new ObjectOf(
                        Column.score("score"),
                        Column.whole("token"),
                        Column.text("token_str"),
                        Column.text("sequence")))));
    }

    @Override
    List<Result> run(MaskFiller filler, List<List<String>> rows, ProgressListener progress) {
        List<String> texts = rows.stream().map(List::getFirst).toList();
        List<List<List<MaskPrediction>>> all = filler.fill(texts, topK, targets, progress);
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            results.add(result(i, all.get(i)));
        }
        return results;
    }

    private static Result result(int index, List<List<MaskPrediction>> masks) {
        List<List<SequencedMap<String, Object>>> json = FillMask.json(masks, Result.FORM);
        List<List<Object>> records = new ArrayList<>();
        for (int mask = 0; mask < json.size(); mask++) {
            for (SequencedMap<String, Object> prediction : json.get(mask)) {
                List<Object> record = new ArrayList<>();
                record.add(mask);
                record.addAll(prediction.values());
                records.add(record);
            }
        }
        String words = masks.stream()
                .map(mask -> mask.stream()
                        .map(p -> Result.scored(p.tokenStr(), p.score()))
                        .collect(Collectors.joining(", ")))
                .collect(Collectors.joining(" | "));
        return new Result(
                index, json.size() == 1 ? json.getFirst() : json, Result.object("predictions", json), records, words);
    }
}
