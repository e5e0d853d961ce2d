package detangle.pipelines.task;

import detangle.models.text.Truncation;
import detangle.pipelines.Pipeline;
import detangle.pipelines.PipelineException;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * The description of a task. A request has rows, each of which has {@link #inputs}, and {@link #options}, which hold
 * for all of its rows; each row has an answer. Names and values are those of HuggingFace's pipelines where it has the
 * task.
 *
 * @param <P> what does it
 */
public abstract class TextTask<P extends Pipeline> {
    /** The field of a row's one text. */
    static final Field TEXT = Field.required("text", "the text", new Field.Text());

    /** The field of tasks that can cut texts. The caller decides what holds where it is left out. */
    static final Field TRUNCATE =
            Field.optional("truncate", "whether texts that are longer than the model takes are cut", new Field.Flag());

    /** Which end is cut off. */
    static final Field TRUNCATION_DIRECTION = Field.optional(
            "truncation_direction",
            "which end is cut off; the right one by default",
            Field.Word.of(Truncation.Side.class));

    /** The field of tasks that cut off the end alone; a request for the other one is refused where it is read. */
    static final Field TRUNCATED_AT_THE_END = Field.optional(
            TRUNCATION_DIRECTION.name(),
            "which end is cut off, and texts are cut at their end",
            new Field.Word(List.of("right")));

    /** The field of tasks whose answers have places in texts. */
    static final Field OFFSETS = Field.optional(
            "offsets",
            "what start and end count: code points as in Python, or units of UTF-16 as in Java and JavaScript",
            Field.Word.of(AnswerForm.Offsets.class),
            "code_points");

    TextTask() {}

    /** HuggingFace's name of the task: {@code token-classification}. */
    public abstract String name();

    /** Returns a sentence without its end that says what it does. */
    public abstract String description();

    /** Returns what each row has. A row of one required text may be given as that text alone. */
    public abstract List<Field> inputs();

    /** Returns what a request may say of all of its rows. */
    public abstract List<Field> options();

    /** Returns what the answer to a row is. */
    public abstract Column.Type answer();

    /**
     * Returns what the answer to a row is otherwise, where options ask for more; nothing if it always is of one form.
     */
    public List<Column.Type> otherAnswers() {
        return List.of();
    }

    /** Returns whether texts that are too long are cut or refused; they are read in windows otherwise. */
    public final boolean cuts() {
        return options().contains(TRUNCATE);
    }

    /**
     * Returns whether the answer to a request of one row is a list of one answer, as HuggingFace's inference API has it
     * for some tasks.
     */
    public boolean answersInLists() {
        return false;
    }

    /** Returns whether a model is one for this task, where nobody says what it is for. */
    public abstract boolean suits(ModelFacts model);

    /** Loads a model for this task. */
    public abstract P load(Path model, PipelineOptions options);

    /**
     * Returns the same pipeline, which cuts off an end of texts; the pipeline itself where it reads long texts in
     * windows, or cuts nothing.
     *
     * @throws PipelineException if the model's texts cannot be cut at that end
     */
    public P withTruncation(P pipeline, Truncation.Side side) {
        return pipeline;
    }

    /** Other tasks that a pipeline's model does as well, by pipelines that are closed with it. */
    public List<Loaded<?>> beside(P pipeline) {
        return List.of();
    }

    /** Returns how many texts a row counts as: as many as the model reads for it, and one at least. */
    public int texts(P pipeline, Fields row, Fields options) {
        return 1;
    }

    /**
     * Returns what is said of a model when it is loaded, beside its task and its length: {@code 77 labels}; empty if
     * nothing.
     */
    public String facts(P pipeline) {
        return "";
    }

    /**
     * Returns the answer to each row, as plain values.
     *
     * @param pipeline cuts texts or not, whatever {@code truncate} among the options is
     * @param rows read with {@link #inputs}
     * @param options read with {@link #options}
     * @throws PipelineException if a row cannot be answered
     */
    public abstract List<Object> answer(
            P pipeline, List<Fields> rows, Fields options, AnswerForm form, ProgressListener progress);

    /** Which end of texts is cut off, by what a request says. */
    public static Truncation.Side side(Fields options) {
        return options.optionalText(TRUNCATION_DIRECTION.name())
                .map(name -> Truncation.Side.valueOf(name.toUpperCase(Locale.ROOT)))
                .orElse(Truncation.Side.RIGHT);
    }

    /** Reads a row. */
    public final Fields row(Map<String, Object> given) {
        return Fields.read("an input of " + name(), inputs(), given);
    }

    /** Reads options. */
    public final Fields options(Map<String, Object> given) {
        return Fields.read(name(), options(), given);
    }

    /** Returns whether all of these are names of inputs or options. */
    public final boolean knows(Iterable<String> names) {
        for (String name : names) {
            if (!isInput(name)
                    && options().stream().noneMatch(field -> field.name().equals(name))) {
                return false;
            }
        }
        return true;
    }

    /** Returns whether an input has that name. */
    public final boolean isInput(String name) {
        return inputs().stream().anyMatch(field -> field.name().equals(name));
    }

    /** Returns the input that a row of a single text has; empty if rows have more than that. */
    public final Optional<Field> soleText() {
        List<Field> required = inputs().stream().filter(Field::required).toList();
        return required.size() == 1 && required.getFirst().type() instanceof Field.Text
                ? Optional.of(required.getFirst())
                : Optional.empty();
    }

    /** Returns the description as plain values, for those who ask a server. */
    public final SequencedMap<String, Object> described() {
        SequencedMap<String, Object> task = new LinkedHashMap<>();
        task.put("task", name());
        task.put("description", description());
        task.put("inputs", inputs().stream().map(TextTask::described).toList());
        task.put("options", options().stream().map(TextTask::described).toList());
        return task;
    }

    private static SequencedMap<String, Object> described(Field field) {
        SequencedMap<String, Object> plain =
                AnswerForm.object("name", field.name(), "description", field.description(), "type", type(field));
        switch (field.type()) {
            case Field.Whole(int minimum) -> plain.put("minimum", minimum);
            case Field.Number(double minimum, double maximum) -> {
                plain.put("minimum", minimum);
                plain.put("maximum", maximum);
            }
            case Field.Word(List<String> words) -> plain.put("values", words);
            case Field.Text text -> {}
            case Field.Texts texts -> {}
            case Field.Groups groups -> {}
            case Field.Flag flag -> {}
            case Field.Objects(List<Field> fields) ->
                plain.put("fields", fields.stream().map(TextTask::described).toList());
            case Field.Json json -> {}
        }
        plain.put("required", field.required());
        field.standard().ifPresent(standard -> plain.put("default", standard));
        return plain;
    }

    private static String type(Field field) {
        return switch (field.type()) {
            case Field.Text text -> "text";
            case Field.Texts texts -> "texts";
            case Field.Groups groups -> "texts";
            case Field.Whole whole -> "integer";
            case Field.Number number -> "number";
            case Field.Flag flag -> "boolean";
            case Field.Word word -> "word";
            case Field.Objects objects -> "objects";
            case Field.Json json -> "json";
        };
    }

    /** Returns the texts of rows that have one. */
    static List<String> texts(List<Fields> rows) {
        return rows.stream().map(row -> row.text(TEXT.name())).toList();
    }

    /**
     * A task with a pipeline that does it.
     *
     * @param <P> the pipeline's type
     */
    public record Loaded<P extends Pipeline>(TextTask<P> task, P pipeline) {
        /** Loads a model for a task. */
        public static <P extends Pipeline> Loaded<P> load(TextTask<P> task, Path model, PipelineOptions options) {
            return new Loaded<>(task, task.load(model, options));
        }

        /** Returns the same, which cuts off an end of texts; see {@link TextTask#withTruncation}. */
        public Loaded<P> withTruncation(Truncation.Side side) {
            return new Loaded<>(task, task.withTruncation(pipeline, side));
        }

        /** Returns all that the model does: this first. */
        public List<Loaded<?>> withThoseBeside() {
            List<Loaded<?>> all = new ArrayList<>();
            all.add(this);
            all.addAll(task.beside(pipeline));
            return List.copyOf(all);
        }

        /** Answers as {@link TextTask#answer} does. */
        public List<Object> answer(List<Fields> rows, Fields options, AnswerForm form, ProgressListener progress) {
            return task.answer(pipeline, rows, options, form, progress);
        }

        /** Returns what {@link TextTask#texts} returns. */
        public int texts(Fields row, Fields options) {
            return task.texts(pipeline, row, options);
        }

        /** Returns what {@link TextTask#facts} returns. */
        public String facts() {
            return task.facts(pipeline);
        }
    }
}
