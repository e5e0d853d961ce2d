package detangle.pipelines.task;

import detangle.pipelines.Entity;
import detangle.pipelines.EntityExtractor;
import detangle.pipelines.ExtractionOptions;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;

/** Entities of any kind that is named: {@code extract}, in the words of GLiNER's own code. */
public final class EntityExtraction extends TextTask<EntityExtractor> {
    private static final Field LABELS =
            Field.required("labels", "what is looked for, in words: person, credit card number", new Field.Texts());
    private static final Field THRESHOLD = Field.optional(
            "threshold",
            "the least probability of an entity",
            new Field.Number(0, 1),
            ExtractionOptions.DEFAULT.threshold());
    private static final Field FLAT_NER = Field.optional(
            "flat_ner",
            "whether entities may not lie inside one another",
            new Field.Flag(),
            ExtractionOptions.DEFAULT.flatNer());
    private static final Field MULTI_LABEL = Field.optional(
            "multi_label",
            "whether a part of a text may have several labels",
            new Field.Flag(),
            ExtractionOptions.DEFAULT.multiLabel());

    EntityExtraction() {}

    @Override
    public String name() {
        return "extract";
    }

    @Override
    public String description() {
        return "Entities of any kind that is named, by a GLiNER model. Long texts are read in windows";
    }

    @Override
    public List<Field> inputs() {
        return List.of(TEXT);
    }

    @Override
    public List<Field> options() {
        return List.of(LABELS, THRESHOLD, FLAT_NER, MULTI_LABEL, OFFSETS);
    }

    @Override
    public Column.Type answer() {
        return new Column.ListOf(new Column.ObjectOf(
                Column.whole("start"),
                Column.whole("end"),
                Column.text("text"),
                Column.text("label"),
                Column.score("score")));
    }

    @Override
    public boolean suits(ModelFacts model) {
        return model.isGliner();
    }

    @Override
    public EntityExtractor load(Path model, PipelineOptions options) {
        return EntityExtractor.load(model, options);
    }

    @Override
    public List<Object> answer(
            EntityExtractor extractor, List<Fields> rows, Fields options, AnswerForm form, ProgressListener progress) {
        ExtractionOptions asked = new ExtractionOptions(
                options.number(THRESHOLD.name()), options.flag(FLAT_NER.name()), options.flag(MULTI_LABEL.name()));
        List<String> texts = texts(rows);
        List<List<Entity>> all = extractor.extract(texts, options.texts(LABELS.name()), asked, progress);
        List<Object> answers = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            answers.add(json(texts.get(i), all.get(i), form.with(options)));
        }
        return answers;
    }

    /** Entities with the properties that GLiNER's own code gives them. */
    public static List<SequencedMap<String, Object>> json(String text, List<Entity> entities, AnswerForm form) {
        AnswerForm.Places places = form.new Places(text);
        List<SequencedMap<String, Object>> json = new ArrayList<>();
        for (Entity entity : entities) {
            json.add(AnswerForm.object(
                    "start",
                    places.of(entity.start()),
                    "end",
                    places.of(entity.end()),
                    "text",
                    entity.word(),
                    "label",
                    entity.entity(),
                    "score",
                    form.score().apply(entity.score())));
        }
        return json;
    }
}
