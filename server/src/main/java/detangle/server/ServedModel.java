package detangle.server;

import detangle.ir.InternalException;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.CheckpointHeads;
import detangle.models.deberta.DebertaConfig;
import detangle.models.sentence.SentenceModules;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.pipelines.Classification;
import detangle.pipelines.DynamicBatching;
import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.FunctionToApply;
import detangle.pipelines.Pipeline;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.Pooling;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.RankedDocument;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.TextPair;
import detangle.pipelines.TextRanker;
import detangle.runtime.OptionValues;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** A model that is served: a classifier, which ranks too if it has one label, or an encoder, which makes vectors. */
final class ServedModel implements AutoCloseable {
    /** What a model does, in the words of text-embeddings-inference. */
    enum Task {
        CLASSIFIER,
        RERANKER,
        EMBEDDING
    }

    /** Whoever sends texts that are cut has asked for it, and no log is filled by what others send. */
    private static final ProgressListener QUIET = new ProgressListener() {
        @Override
        public void done(int done) {}

        @Override
        public void cut(RowMessage message) {}
    };

    private final String name;
    private final DebertaConfig config;
    private final Tokenizer tokenizer;
    private final Pipeline pipeline;
    private final Pipeline cutting;
    private final Optional<TextRanker> ranker;
    private final EmbeddingOptions embedding;
    private final Task task;

    private ServedModel(
            String name,
            DebertaConfig config,
            Tokenizer tokenizer,
            Pipeline pipeline,
            Pipeline cutting,
            Optional<TextRanker> ranker,
            EmbeddingOptions embedding,
            Task task) {
        this.name = name;
        this.config = config;
        this.tokenizer = tokenizer;
        this.pipeline = pipeline;
        this.cutting = cutting;
        this.ranker = ranker;
        this.embedding = embedding;
        this.task = task;
    }

    static ServedModel load(String name, Path model, ServerOptions options, Consumer<DynamicBatching.Report> listener) {
        DebertaConfig config = DebertaConfig.read(model);
        PipelineOptions placed =
                OptionValues.with(PipelineOptions.DEFAULT, options.backend(), PipelineOptions::withBackend);
        PipelineOptions typed = OptionValues.with(placed, options.weightType(), PipelineOptions::withWeightType);
        PipelineOptions pipelines = OptionValues.with(typed, options.maxLength(), PipelineOptions::withMaxLength)
                .withTruncation(options.autoTruncate())
                .withIgnoreUnused(options.ignoreUnused())
                .withDynamicBatching(new DynamicBatching(
                        options.maxBatchTokens(), options.maxConcurrentRequests(), options.deadline(), listener));
        Task task = task(name, model, config, options.task());
        Pipeline loaded = task == Task.EMBEDDING
                ? FeatureExtractor.load(model, pipelines)
                : TextClassifier.load(model, pipelines);
        try {
            if (loaded instanceof FeatureExtractor extractor) {
                // What does not go together is told before anybody asks.
                extractor.dimension(options.embedding());
                extractor.prompt(options.embedding());
            }
            Optional<TextRanker> ranker =
                    task == Task.RERANKER ? Optional.of(((TextClassifier) loaded).ranker()) : Optional.empty();
            return new ServedModel(
                    name, config, Tokenizers.load(model), loaded, cutting(loaded), ranker, options.embedding(), task);
        } catch (RuntimeException | Error e) {
            loaded.close();
            throw e;
        }
    }

    /** What is asked for; otherwise classification where config.json names it, or names nothing and the checkpoint has the head. */
    private static Task task(String name, Path model, DebertaConfig config, Optional<ServedTask> asked) {
        if (asked.isPresent()) {
            return switch (asked.get()) {
                case TEXT_CLASSIFICATION -> Task.CLASSIFIER;
                case FEATURE_EXTRACTION -> Task.EMBEDDING;
                case TEXT_RANKING -> {
                    if (config.numLabels() != 1) {
                        throw new ServerException(
                                name + " cannot do " + asked.get().text() + ", for which a model has"
                                        + " one label: it has " + config.numLabels());
                    }
                    yield Task.RERANKER;
                }
            };
        }
        // Modules behind the encoder make vectors, whatever class config.json names.
        if (SentenceModules.read(model).filter(m -> !m.behind().isEmpty()).isPresent()) {
            return Task.EMBEDDING;
        }
        boolean classifies = config.architecture()
                .map(own -> own == Architecture.SEQUENCE_CLASSIFICATION)
                .orElseGet(() -> CheckpointHeads.in(model).contains(Architecture.SEQUENCE_CLASSIFICATION));
        return !classifies ? Task.EMBEDDING : config.numLabels() == 1 ? Task.RERANKER : Task.CLASSIFIER;
    }

    private static Pipeline cutting(Pipeline pipeline) {
        return switch (pipeline) {
            case TextClassifier classifier -> classifier.withTruncation();
            case FeatureExtractor extractor -> extractor.withTruncation();
            default -> throw new InternalException("no served pipeline: " + pipeline);
        };
    }

    String name() {
        return name;
    }

    DebertaConfig config() {
        return config;
    }

    Tokenizer tokenizer() {
        return tokenizer;
    }

    Task task() {
        return task;
    }

    /** What texts and pairs are cut to, in tokens. */
    int maxLength() {
        return switch (pipeline) {
            case TextClassifier classifier -> classifier.maxLength();
            case FeatureExtractor extractor -> extractor.maxLength();
            default -> throw new InternalException("no served pipeline: " + pipeline);
        };
    }

    /** Classifies texts and pairs; all labels, the best first. */
    List<List<Classification>> predict(List<Text> texts, boolean raw, boolean truncate) {
        if (task == Task.EMBEDDING) {
            throw ApiException.backend(name + " is served for " + ServedTask.FEATURE_EXTRACTION.text()
                    + " and does not classify: serve it with --task " + ServedTask.TEXT_CLASSIFICATION.text());
        }
        TextClassifier classifier = classifier(truncate);
        return labels(raw ? classifier.withFunction(FunctionToApply.NONE) : classifier, texts);
    }

    private TextClassifier classifier(boolean truncate) {
        return (TextClassifier) (truncate ? cutting : pipeline);
    }

    private static List<List<Classification>> labels(TextClassifier classifier, List<Text> texts) {
        // A request may mix texts and pairs; each kind runs together.
        List<List<Classification>> all = new ArrayList<>(Collections.nCopies(texts.size(), null));
        for (boolean pairs : new boolean[] {false, true}) {
            List<Integer> places = new ArrayList<>();
            for (int i = 0; i < texts.size(); i++) {
                if (texts.get(i).pair().isPresent() == pairs) {
                    places.add(i);
                }
            }
            if (places.isEmpty()) {
                continue;
            }
            List<List<Classification>> some = pairs
                    ? classifier.classifyPairs(
                            places.stream()
                                    .map(i -> new TextPair(
                                            texts.get(i).text(),
                                            texts.get(i).pair().get()))
                                    .toList(),
                            QUIET)
                    : classifier.classify(
                            places.stream().map(i -> texts.get(i).text()).toList(), QUIET);
            for (int i = 0; i < places.size(); i++) {
                all.set(places.get(i), some.get(i));
            }
        }
        return all;
    }

    /** Texts by how well they answer a query, the best first. */
    List<RankedDocument> rank(String query, List<String> texts, boolean raw, boolean truncate) {
        TextRanker whole = ranker.orElseThrow(() -> ApiException.backend(name + " is not served for "
                + ServedTask.TEXT_RANKING.text() + ", which takes a model with one label"));
        return (truncate ? whole.withTruncation() : whole).rank(query, texts, raw, QUIET);
    }

    /**
     * The vector of each text.
     *
     * @param promptName the name of the prompt before each; what the server's options say if empty
     * @param dimensions how many numbers of each vector are kept; what the server's options say if empty
     */
    List<float[]> embed(
            List<String> texts,
            boolean normalize,
            boolean truncate,
            Optional<String> promptName,
            OptionalInt dimensions) {
        EmbeddingOptions cut =
                OptionValues.with(embedding.withNormalize(normalize), dimensions, EmbeddingOptions::withTruncateDim);
        EmbeddingOptions options = OptionValues.with(cut, promptName, EmbeddingOptions::withPromptName);
        return extractor(truncate ? cutting : pipeline).encode(texts, options, QUIET);
    }

    private FeatureExtractor extractor(Pipeline of) {
        if (!(of instanceof FeatureExtractor extractor)) {
            throw ApiException.backend(name + " is served for " + ServedTask.TEXT_CLASSIFICATION.text()
                    + " and makes no vectors: serve it with --task " + ServedTask.FEATURE_EXTRACTION.text());
        }
        return extractor;
    }

    /** How many components vectors have. */
    int dimension() {
        return extractor(pipeline).dimension(embedding);
    }

    /** How vectors are made of tokens, in sentence-transformers' words. */
    String pooling() {
        return extractor(pipeline).pooling(embedding).stream()
                .map(Pooling::text)
                .collect(Collectors.joining("+"));
    }

    /** A text, or a pair of them. */
    record Text(String text, Optional<String> pair) {}

    @Override
    public void close() {
        pipeline.close();
    }
}
