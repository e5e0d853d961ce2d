package detangle.server;

import detangle.models.text.Tokenizer;
import detangle.pipelines.DynamicBatching;
import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.Pipeline;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.task.AnswerForm;
import detangle.pipelines.task.BertScoring;
import detangle.pipelines.task.Fields;
import detangle.pipelines.task.SentenceEmbedding;
import detangle.pipelines.task.SentenceSimilarity;
import detangle.pipelines.task.TextTask;
import detangle.pipelines.task.TextTasks;
import detangle.runtime.OptionValues;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Consumer;

/**
 * A model of the server with its tasks and a pipeline for each. The first task is the one that the model was made for.
 */
final class ServedModel implements AutoCloseable {
    /**
     * Logs nothing about texts that are cut: the client or the server's options have asked for it, and requests must
     * not fill the log.
     */
    static final ProgressListener QUIET = new ProgressListener() {
        @Override
        public void done(int done) {}

        @Override
        public void cut(RowMessage message) {}
    };

    /**
     * A task that the model does.
     *
     * @param whole the task with its pipeline, which refuses texts that are too long unless the server cuts them
     */
    record Ability(TextTask.Loaded<?> whole) {
        TextTask<?> task() {
            return whole.task();
        }

        /**
         * Returns the number of texts that the model reads for these rows. The number may be cut off above every limit
         * of a server.
         */
        int texts(List<Fields> rows, Fields options) {
            long texts =
                    rows.stream().mapToLong(row -> whole.texts(row, options)).sum();
            return (int) Math.min(texts, Integer.MAX_VALUE);
        }
    }

    private final String name;
    private final Path path;
    private volatile List<Ability> abilities;
    private final EmbeddingOptions embedding;
    private final boolean autoTruncate;

    private ServedModel(
            String name, Path path, List<Ability> abilities, EmbeddingOptions embedding, boolean autoTruncate) {
        this.name = name;
        this.path = path;
        this.abilities = abilities;
        this.embedding = embedding;
        this.autoTruncate = autoTruncate;
    }

    static ServedModel load(String name, Path model, ServerOptions options, Consumer<DynamicBatching.Report> listener) {
        PipelineOptions placed =
                OptionValues.with(PipelineOptions.DEFAULT, options.backend(), PipelineOptions::withBackend);
        PipelineOptions typed = OptionValues.with(placed, options.weightType(), PipelineOptions::withWeightType);
        PipelineOptions pipelines = OptionValues.with(typed, options.maxLength(), PipelineOptions::withMaxLength)
                .withPrecision(options.precision())
                .withTruncation(options.autoTruncate())
                .withIgnoreUnused(options.ignoreUnused())
                .withDynamicBatching(new DynamicBatching(
                        options.maxBatchTokens(), options.maxConcurrentRequests(), options.deadline(), listener));
        TextTask<?> task = configured(options.task().orElseGet(() -> TextTasks.of(model)), options);
        TextTask.Loaded<?> loaded = TextTask.Loaded.load(task, model, pipelines);
        try {
            List<Ability> abilities =
                    loaded.withThoseBeside().stream().map(Ability::new).toList();
            return new ServedModel(name, model, abilities, options.embedding(), options.autoTruncate());
        } catch (RuntimeException | Error e) {
            loaded.pipeline().close();
            throw e;
        }
    }

    /** Returns the task with the server's options. */
    private static TextTask<?> configured(TextTask<?> task, ServerOptions options) {
        return switch (task) {
            case SentenceEmbedding plain -> new SentenceEmbedding(options.embedding());
            case SentenceSimilarity plain -> new SentenceSimilarity(options.embedding());
            case BertScoring plain -> new BertScoring(options.scoring());
            default -> task;
        };
    }

    String name() {
        return name;
    }

    /** Returns the model's first task. */
    TextTask<?> task() {
        return first().task();
    }

    List<Ability> abilities() {
        first();
        return abilities;
    }

    Tokenizer tokenizer() {
        return pipeline().tokenizer();
    }

    /** Returns the length to which texts are cut, or the length of their windows, in tokens or in words. */
    int maxLength() {
        return pipeline().maxLength();
    }

    private Pipeline pipeline() {
        return first().whole().pipeline();
    }

    /**
     * Returns the model's first task.
     *
     * @throws ApiException if the server has stopped
     */
    private Ability first() {
        return abilities.stream().findFirst().orElseThrow(ApiException::stopping);
    }

    /** Returns the options of vectors for requests that do not state them. */
    EmbeddingOptions embedding() {
        return embedding;
    }

    /** Returns the model in one line: {@code banking: text-classification, 77 labels, texts of at most 512 tokens}. */
    String line() {
        String facts = first().whole().facts();
        return name + ": " + task().name() + (facts.isEmpty() ? "" : ", " + facts)
                + (task().cuts() ? ", texts of at most " : ", windows of ") + maxLength() + " "
                + pipeline().lengthUnit().text();
    }

    /** Returns the description of the model for {@code GET /models}. */
    SequencedMap<String, Object> described() {
        SequencedMap<String, Object> model = Json.of("name", name, "task", task().name());
        String facts = first().whole().facts();
        if (!facts.isEmpty()) {
            model.put("facts", facts);
        }
        model.put("max_input_length", maxLength());
        model.put("max_input_unit", pipeline().lengthUnit().text());
        model.put(
                "tasks",
                abilities.stream().map(ability -> ability.task().described()).toList());
        return model;
    }

    /** Returns whether the model does a task. */
    boolean does(String task) {
        return ability(task).isPresent();
    }

    private Optional<Ability> ability(String task) {
        return abilities.stream().filter(a -> a.task().name().equals(task)).findFirst();
    }

    /**
     * Returns the task of that name with its pipeline.
     *
     * @throws ApiException if the model does not do the task
     */
    Ability require(String task) {
        return ability(task).orElseThrow(() -> {
            if (TextTasks.named(task).isEmpty()) {
                return ApiException.notFound("there is no task " + task + "; there are " + TextTasks.names());
            }
            return ApiException.backend(name + " is not served for " + task + " but for " + task().name()
                    + ": serve it with --task " + task + ", or ask a model that is served for it");
        });
    }

    /** Returns the first of the model's tasks that has all of these inputs and options. */
    Optional<Ability> knowing(Iterable<String> names) {
        return abilities.stream().filter(ability -> ability.task().knows(names)).findFirst();
    }

    /**
     * Returns the first of the model's tasks that has all of these inputs and options, or else the first that has the
     * most of them.
     *
     * @throws ApiException if another task has the rest of them
     */
    Ability meant(Collection<String> names) {
        Ability closest = Collections.max(abilities(), Comparator.comparingLong(ability -> known(ability, names)));
        for (String field : names) {
            Optional<Ability> other = knowing(List.of(field)).filter(ability -> !ability.equals(closest));
            if (other.isPresent() && !closest.task().knows(List.of(field))) {
                throw ApiException.validation("'" + field + "' is a field of "
                        + other.get().task().name() + ", and the request has fields of "
                        + closest.task().name() + " too: leave out those of one");
            }
        }
        return closest;
    }

    private static long known(Ability ability, Collection<String> names) {
        return names.stream()
                .filter(name -> ability.task().knows(List.of(name)))
                .count();
    }

    /**
     * Returns the message with the model's name in the place of its path, because clients must not see paths of the
     * server.
     */
    String withoutPath(String message) {
        return path.getNameCount() > 1 ? message.replace(path.toString(), name) : message;
    }

    /**
     * Returns the pipeline of a task.
     *
     * @param options say whether the pipeline cuts texts, and at which end; otherwise the server's options decide
     */
    <P extends Pipeline> P require(String task, Class<P> pipeline, Fields options) {
        return pipeline.cast(as(require(task), options).pipeline());
    }

    /** Returns the pipeline of a task, which cuts texts if the server's options say so. */
    <P extends Pipeline> P require(String task, Class<P> pipeline) {
        return pipeline.cast(require(task).whole().pipeline());
    }

    private TextTask.Loaded<?> as(Ability ability, Fields options) {
        return options.optionalFlag("truncate").orElse(autoTruncate)
                ? ability.whole().withTruncation(TextTask.side(options))
                : ability.whole();
    }

    /** Returns the answer to each row. */
    List<Object> answer(Ability ability, List<Fields> rows, Fields options) {
        return as(ability, options).answer(rows, options, AnswerForm.SINGLE, QUIET);
    }

    /**
     * Frees the model and drops the references to it. Helidon 4.5.0 keeps a stopped server, and everything that its
     * routes reach, in a timer that it never cancels (its issue 11939).
     */
    @Override
    public void close() {
        abilities.stream()
                .findFirst()
                .ifPresent(ability -> ability.whole().pipeline().close());
        abilities = List.of();
    }
}
