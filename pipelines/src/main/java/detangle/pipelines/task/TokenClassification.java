package detangle.pipelines.task;

import detangle.models.deberta.Architecture;
import detangle.pipelines.AggregationStrategy;
import detangle.pipelines.Entity;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.Redactor;
import detangle.pipelines.TokenClassificationOptions;
import detangle.pipelines.TokenClassifier;
import detangle.runtime.OptionValues;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;

/** Finds entities in texts by the labels of tokens: HuggingFace's {@code token-classification}. */
public final class TokenClassification extends TextTask<TokenClassifier> {
    private static final Field STRATEGY = Field.optional(
            "aggregation_strategy", "how tokens become entities", Field.Word.of(AggregationStrategy.class), "simple");
    private static final Field STRIDE = Field.optional(
            "stride", "tokens that two windows of a long text share; at most 128 by default", new Field.Whole(0));
    private static final Field IGNORE_LABELS =
            Field.optional("ignore_labels", "labels whose entities are left out", new Field.Texts(), List.of("O"));

    TokenClassification() {}

    @Override
    public String name() {
        return "token-classification";
    }

    @Override
    public String description() {
        return "The entities in texts. Long texts are read in windows";
    }

    @Override
    public List<Field> inputs() {
        return List.of(TEXT);
    }

    @Override
    public List<Field> options() {
        return List.of(STRATEGY, STRIDE, IGNORE_LABELS, OFFSETS);
    }

    @Override
    public Column.Type answer() {
        return new Column.ListOf(new Column.ObjectOf(
                Column.text("entity_group"),
                Column.text("entity"),
                Column.score("score"),
                Column.text("word"),
                Column.whole("start"),
                Column.whole("end")));
    }

    @Override
    public boolean suits(ModelFacts model) {
        return model.head() == Architecture.TOKEN_CLASSIFICATION;
    }

    @Override
    public TokenClassifier load(Path model, PipelineOptions options) {
        return TokenClassifier.load(model, options);
    }

    @Override
    public String facts(TokenClassifier classifier) {
        return classifier.labels().size() + " labels";
    }

    @Override
    public List<Loaded<?>> beside(TokenClassifier classifier) {
        return List.of(new Loaded<>(new TextRedaction(), Redactor.of(classifier)));
    }

    @Override
    public List<Object> answer(
            TokenClassifier classifier, List<Fields> rows, Fields options, AnswerForm form, ProgressListener progress) {
        AggregationStrategy strategy =
                AggregationStrategy.valueOf(options.text(STRATEGY.name()).toUpperCase(Locale.ROOT));
        TokenClassificationOptions asked = OptionValues.with(
                TokenClassificationOptions.DEFAULT
                        .withStrategy(strategy)
                        .withIgnoreLabels(options.texts(IGNORE_LABELS.name())),
                options.optionalWhole(STRIDE.name()),
                TokenClassificationOptions::withStride);
        List<String> texts = texts(rows);
        List<List<Entity>> all = classifier.classify(texts, asked, progress);
        List<Object> answers = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            answers.add(json(texts.get(i), all.get(i), label(strategy), form.with(options)));
        }
        return answers;
    }

    /** Returns the name of the property with the label: HuggingFace has one for tokens and another for entities. */
    public static String label(AggregationStrategy strategy) {
        return strategy == AggregationStrategy.NONE ? "entity" : "entity_group";
    }

    /**
     * Returns entities as HuggingFace's pipeline returns them.
     *
     * @param label the name of the property that holds an entity's label
     */
    public static List<SequencedMap<String, Object>> json(
            String text, List<Entity> entities, String label, AnswerForm form) {
        AnswerForm.Places places = form.new Places(text);
        List<SequencedMap<String, Object>> json = new ArrayList<>();
        for (Entity entity : entities) {
            json.add(AnswerForm.object(
                    label,
                    entity.entity(),
                    "score",
                    form.score().apply(entity.score()),
                    "word",
                    entity.word(),
                    "start",
                    places.of(entity.start()),
                    "end",
                    places.of(entity.end())));
        }
        return json;
    }
}
