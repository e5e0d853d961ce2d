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

/** A model that is served: the tasks that it does, the one that it is for before others, each with a pipeline. */
final class ServedModel implements AutoCloseable {
    /** Whoever sends texts that are cut has asked for it, and no log is filled by what others send. */
    static final ProgressListener QUIET = new ProgressListener() {
        @Override
        public void done(int done) {}

        @Override
        public void cut(RowMessage message) {}
    };

    /**
     * A task that the model does.
     *
     * @param whole refuses texts that are too long, unless the server cuts them
     */
    record Ability(TextTask.Loaded<?> whole) {
        TextTask<?> task() {
            return whole.task();
        }

        /** Returns how many texts the model reads for these rows, as far as that is a number that anybody admits. */
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

    /** A task as the server's options have it. */
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

    /** Returns what the model is for. */
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

    /** Returns what texts are cut to or read in windows of, in tokens or in words. */
    int maxLength() {
        return pipeline().maxLength();
    }

    private Pipeline pipeline() {
        return first().whole().pipeline();
    }

    /** Returns what the model is for; an {@link ApiException} once the server has stopped. */
    private Ability first() {
        return abilities.stream().findFirst().orElseThrow(ApiException::stopping);
    }

    /** Returns how vectors are made where a request does not say. */
    EmbeddingOptions embedding() {
        return embedding;
    }

    /** The model in one line: {@code banking: text-classification, 77 labels, texts of at most 512 tokens}. */
    String line() {
        String facts = first().whole().facts();
        return name + ": " + task().name() + (facts.isEmpty() ? "" : ", " + facts)
                + (task().cuts() ? ", texts of at most " : ", windows of ") + maxLength() + " "
                + pipeline().lengthUnit().text();
    }

    /** The model for those who ask what there is. */
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

    /** Returns how the model does a task; an {@link ApiException} if it does not. */
    Ability require(String task) {
        return ability(task).orElseThrow(() -> {
            if (TextTasks.named(task).isEmpty()) {
                return ApiException.notFound("there is no task " + task + "; there are " + TextTasks.names());
            }
            return ApiException.backend(name + " is not served for " + task + " but for " + task().name()
                    + ": serve it with --task " + task + ", or ask a model that is served for it");
        });
    }

    /** The first of the model's tasks that has all of these inputs and options. */
    Optional<Ability> knowing(Iterable<String> names) {
        return abilities.stream().filter(ability -> ability.task().knows(names)).findFirst();
    }

    /**
     * The first of the model's tasks that has all of these inputs and options, or else the first that has the most of
     * them; an {@link ApiException} if another one has the rest.
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

    /** The message with the model's name in the place of its path, of which no client is told. */
    String withoutPath(String message) {
        return path.getNameCount() > 1 ? message.replace(path.toString(), name) : message;
    }

    /**
     * The pipeline of a task.
     *
     * @param options say whether it is to cut texts, and at which end; as the server does if they do not
     */
    <P extends Pipeline> P require(String task, Class<P> pipeline, Fields options) {
        return pipeline.cast(as(require(task), options).pipeline());
    }

    /** The pipeline of a task, which cuts texts where the server does. */
    <P extends Pipeline> P require(String task, Class<P> pipeline) {
        return pipeline.cast(require(task).whole().pipeline());
    }

    private TextTask.Loaded<?> as(Ability ability, Fields options) {
        return options.optionalFlag("truncate").orElse(autoTruncate)
                ? ability.whole().withTruncation(TextTask.side(options))
                : ability.whole();
    }

    /** The answer to each row. */
    List<Object> answer(Ability ability, List<Fields> rows, Fields options) {
        return as(ability, options).answer(rows, options, AnswerForm.SINGLE, QUIET);
    }

    /**
     * Frees the model, and lets go of it: Helidon 4.5.0 keeps a server that has stopped, and all that its routes reach,
     * in a timer that it never cancels (its issue 11939).
     */
    @Override
    public void close() {
        abilities.stream()
                .findFirst()
                .ifPresent(ability -> ability.whole().pipeline().close());
        abilities = List.of();
    }
}
