package detangle.pipelines.task;

import detangle.models.text.Truncation;
import detangle.pipelines.MaskFiller;
import detangle.pipelines.MaskPrediction;
import detangle.pipelines.PipelineException;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import java.nio.file.Path;
import java.util.List;
import java.util.SequencedMap;

/** Predicts the tokens behind {@code [MASK]}: HuggingFace's {@code fill-mask}. */
public final class FillMask extends TextTask<MaskFiller> {
    private static final Field TOP_K =
            Field.optional("top_k", "how many tokens for a mask at most", new Field.Whole(1), 5);
    private static final Field TARGETS = Field.optional(
            "targets", "words to choose from, each of which is one token; all by default", new Field.Texts());

    FillMask() {}

    @Override
    public String name() {
        return "fill-mask";
    }

    @Override
    public String description() {
        return "The likeliest tokens behind [MASK]; a list of them for each mask where a text has several";
    }

    @Override
    public List<Field> inputs() {
        return List.of(TEXT);
    }

    @Override
    public List<Field> options() {
        return List.of(TOP_K, TARGETS, TRUNCATE, TRUNCATION_DIRECTION);
    }

    @Override
    public Column.Type answer() {
        return new Column.ListOf(new Column.ObjectOf(
                Column.score("score"), Column.whole("token"), Column.text("token_str"), Column.text("sequence")));
    }

    @Override
    public List<Column.Type> otherAnswers() {
        return List.of(new Column.ListOf(answer()));
    }

    @Override
    public boolean suits(ModelFacts model) {
        return model.head().predictsMasks();
    }

    @Override
    public MaskFiller load(Path model, PipelineOptions options) {
        return MaskFiller.load(model, options);
    }

    @Override
    public MaskFiller withTruncation(MaskFiller filler, Truncation.Side side) {
        return filler.withTruncation(side);
    }

    @Override
    public List<Object> answer(
            MaskFiller filler, List<Fields> rows, Fields options, AnswerForm form, ProgressListener progress) {
        List<String> targets = options.texts(TARGETS.name());
        if (options.has(TARGETS.name()) && targets.isEmpty()) {
            throw new PipelineException("targets is empty: name words to choose from, or leave it out");
        }
        return filler.fill(texts(rows), options.whole(TOP_K.name()), targets, progress).stream()
                .map(masks -> answer(masks, form))
                .toList();
    }

    /** Returns predictions as HuggingFace's pipeline does: a list for each mask if there are several. */
    private static Object answer(List<List<MaskPrediction>> masks, AnswerForm form) {
        List<List<SequencedMap<String, Object>>> json = json(masks, form);
        return json.size() == 1 ? json.getFirst() : json;
    }

    /** Returns for each mask its predictions, as HuggingFace's pipeline returns them. */
    public static List<List<SequencedMap<String, Object>>> json(List<List<MaskPrediction>> masks, AnswerForm form) {
        return masks.stream()
                .map(mask -> mask.stream()
                        .map(prediction -> AnswerForm.object(
                                "score",
                                form.score().apply(prediction.score()),
                                "token",
                                prediction.token(),
                                "token_str",
                                prediction.tokenStr(),
                                "sequence",
                                prediction.sequence()))
                        .toList())
                .toList();
    }
}
