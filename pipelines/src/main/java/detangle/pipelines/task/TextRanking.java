package detangle.pipelines.task;

import detangle.models.deberta.Architecture;
import detangle.models.text.Truncation;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.RankedDocument;
import detangle.pipelines.TextRanker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;

/** Ranks texts by how well they answer a query: {@code text-ranking}, in the words of text-embeddings-inference. */
public final class TextRanking extends TextTask<TextRanker> {
    private static final Field QUERY = Field.required("query", "what the texts are to answer", new Field.Text());
    private static final Field TEXTS = Field.required("texts", "the texts", new Field.Texts());
    private static final Field TOP_K =
            Field.optional("top_k", "how many texts at most; all by default", new Field.Whole(1));
    private static final Field RAW_SCORES = Field.optional(
            "raw_scores", "whether scores are the model's logits, and not a probability", new Field.Flag(), false);
    private static final Field RETURN_TEXT =
            Field.optional("return_text", "whether the answer has the texts too", new Field.Flag(), false);

    TextRanking() {}

    @Override
    public String name() {
        return "text-ranking";
    }

    @Override
    public String description() {
        return "Texts by how well they answer a query, the best first";
    }

    @Override
    public List<Field> inputs() {
        return List.of(QUERY, TEXTS);
    }

    @Override
    public List<Field> options() {
        return List.of(TOP_K, RAW_SCORES, RETURN_TEXT, TRUNCATE, TRUNCATION_DIRECTION);
    }

    @Override
    public Column.Type answer() {
        return new Column.ListOf(
                new Column.ObjectOf(Column.whole("index"), Column.text("text"), Column.score("score")));
    }

    @Override
    public boolean suits(ModelFacts model) {
        return model.head() == Architecture.SEQUENCE_CLASSIFICATION && model.labels() == 1;
    }

    @Override
    public TextRanker load(Path model, PipelineOptions options) {
        return TextRanker.load(model, options);
    }

    @Override
    public TextRanker withTruncation(TextRanker ranker, Truncation.Side side) {
        return ranker.withTruncation(side);
    }

    @Override
    public List<Loaded<?>> beside(TextRanker ranker) {
        return List.of(new Loaded<>(new TextClassification(), ranker.classifier()));
    }

    @Override
    public int texts(TextRanker ranker, Fields row, Fields options) {
        return row.texts(TEXTS.name()).size();
    }

    @Override
    public List<Object> answer(
            TextRanker ranker, List<Fields> rows, Fields options, AnswerForm form, ProgressListener progress) {
        int topK = options.optionalWhole(TOP_K.name()).orElse(Integer.MAX_VALUE);
        List<Object> answers = new ArrayList<>();
        for (Fields row : rows) {
            List<RankedDocument> ranked = ranker.rank(
                    row.text(QUERY.name()), row.texts(TEXTS.name()), options.flag(RAW_SCORES.name()), progress);
            answers.add(ranked.stream()
                    .limit(topK)
                    .map(document -> json(document, options.flag(RETURN_TEXT.name()), form))
                    .toList());
        }
        return answers;
    }

    private static Object json(RankedDocument document, boolean withText, AnswerForm form) {
        SequencedMap<String, Object> json = AnswerForm.object("index", document.index());
        if (withText) {
            json.put("text", document.text());
        }
        json.put("score", form.score().apply(document.score()));
        return json;
    }
}
