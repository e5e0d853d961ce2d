package detangle.server;

import detangle.pipelines.DynamicBatching;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;

/**
 * Counts requests and batches for Prometheus; the names are those of text-embeddings-inference where it has them. The
 * label {@code model} of a metric has the name of its model.
 */
final class Metrics implements AutoCloseable {
    private static final String MODEL = "model";

    /** The bounds of histograms of durations. */
    private static final Duration[] DURATIONS = LongStream.of(
                    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000)
            .mapToObj(Duration::ofMillis)
            .toArray(Duration[]::new);

    /** The bounds of histograms of texts and tokens in a batch: powers of two. */
    private static final double[] SIZES =
            DoubleStream.iterate(1, size -> size <= 32_768, size -> 2 * size).toArray();

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics collections = new JvmGcMetrics();

    Metrics() {
        collections.bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
    }

    /** Counts the batches of a model. */
    Consumer<DynamicBatching.Report> batches(String model) {
        AtomicInteger waiting = new AtomicInteger();
        Gauge.builder("te_queue_size", waiting, AtomicInteger::get)
                .description("Texts that waited when the last batch was taken")
                .tag(MODEL, model)
                .register(registry);
        DistributionSummary size = summary("te_batch_next_size", "Texts of a batch", model);
        DistributionSummary tokens = summary("te_batch_next_tokens", "Tokens of a batch", model);
        Timer inference = timer("te_batch_inference_duration", "How long the model computes a batch", MODEL, model);
        return report -> {
            waiting.set(report.waiting());
            size.record(report.sequences());
            tokens.record(report.tokens());
            inference.record(report.time());
        };
    }

    private DistributionSummary summary(String name, String description, String model) {
        return DistributionSummary.builder(name)
                .description(description)
                .tag(MODEL, model)
                .serviceLevelObjectives(SIZES)
                .register(registry);
    }

    private Timer timer(String name, String description, String... tags) {
        return Timer.builder(name)
                .description(description)
                .tags(tags)
                .serviceLevelObjectives(DURATIONS)
                .register(registry);
    }

    /**
     * Counts a request that has been answered, with its duration.
     *
     * @param model the name of the model that answered; empty if the request asked none
     */
    void request(String route, String model, int status, Duration time) {
        Counter.builder("te_request_count")
                .description("Requests that have been answered")
                .tag("method", route)
                .tag(MODEL, model)
                .tag("status", Integer.toString(status))
                .register(registry)
                .increment();
        timer("te_request_duration", "From a request's head to its answer", "method", route, MODEL, model)
                .record(time);
    }

    String text() {
        return registry.scrape();
    }

    @Override
    public void close() {
        collections.close();
        registry.close();
    }
}
