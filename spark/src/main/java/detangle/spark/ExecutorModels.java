package detangle.spark;

import detangle.hub.Hub;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.TextClassifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.SparkFiles;

/** The models of this process: each is loaded once, whatever partitions come by, and stays until the process ends. */
final class ExecutorModels {
    private static final Map<String, TextClassifier> CLASSIFIERS = new ConcurrentHashMap<>();
    private static final Map<String, FeatureExtractor> EXTRACTORS = new ConcurrentHashMap<>();
    private static final AtomicInteger LOADED = new AtomicInteger();

    private ExecutorModels() {}

    static TextClassifier classifier(String model, PipelineOptions options) {
        return CLASSIFIERS.computeIfAbsent(model + options, key -> {
            LOADED.incrementAndGet();
            return TextClassifier.load(path(model), options);
        });
    }

    static FeatureExtractor extractor(String model, PipelineOptions options) {
        return EXTRACTORS.computeIfAbsent(model + options, key -> {
            LOADED.incrementAndGet();
            return FeatureExtractor.load(path(model), options);
        });
    }

    /** Returns how many models this process has loaded. */
    static int loaded() {
        return LOADED.get();
    }

    /** A path that each machine has, or a file or folder that was added to the job, or a model on the hub. */
    static Path path(String model) {
        Path path = Path.of(model);
        if (Files.exists(path)) {
            return path;
        }
        Path added = Path.of(SparkFiles.get(path.getFileName().toString()));
        return Files.exists(added) ? added : Hub.model(model);
    }
}
