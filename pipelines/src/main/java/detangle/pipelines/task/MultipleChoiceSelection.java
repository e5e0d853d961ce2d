package detangle.pipelines.task;

import detangle.models.deberta.Architecture;
import detangle.models.text.Truncation;
import detangle.pipelines.Choice;
import detangle.pipelines.MultipleChoice;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import java.nio.file.Path;
import java.util.List;
import java.util.SequencedMap;

/** Chooses which of several texts continues a prompt: {@code multiple-choice}. */
public final class MultipleChoiceSelection extends TextTask<MultipleChoice> {
    private static final Field PROMPT =
            Field.required("prompt", "what the choices continue or answer", new Field.Text());
    private static final Field CHOICES = Field.required("choices", "the texts to choose from", new Field.Texts());

    MultipleChoiceSelection() {}

    @Override
    public String name() {
        return "multiple-choice";
    }

    @Override
    public String description() {
        return "Which of several texts goes with a prompt, the likeliest first";
    }

    @Override
    public List<Field> inputs() {
        return List.of(PROMPT, CHOICES);
    }

    @Override
    public List<Field> options() {
        return List.of(TRUNCATE, TRUNCATION_DIRECTION);
    }

    @Override
    public Column.Type answer() {
        return new Column.ListOf(
                new Column.ObjectOf(Column.whole("index"), Column.score("score"), Column.text("choice")));
    }

    @Override
    public boolean suits(ModelFacts model) {
        return model.head() == Architecture.MULTIPLE_CHOICE;
    }

    @Override
    public MultipleChoice load(Path model, PipelineOptions options) {
        return MultipleChoice.load(model, options);
    }

    @Override
    public MultipleChoice withTruncation(MultipleChoice chooser, Truncation.Side side) {
        return chooser.withTruncation(side);
    }

    @Override
    public int texts(MultipleChoice chooser, Fields row, Fields options) {
        return Math.max(1, row.texts(CHOICES.name()).size());
    }

    @Override
    public List<Object> answer(
            MultipleChoice chooser, List<Fields> rows, Fields options, AnswerForm form, ProgressListener progress) {
        List<String> prompts = rows.stream().map(row -> row.text(PROMPT.name())).toList();
        List<List<String>> choices =
                rows.stream().map(row -> row.texts(CHOICES.name())).toList();
        return chooser.choose(prompts, choices, progress).stream()
                .<Object>map(ranked -> json(ranked, form))
                .toList();
    }

    /** Returns the choices, the most probable first. */
    public static List<SequencedMap<String, Object>> json(List<Choice> choices, AnswerForm form) {
        return choices.stream()
                .map(choice -> AnswerForm.object(
                        "index",
                        choice.index(),
                        "score",
                        form.score().apply(choice.score()),
                        "choice",
                        choice.choice()))
                .toList();
    }
}
