package detangle.pipelines.task;

import detangle.models.deberta.HeadException;
import detangle.pipelines.PipelineException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** All tasks. */
public final class TextTasks {
    /**
     * All tasks, in the order in which {@link #of} asks whether a model suits them. Tasks that recognise a model by
     * special files come first.
     */
    private static final List<TextTask<?>> ALL = List.of(
            new EntityExtraction(),
            new SchemaExtraction(),
            new ZeroShotClassification(),
            new SentenceEmbedding(),
            new TextRanking(),
            new TextClassification(),
            new TokenClassification(),
            new QuestionAnswering(),
            new MultipleChoiceSelection(),
            new FillMask(),
            new ReplacedTokenDetection(),
            new SentenceSimilarity(),
            new BertScoring(),
            new TextRedaction());

    private TextTasks() {}

    /** Returns every task. */
    public static List<TextTask<?>> all() {
        return ALL;
    }

    /** Returns the task with that name. */
    public static Optional<TextTask<?>> named(String name) {
        return ALL.stream().filter(task -> task.name().equals(name)).findFirst();
    }

    /** Returns the names of all tasks: {@code extract, feature-extraction, ...}. */
    public static String names() {
        return ALL.stream().map(TextTask::name).collect(Collectors.joining(", "));
    }

    /**
     * Returns the task of a model, by its files.
     *
     * @param model a folder or an artifact
     * @throws PipelineException if the files fit several tasks, or none
     */
    public static TextTask<?> of(Path model) {
        ModelFacts facts = new ModelFacts(model);
        try {
            return ALL.stream()
                    .filter(task -> task.suits(facts))
                    .findFirst()
                    .orElseThrow(() -> new PipelineException(
                            model + " is not for any task that is known: say which one is meant, of " + names()));
        } catch (HeadException e) {
            throw new PipelineException(
                    model
                            + " has the heads of several tasks, and config.json does not say in architectures which"
                            + " one is meant: say the task, of " + names(),
                    e);
        }
    }
}
