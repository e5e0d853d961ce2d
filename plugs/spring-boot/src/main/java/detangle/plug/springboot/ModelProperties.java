package detangle.plug.springboot;

import detangle.backend.ComputePrecision;
import detangle.hub.Hub;
import detangle.pipelines.DynamicBatching;
import detangle.pipelines.PipelineOptions;
import java.nio.file.Path;
import java.util.function.BiFunction;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * A model and how it runs.
 *
 * @param model a folder, an artifact, or a name on the hub
 * @param backend the name of a backend, such as tornado; null for the best on the CPU
 * @param precision in which the backend computes
 * @param adapter the folder of a LoRA adapter; null for none
 * @param batchSize how many texts run at once
 * @param truncation whether a text that is too long is cut; it is refused otherwise
 * @param maxLength the most tokens of an input; null for the model's own length
 * @param dynamicBatching whether texts of several threads run together
 * @param warmUp whether kernels are compiled while the model is loaded
 */
public record ModelProperties(
        String model,
        String backend,
        @DefaultValue("fp32") ComputePrecision precision,
        Path adapter,
        @DefaultValue("32") int batchSize,
        @DefaultValue("false") boolean truncation,
        Integer maxLength,
        @DefaultValue("false") boolean dynamicBatching,
        @DefaultValue("true") boolean warmUp) {
    /** Loads the model, which may download it. */
    <T> T load(BiFunction<Path, PipelineOptions, T> loader) {
        return loader.apply(Hub.model(model), options());
    }

    private PipelineOptions options() {
        PipelineOptions options = PipelineOptions.DEFAULT
                .withPrecision(precision)
                .withBatchSize(batchSize)
                .withTruncation(truncation)
                .withWarmUp(warmUp);
        if (backend != null) {
            options = options.withBackend(backend);
        }
        if (adapter != null) {
            options = options.withAdapter(adapter);
        }
        if (maxLength != null) {
            options = options.withMaxLength(maxLength);
        }
        return dynamicBatching ? options.withDynamicBatching(DynamicBatching.DEFAULT) : options;
    }
}
