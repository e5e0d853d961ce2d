package detangle.pipelines.task;

import detangle.models.text.Truncation;
import detangle.pipelines.LabelExample;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.ZeroShotClassifier;
import detangle.pipelines.ZeroShotOptions;
import detangle.pipelines.ZeroShotResult;
import detangle.runtime.OptionValues;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Labels that a model was not trained on: HuggingFace's {@code zero-shot-classification}. */
public final class ZeroShotClassification extends TextTask<ZeroShotClassifier> {
    private static final Field LABELS =
            Field.required("candidate_labels", "the labels to choose from", new Field.Texts());
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
        return List.of(LABELS, TEMPLATE, MULTI_LABEL, PROMPT, EXAMPLES, TRUNCATE, TRUNCATION_DIRECTION);
    }

    @Override
    public Column.Type answer() {
        return new Column.ListOf(new Column.ObjectOf(Column.text("label"), Column.score("score")));
    }

    /** A model for natural language inference classifies by its own labels first, and does this as well. */
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
        return classifier.texts(options.texts(LABELS.name()).size());
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
        ZeroShotOptions asked =
                OptionValues.with(told, options.optionalText(PROMPT.name()), ZeroShotOptions::withPrompt);
        List<ZeroShotResult> all = classifier.classify(texts(rows), options.texts(LABELS.name()), asked, progress);
        return all.stream().<Object>map(result -> pairs(result, form)).toList();
    }

    /** Labels with their scores, as HuggingFace's inference API answers. */
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
