package detangle.server;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.pipelines.Classification;
import detangle.pipelines.DynamicBatching;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.FunctionToApply;
import detangle.pipelines.Pipeline;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.Pooling;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.TextPair;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** A model that is served: a classifier, which ranks too if it has one label, or an encoder, which makes vectors. */
final class ServedModel implements AutoCloseable {
    /** What a model does, in the words of text-embeddings-inference. */
    enum Task {
        CLASSIFIER,
        RERANKER,
        EMBEDDING
    }

    private final String name;
    private final DebertaConfig config;
    private final Tokenizer tokenizer;
    private final Pipeline pipeline;
    private final Pipeline cutting;
    private final Task task;

    private ServedModel(
            String name, DebertaConfig config, Tokenizer tokenizer, Pipeline pipeline, Pipeline cutting, Task task) {
        this.name = name;
        this.config = config;
        this.tokenizer = tokenizer;
        this.pipeline = pipeline;
        this.cutting = cutting;
        this.task = task;
    }

    static ServedModel load(String name, Path model, ServerOptions options, Consumer<DynamicBatching.Report> listener) {
        DebertaConfig config = DebertaConfig.read(model);
        PipelineOptions pipelines = PipelineOptions.DEFAULT
                .withBackend(options.backend())
                .withTruncation(options.autoTruncate())
                .withDynamicBatching(new DynamicBatching(
                        options.maxBatchTokens(), options.maxConcurrentRequests(), options.deadline(), listener));
        boolean classifies = config.architecture() == Architecture.SEQUENCE_CLASSIFICATION;
        Pipeline loaded = classifies
                ? TextClassifier.load(model, pipelines, FunctionToApply.NONE)
                : FeatureExtractor.load(model, pipelines);
        Task task = !classifies ? Task.EMBEDDING : config.numLabels() == 1 ? Task.RERANKER : Task.CLASSIFIER;
        return new ServedModel(name, config, Tokenizers.load(model), loaded, cutting(loaded), task);
    }

    private static Pipeline cutting(Pipeline pipeline) {
        return switch (pipeline) {
            case TextClassifier classifier -> classifier.withTruncation();
            case FeatureExtractor extractor -> extractor.withTruncation();
            default -> throw new IllegalStateException("no served pipeline: " + pipeline);
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

    /** Classifies texts and pairs; all labels, the best first. */
    List<List<Classification>> predict(List<Text> texts, boolean raw, boolean truncate) {
        if (task == Task.EMBEDDING) {
            throw ApiException.backend(name + " is no classifier: its head is "
                    + config.architecture().text());
        }
        TextClassifier classifier = (TextClassifier) (truncate ? cutting : pipeline);
        List<List<Classification>> logits = logits(classifier, texts);
        FunctionToApply function = raw ? FunctionToApply.NONE : FunctionToApply.of(config);
        return logits.stream().map(labels -> scored(labels, function)).toList();
    }

    private static List<List<Classification>> logits(TextClassifier classifier, List<Text> texts) {
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
                            done -> {})
                    : classifier.classify(
                            places.stream().map(i -> texts.get(i).text()).toList(), done -> {});
            for (int i = 0; i < places.size(); i++) {
                all.set(places.get(i), some.get(i));
            }
        }
        return all;
    }

    private static List<Classification> scored(List<Classification> logits, FunctionToApply function) {
        double[] scores = function.apply(
                logits.stream().mapToDouble(Classification::score).toArray());
        List<Classification> labels = new ArrayList<>();
        for (int i = 0; i < scores.length; i++) {
            labels.add(new Classification(logits.get(i).label(), scores[i]));
        }
        labels.sort(Comparator.comparingDouble(Classification::score).reversed());
        return labels;
    }

    /** A score for each text, in their order. */
    double[] rank(String query, List<String> texts, boolean raw, boolean truncate) {
        if (task != Task.RERANKER) {
            throw ApiException.backend(name + " is no reranker, which has one label: it has " + config.numLabels());
        }
        TextClassifier classifier = (TextClassifier) (truncate ? cutting : pipeline);
        FunctionToApply function = raw ? FunctionToApply.NONE : FunctionToApply.SIGMOID;
        return classifier
                .classifyPairs(
                        texts.stream().map(text -> new TextPair(query, text)).toList(), done -> {})
                .stream()
                .mapToDouble(labels -> function.apply(labels.getFirst().score())[0])
                .toArray();
    }

    /** The vector of each text. */
    List<float[]> embed(List<String> texts, boolean normalize, boolean truncate) {
        if (!((truncate ? cutting : pipeline) instanceof FeatureExtractor extractor)) {
            throw ApiException.backend(name + " makes no vectors: its head is "
                    + config.architecture().text());
        }
        return extractor.encode(texts, Pooling.MEAN, normalize, done -> {});
    }

    /** A text, or a pair of them. */
    record Text(String text, Optional<String> pair) {}

    @Override
    public void close() {
        pipeline.close();
    }
}
