package detangle.pipelines.task;

import detangle.models.text.Truncation;
import detangle.pipelines.LabelChunks;
import detangle.pipelines.LabelExample;
import detangle.pipelines.LabelTree;
import detangle.pipelines.PipelineException;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.ZeroShotClassifier;
import detangle.pipelines.ZeroShotOptions;
import detangle.pipelines.ZeroShotResult;
import detangle.runtime.OptionValues;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/** Classifies texts by labels that a model was not trained on: HuggingFace's {@code zero-shot-classification}. */
public final class ZeroShotClassification extends TextTask<ZeroShotClassifier> {
    private static final Field LABELS = Field.required(
            "candidate_labels",
            "the labels to choose from; or an object of groups, such as {\"tone\": [\"glad\", \"sad\"]}, whose labels are"
                    + " tone.glad and tone.sad",
            new Field.Groups());
    private static final Field NESTED = Field.optional(
            "return_hierarchical",
            "whether the answer is an object of scores in the form of candidate_labels",
            new Field.Flag(),
            false);
    private static final Field TEMPLATE = Field.optional(
            "hypothesis_template", "a sentence with {} for the label", new Field.Text(), ZeroShotClassifier.TEMPLATE);
    private static final Field MULTI_LABEL = Field.optional(
            "multi_label", "whether each label is judged by itself, as several may be right", new Field.Flag(), false);

    private static final Field PROMPT = Field.optional(
            "prompt", "what a GLiClass model is asked of the text; other models take none", new Field.Text());
    private static final Field EXAMPLE_LABELS =
            Field.required("labels", "the labels that are right for it", new Field.Texts());
    private static final Field EXAMPLES = Field.optional(
            "examples",
            "texts with their labels, which show a GLiClass model what is meant; other models take none",
            new Field.Objects(List.of(TEXT, EXAMPLE_LABELS)));

    private static final Field LABELS_CHUNK = Field.optional(
            "labels_chunk_size",
            "labels that a GLiClass model judges at once, so that any number of them goes; "
                    + LabelChunks.DEFAULT.labels() + " where texts are read in parts",
            new Field.Whole(1));
    private static final Field TEXT_CHUNK = Field.optional(
            "text_chunk_size",
            "characters of a part in which a GLiClass model reads a long text; " + LabelChunks.DEFAULT.text()
                    + " where labels are judged in groups",
            new Field.Whole(1));
    private static final Field TEXT_OVERLAP = Field.optional(
            "text_chunk_overlap",
            "characters that two parts of a text share; " + LabelChunks.DEFAULT.overlap()
                    + ", or as many as fit, by default",
            new Field.Whole(0));

    ZeroShotClassification() {}

    @Override
    public String name() {
        return "zero-shot-classification";
    }

    @Override
    public String description() {
        return "How well labels of one's own fit texts, the best first, by a model for natural language inference or a"
                + " GLiClass model";
    }

    @Override
    public List<Field> inputs() {
        return List.of(TEXT);
    }

    @Override
    public List<Field> options() {
        return List.of(
                LABELS,
                NESTED,
                TEMPLATE,
                MULTI_LABEL,
                PROMPT,
                EXAMPLES,
                LABELS_CHUNK,
                TEXT_CHUNK,
                TEXT_OVERLAP,
                TRUNCATE,
                TRUNCATION_DIRECTION);
    }

    @Override
    public Column.Type answer() {
        return new Column.ListOf(new Column.ObjectOf(Column.text("label"), Column.score("score")));
    }

    /** Returns the type of scores in the form of groups, whose properties have the names of these. */
    @Override
    public List<Column.Type> otherAnswers() {
        return List.of(new Column.ObjectOf());
    }

    /**
     * Returns whether the model is a GLiClass model. The first task of a model for natural language inference is {@link
     * TextClassification} by its own labels, and it does this task as well.
     */
    @Override
    public boolean suits(ModelFacts model) {
        return model.isGliclass();
    }

    @Override
    public ZeroShotClassifier load(Path model, PipelineOptions options) {
        return ZeroShotClassifier.load(model, options);
    }

    @Override
    public ZeroShotClassifier withTruncation(ZeroShotClassifier classifier, Truncation.Side side) {
        return classifier.withTruncation(side);
    }

    @Override
    public int texts(ZeroShotClassifier classifier, Fields row, Fields options) {
        return classifier.texts(row.text(TEXT.name()), labels(options).size(), chunks(options));
    }

    private static List<String> labels(Fields options) {
        return options.labels(LABELS.name()).paths();
    }

    private static Optional<LabelChunks> chunks(Fields options) {
        if (options.has(TEXT_OVERLAP.name()) && !options.has(TEXT_CHUNK.name())) {
            throw new PipelineException(TEXT_OVERLAP.name() + " is for " + TEXT_CHUNK.name() + ": say that too");
        }
        return LabelChunks.asked(
                whole(options, LABELS_CHUNK), whole(options, TEXT_CHUNK), whole(options, TEXT_OVERLAP));
    }

    private static Optional<Integer> whole(Fields options, Field field) {
        return options.has(field.name()) ? Optional.of(options.whole(field.name())) : Optional.empty();
    }

    @Override
    public List<Object> answer(
            ZeroShotClassifier classifier,
            List<Fields> rows,
            Fields options,
            AnswerForm form,
            ProgressListener progress) {
        ZeroShotOptions told = ZeroShotOptions.DEFAULT
                .withTemplate(options.text(TEMPLATE.name()))
                .withMultiLabel(options.flag(MULTI_LABEL.name()))
                .withExamples(options.objects(EXAMPLES.name()).stream()
                        .map(one -> new LabelExample(one.text(TEXT.name()), one.texts(EXAMPLE_LABELS.name())))
                        .toList());
        ZeroShotOptions prompted =
                OptionValues.with(told, options.optionalText(PROMPT.name()), ZeroShotOptions::withPrompt);
        ZeroShotOptions asked = OptionValues.with(prompted, chunks(options), ZeroShotOptions::withChunks);
        List<ZeroShotResult> all = classifier.classify(texts(rows), labels(options), asked, progress);
        return all.stream()
                .<Object>map(result -> options.flag(NESTED.name())
                        ? nested(options.labels(LABELS.name()), result, form)
                        : pairs(result, form))
                .toList();
    }

    private static SequencedMap<String, Object> nested(LabelTree groups, ZeroShotResult result, AnswerForm form) {
        Map<String, Number> scores = new HashMap<>();
        for (int i = 0; i < result.labels().size(); i++) {
            scores.put(
                    result.labels().get(i), form.score().apply(result.scores().get(i)));
        }
        return groups.values(scores::get);
    }

    /** Returns labels with their scores, as HuggingFace's inference API answers. */
    private static List<Object> pairs(ZeroShotResult result, AnswerForm form) {
        List<Object> pairs = new ArrayList<>();
        for (int i = 0; i < result.labels().size(); i++) {
            pairs.add(AnswerForm.object(
                    "label",
                    result.labels().get(i),
                    "score",
                    form.score().apply(result.scores().get(i))));
        }
        return pairs;
    }
}
