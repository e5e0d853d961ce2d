package detangle.spark;

import detangle.hub.Hub;
import detangle.pipelines.Pipeline;
import detangle.pipelines.PipelineOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.apache.spark.SparkFiles;

/** The models of this process: each is loaded once, whatever partitions come by, and stays until the process ends. */
final class ExecutorModels {
    private static final Map<String, Pipeline> PIPELINES = new ConcurrentHashMap<>();
    private static final AtomicInteger LOADED = new AtomicInteger();

    private ExecutorModels() {}

    /**
     * Returns a model as a pipeline.
     *
     * @param type the pipeline
     * @param load what loads it, if it is not there yet
     */
    static <P extends Pipeline> P get(
            Class<P> type, String model, PipelineOptions options, BiFunction<Path, PipelineOptions, P> load) {
        return type.cast(PIPELINES.computeIfAbsent(type.getSimpleName() + " " + model + options, key -> {
            LOADED.incrementAndGet();
            return load.apply(path(model), options);
        }));
    }

    /** Returns how many models this process has loaded. */
    static int loaded() {
        return LOADED.get();
    }

    /** Returns how many different models this process has. */
    static int known() {
        return PIPELINES.size();
    }

    /** Returns a path that each machine has, or a file or folder that was added to the job, or a model on the hub. */
    static Path path(String model) {
        Path path = Path.of(model);
        if (Files.exists(path)) {
            return path;
        }
        Path added = Path.of(SparkFiles.get(path.getFileName().toString()));
        return Files.exists(added) ? added : Hub.model(model);
    }
}
