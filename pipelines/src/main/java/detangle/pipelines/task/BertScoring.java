package detangle.pipelines.task;

import detangle.models.text.Truncation;
import detangle.pipelines.BertScore;
import detangle.pipelines.BertScoreOptions;
import detangle.pipelines.BertScorer;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** Measures how similar a text is to reference texts: BERTScore, in the words of the package bert-score. */
public final class BertScoring extends TextTask<BertScorer> {
    private static final Field CANDIDATE = Field.required("candidate", "the text that is judged", new Field.Text());
    private static final Field REFERENCES = Field.required(
            "references", "what it should be; of several texts the most alike one counts", new Field.Texts());
    private static final Field IDF = Field.optional(
            "idf",
            "whether tokens that are rare in the references of the request count more; as the server is started by"
                    + " default",
            new Field.Flag());

    private final BertScoreOptions standard;

    /** Makes the task with bert-score's layer for the model. */
    public BertScoring() {
        this(BertScoreOptions.DEFAULT);
    }

    /**
     * Makes the task with options of the comparison.
     *
     * @param standard options of a single layer
     * @throws IllegalArgumentException if the options ask for all layers
     */
    public BertScoring(BertScoreOptions standard) {
        if (standard.allLayers()) {
            throw new IllegalArgumentException("an answer has the scores of one layer: leave out allLayers");
        }
        this.standard = standard;
    }

    @Override
    public String name() {
        return "bertscore";
    }

    @Override
    public String description() {
        return "How alike a generated text is to references: precision, recall and F1 of BERTScore";
    }

    @Override
    public List<Field> inputs() {
        return List.of(CANDIDATE, REFERENCES);
    }

    @Override
    public List<Field> options() {
        return List.of(IDF, TRUNCATE, TRUNCATION_DIRECTION);
    }

    @Override
    public Column.Type answer() {
        return new Column.ObjectOf(Column.score("precision"), Column.score("recall"), Column.score("f1"));
    }

    /** Returns false: any model could do this task, so a user must ask for it. */
    @Override
    public boolean suits(ModelFacts model) {
        return false;
    }

    @Override
    public BertScorer load(Path model, PipelineOptions options) {
        return BertScorer.load(model, standard, options);
    }

    @Override
    public BertScorer withTruncation(BertScorer scorer, Truncation.Side side) {
        return scorer.withTruncation(side);
    }

    @Override
    public int texts(BertScorer scorer, Fields row, Fields options) {
        return 1 + row.texts(REFERENCES.name()).size();
    }

    @Override
    public String facts(BertScorer scorer) {
        return "layer " + scorer.layers().stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    @Override
    public List<Object> answer(
            BertScorer scorer, List<Fields> rows, Fields options, AnswerForm form, ProgressListener progress) {
        BertScorer asked = options.optionalFlag(IDF.name()).map(scorer::withIdf).orElse(scorer);
        List<List<BertScore>> all = asked.scoreLayers(
                rows.stream().map(row -> row.text(CANDIDATE.name())).toList(),
                rows.stream().map(row -> row.texts(REFERENCES.name())).toList(),
                progress);
        return all.stream().map(layers -> json(layers.getLast(), form)).toList();
    }

    private static Object json(BertScore score, AnswerForm form) {
        return AnswerForm.object(
                "precision",
                form.score().apply(score.precision()),
                "recall",
                form.score().apply(score.recall()),
                "f1",
                form.score().apply(score.f1()));
    }
}
