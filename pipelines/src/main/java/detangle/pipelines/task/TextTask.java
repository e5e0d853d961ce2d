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
 * @param <P> the type of the pipeline that does it
 */
public abstract class TextTask<P extends Pipeline> {
    /** The field of a row's one text. */
    static final Field TEXT = Field.required("text", "the text", new Field.Text());

    /** The field of tasks that can cut texts. The caller decides the default. */
    static final Field TRUNCATE =
            Field.optional("truncate", "whether texts that are longer than the model takes are cut", new Field.Flag());

    /** The field that says which end of texts is cut off. */
    static final Field TRUNCATION_DIRECTION = Field.optional(
            "truncation_direction",
            "which end is cut off; the right one by default",
            Field.Word.of(Truncation.Side.class));

    /** The same field of tasks that can cut off only the end; another value is refused when the request is read. */
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

    /** Returns HuggingFace's name of the task: {@code token-classification}. */
    public abstract String name();

    /** Returns a sentence without a full stop that says what the task does. */
    public abstract String description();

    /** Returns the inputs of a row. A row with one required text may be given as that text alone. */
    public abstract List<Field> inputs();

    /** Returns the options of a request, which hold for all of its rows. */
    public abstract List<Field> options();

    /** Returns the type of the answer to a row. */
    public abstract Column.Type answer();

    /** Returns the other types of the answer to a row, which options can ask for; empty if there is only one type. */
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

    /** Returns whether this is the task of a model if the user does not name one. */
    public abstract boolean suits(ModelFacts model);

    /** Loads a model for this task. */
    public abstract P load(Path model, PipelineOptions options);

    /**
     * Returns the same pipeline, which cuts off an end of texts. A pipeline that reads long texts in windows, or never
     * cuts, is returned itself.
     *
     * @throws PipelineException if the model's texts cannot be cut at that end
     */
    public P withTruncation(P pipeline, Truncation.Side side) {
        return pipeline;
    }

    /** Returns the other tasks that a pipeline's model does as well, by pipelines that are closed with it. */
    public List<Loaded<?>> beside(P pipeline) {
        return List.of();
    }

    /** Returns the number of texts that a row counts as: as many as the model reads for it, and at least one. */
    public int texts(P pipeline, Fields row, Fields options) {
        return 1;
    }

    /** Returns words about a loaded model beside its task and length, such as {@code 77 labels}; may be empty. */
    public String facts(P pipeline) {
        return "";
    }

    /**
     * Returns the answer to each row, as plain values.
     *
     * @param pipeline cuts texts or not, whatever {@code truncate} among the options is
     * @param rows the rows, read with {@link #inputs}
     * @param options the options, read with {@link #options}
     * @throws PipelineException if a row cannot be answered
     */
    public abstract List<Object> answer(
            P pipeline, List<Fields> rows, Fields options, AnswerForm form, ProgressListener progress);

    /** Returns which end of texts is cut off, by the options of a request. */
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

    /** Returns the description of the task as plain values, for clients of a server. */
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

        /** Returns the same task with a pipeline that cuts off an end of texts; see {@link TextTask#withTruncation}. */
        public Loaded<P> withTruncation(Truncation.Side side) {
            return new Loaded<>(task, task.withTruncation(pipeline, side));
        }

        /** Returns all tasks of the model, this one first. */
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
