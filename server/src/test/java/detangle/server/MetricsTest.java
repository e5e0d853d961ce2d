package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.server.PrometheusText.Sample;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Metrics as Prometheus reads them. */
class MetricsTest extends ServerTest {
    private static final String ODD = "a \"model\"\\of\nours";

    private static Set<String> models(List<Sample> samples) {
        Set<String> models = new TreeSet<>();
        samples.forEach(sample -> models.add(sample.labels().get("model")));
        return models;
    }

    private static double value(PrometheusText metrics, String name, Map<String, String> labels) {
        return metrics.samples("te_").stream()
                .filter(s -> s.name().equals(name) && s.labels().equals(labels))
                .mapToDouble(Sample::value)
                .findFirst()
                .orElseThrow(() -> new AssertionError(name + labels + " is not among " + metrics.samples("te_")));
    }

    @Test
    void eachModelHasItsOwn() {
        SequencedMap<String, Path> models = new LinkedHashMap<>();
        models.put(ODD, folder.resolve("encoder"));
        models.put("org/reranker", folder.resolve("reranker"));
        try (InferenceServer counting = InferenceServer.start(models, options())) {
            assertEquals(200, post(counting, "/embed", Map.of("inputs", TEXT)).status());
            assertEquals(
                    200,
                    post(counting, "/embed", Map.of("inputs", List.of(TEXT, TEXT)))
                            .status());
            assertEquals(
                    200,
                    post(counting, "/rerank", Map.of("query", TEXT, "texts", List.of(TEXT)))
                            .status());
            assertEquals(422, post(counting, "/embed", Map.of("inputs", 7)).status());
            PrometheusText metrics = PrometheusText.parse(
                    send(request(counting, "/metrics").build()).body());
            Set<String> both = Set.of(ODD, "org/reranker");
            assertEquals(both, models(metrics.samples("te_batch_")));
            assertEquals(both, models(metrics.samples("te_queue_size")));
            for (String histogram :
                    List.of("te_batch_next_size", "te_batch_next_tokens", "te_batch_inference_duration_seconds")) {
                assertEquals("histogram", metrics.type(histogram));
            }
            assertEquals("histogram", metrics.type("te_request_duration_seconds"));
            assertEquals("counter", metrics.type("te_request_count_total"));
            assertEquals("gauge", metrics.type("te_queue_size"));
            assertEquals(3, value(metrics, "te_batch_next_size_sum", Map.of("model", ODD)));
            assertEquals(1, value(metrics, "te_batch_next_size_count", Map.of("model", "org/reranker")));
            assertEquals(
                    2,
                    value(
                            metrics,
                            "te_request_count_total",
                            Map.of("method", "/embed", "model", ODD, "status", "200")));
            assertEquals(
                    1,
                    value(
                            metrics,
                            "te_request_duration_seconds_count",
                            Map.of("method", "/rerank", "model", "org/reranker")));
        }
    }
}
