package detangle.server;

import detangle.pipelines.DynamicBatching;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** What is counted, for Prometheus; the names are those of text-embeddings-inference where it has them. */
final class Metrics implements AutoCloseable {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics collections = new JvmGcMetrics();
    private final AtomicInteger waiting = registry.gauge("te_queue_size", new AtomicInteger());
    private final DistributionSummary batchSize = summary("te_batch_next_size");
    private final DistributionSummary batchTokens = summary("te_batch_next_tokens");
    private final Timer inference = Timer.builder("te_batch_inference_duration")
            .publishPercentileHistogram()
            .register(registry);

    Metrics() {
        collections.bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
    }

    private DistributionSummary summary(String name) {
        return DistributionSummary.builder(name).publishPercentileHistogram().register(registry);
    }

    /** A batch has run. */
    void batch(DynamicBatching.Report report) {
        waiting.set(report.waiting());
        batchSize.record(report.sequences());
        batchTokens.record(report.tokens());
        inference.record(report.time());
    }

    /** A request has been answered. */
    void request(String route, int status, Duration time) {
        Counter.builder("te_request_count")
                .tag("method", route)
                .tag("status", Integer.toString(status))
                .register(registry)
                .increment();
        Timer.builder("te_request_duration")
                .tag("method", route)
                .publishPercentileHistogram()
                .register(registry)
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
