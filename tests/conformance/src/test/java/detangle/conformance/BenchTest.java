package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Launch;
import detangle.conformance.DetangleProcess.Result;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The bench prints what it promises; the numbers of so short a run mean nothing. */
class BenchTest {
    private static final String MODEL = "models/pretrained/banking77-small";
    private static final String MODEL_HERE = DetangleProcess.HOME.resolve(MODEL).toString();

    @TempDir
    Path folder;

    private static Result briefly(String... options) {
        return bench(Stream.concat(Stream.of("--duration", "0.1"), Stream.of(options))
                .toArray(String[]::new));
    }

    private static Result bench(String... options) {
        String[] arguments =
                Stream.concat(Stream.of("bench", MODEL), Stream.of(options)).toArray(String[]::new);
        Result result = DetangleProcess.java(Launch.MODULE_PATH, arguments);
        assertEquals(0, result.status(), result.err());
        return result;
    }

    @Test
    void jsonHasWhatIsPromised() {
        Result result = briefly(
                "--seq",
                "8",
                "--mix",
                "3,9",
                "--threads",
                "1",
                "--iterations",
                "2",
                "--warmup",
                "1",
                "--peer",
                "onnxruntime,djl",
                "--format",
                "json");
        JsonNode report = new JsonMapper().readTree(result.out());

        assertTrue(report.path("host").path("processors").asInt() > 0, result.out());
        JsonNode first = report.path("results").path(0);
        assertEquals("banking77-small", first.path("model").asString());
        assertEquals("vector", first.path("backend").asString());
        assertEquals(8, first.path("seq").asInt());
        for (String key : new String[] {"p50_ms", "p90_ms", "p99_ms", "tokens_per_s", "gflops", "peak_share"}) {
            assertTrue(first.path(key).asDouble() > 0, key + " in " + first);
        }
        assertTrue(first.has("clean"), first.toString());
        assertFalse(first.has("no_data_transfers"), first.toString());
        for (String peer : new String[] {"onnxruntime", "djl"}) {
            assertTrue(first.path("peers").path(peer).path("p50_ms").asDouble() > 0, first.toString());
            assertTrue(first.path("peers").path(peer).path("ratio").asDouble() > 0, first.toString());
        }
        JsonNode mix = report.path("results").path(1);
        assertEquals("3,9", mix.path("mix").asString());
        assertTrue(mix.path("one_by_one_p50_ms").asDouble() > 0, mix.toString());
    }

    /** The page is whole: what it shows is in it, and so is what draws it. */
    @Test
    void htmlNeedsNothingElse() throws IOException {
        Path page = folder.resolve("bench.html");
        briefly("--seq", "8", "--iterations", "1", "--warmup", "1", "--format", "html", "-o", page.toString());
        String html = Files.readString(page);
        assertTrue(html.contains("\"model\":\"banking77-small\""), "the data is missing");
        assertTrue(html.contains("Chart.js"), "what draws the plot is missing");
        assertFalse(html.contains("src=\""), "something is fetched from elsewhere");
        assertFalse(html.contains("@TABLE@") || html.contains("@DATA@"), "a part is not filled in");
    }

    @Test
    void opsAreTimedAgainstTheRoofline() {
        JsonNode report = new JsonMapper()
                .readTree(bench("--ops", "--seq", "8", "--iterations", "2", "--warmup", "1", "--format", "json")
                        .out());
        assertTrue(report.path("peak_gflops").asDouble() > 0, report.toString());
        for (String kernel : new String[] {"embedding", "linear", "layer_norm residual", "packed_attention"}) {
            assertTrue(
                    report.path("results")
                            .valueStream()
                            .anyMatch(r -> r.path("kernel").asString().equals(kernel)
                                    && r.path("ms_per_call").asDouble() > 0
                                    && r.path("roofline").asDouble() > 0),
                    kernel + " is missing in " + report);
        }
    }

    /** The shipped model is stored in 16 bits; this one is not. */
    @Test
    void roundedWeightsReportTheirError() {
        Result result = DetangleProcess.java(
                Launch.MODULE_PATH,
                "bench",
                Fixture.named("v3-encoder").folder().toString(),
                "--shape",
                "2x8",
                "--weight-type",
                "bf16",
                "--iterations",
                "1",
                "--duration",
                "0.1",
                "--warmup",
                "1",
                "--format",
                "json");
        assertEquals(0, result.status(), result.err());
        JsonNode first = new JsonMapper().readTree(result.out()).path("results").path(0);
        assertEquals(2, first.path("batch").asInt());
        assertEquals("bf16", first.path("weight_type").asString());
        double error = first.path("nmse").asDouble();
        assertTrue(error > 0 && error < 1e-2, first.toString());
    }

    /** On a machine with a matrix unit that computes, and the error is the same. */
    @Test
    void aPrecisionReportsItsErrorBesideItsTime() {
        JsonNode results = new JsonMapper()
                .readTree(briefly(
                                "--precision",
                                "fp32,bf16,fp32",
                                "--emulate",
                                "--shape",
                                "2x8",
                                "--iterations",
                                "1",
                                "--warmup",
                                "1",
                                "--format",
                                "json")
                        .out())
                .path("results");
        assertEquals(2, results.size(), results.toString());
        assertEquals("fp32", results.path(0).path("precision").asString());
        assertFalse(results.path(0).has("nmse"), results.toString());
        assertEquals("bf16", results.path(1).path("precision").asString());
        double error = results.path(1).path("nmse").asDouble();
        assertTrue(error > 0 && error < 1e-4, results.toString());
    }

    @Test
    void backendsAreComparedByTheirOutputsToo() {
        JsonNode results = new JsonMapper()
                .readTree(briefly(
                                "--backend",
                                "vector,reference",
                                "--no-data-transfers",
                                "--shape",
                                "2x8",
                                "--iterations",
                                "1",
                                "--warmup",
                                "1",
                                "--format",
                                "json")
                        .out())
                .path("results");
        assertFalse(results.path(0).has("max_difference"), results.toString());
        assertTrue(results.path(0).path("no_data_transfers").asBoolean(false), results.toString());
        double difference = results.path(1).path("max_difference").asDouble();
        assertTrue(difference > 0 && difference < 1e-4, results.toString());
    }

    @Test
    void whatIsNoShapeIsRefused() {
        for (String shape : new String[] {"8", "0x16", "8x0", "8x16x2", "ax1"}) {
            Result result = DetangleProcess.here("bench", MODEL_HERE, "--shape", shape);
            assertEquals(1, result.status());
            assertEquals(1, result.messages().size(), result.err());
        }
    }

    /** The model has a tokenizer, so the answer is to a text. */
    @Test
    void coldStartsAreTimed() throws IOException {
        Path text = folder.resolve("cold.txt");
        Path json = folder.resolve("cold.json");
        bench("--cold", "--processes", "2", "-o", text.toString(), "-o", json.toString());
        String table = Files.readString(text);
        assertTrue(
                table.lines().anyMatch(line -> line.matches("banking77-small +vector +text +1[67] +\\d+ +\\d+ +\\d+")),
                table);
        assertTrue(table.contains("vector, archive of classes"), table);
        JsonNode results = new JsonMapper().readTree(Files.readString(json)).path("results");
        assertEquals(2, results.path(0).path("processes").asInt());
    }

    @Test
    void newLengthsAreTimedAgainstTheirRepeats() {
        String table = bench("--lengths", "8-17").out();
        assertTrue(
                table.lines()
                        .anyMatch(line -> line.matches("banking77-small +vector +\\d+ +8-17 +8( +\\d+\\.\\d{3}){4}")),
                table);
    }

    @Test
    void stepsOfTrainingAreTimed() {
        Result result = briefly(
                "--training",
                "--shape",
                "2x8",
                "--mix",
                "3,9",
                "--threads",
                "1",
                "--iterations",
                "2",
                "--warmup",
                "1",
                "--format",
                "json");
        JsonNode results = new JsonMapper().readTree(result.out()).path("results");
        assertEquals(2, results.size(), result.out());
        assertEquals(2, results.path(0).path("batch").asInt());
        assertEquals("3,9", results.path(1).path("lengths").asString());
        for (JsonNode steps : results) {
            assertTrue(steps.path("p50_ms").asDouble() > 0, result.out());
            assertTrue(steps.path("tokens_per_second").asDouble() > 0, result.out());
        }
    }

    /** Weights are made by the process that trains, so that a configuration is enough. */
    @Test
    void stepsThatTrainAnAdapterAreTimed() {
        Result result = DetangleProcess.java(
                Launch.MODULE_PATH,
                "bench",
                "--random-weights",
                MODEL + "/config.json",
                "--training",
                "--lora",
                "--lora-r",
                "2",
                "--lora-dropout",
                "0.1",
                "--weight-type",
                "bf16",
                "--shape",
                "1x8",
                "--threads",
                "1",
                "--iterations",
                "1",
                "--duration",
                "0",
                "--warmup",
                "1",
                "--format",
                "json");
        assertEquals(0, result.status(), result.err());
        JsonNode steps = new JsonMapper().readTree(result.out()).path("results").path(0);
        assertEquals("banking77-small", steps.path("model").asString());
        assertTrue(steps.path("p50_ms").asDouble() > 0, steps.toString());
        assertFalse(result.err().contains("making random weights"), result.err());
    }

    @Test
    void epochsOfAFileAreTimed() throws IOException {
        Path model = TinyModel.write(folder.resolve("tiny"), "ForSequenceClassification", List.of("a", "b"));
        Path rows = Files.writeString(
                folder.resolve("rows.csv"), "text,label\n" + "the sky is blue,blue\nred,red\n".repeat(5));
        Result result = DetangleProcess.java(
                Launch.MODULE_PATH,
                "bench",
                model.toString(),
                "--training",
                "--train-file",
                rows.toString(),
                "--per-device-train-batch-size",
                "4",
                "--num-train-epochs",
                "2",
                "--format",
                "json");
        assertEquals(0, result.status(), result.err());
        JsonNode results = new JsonMapper().readTree(result.out()).path("results");
        assertEquals(1, results.size(), result.out());
        JsonNode epochs = results.path(0);
        assertEquals(10, epochs.path("rows").asInt());
        assertEquals(4, epochs.path("batch").asInt());
        assertEquals(3, epochs.path("steps").asInt());
        assertEquals(5 * (6 + 4), epochs.path("tokens").asInt());
        for (String time : new String[] {"start_s", "first_s", "repeated_s"}) {
            assertTrue(epochs.path("own").path(time).asDouble() > 0, time + " in " + epochs);
        }
        assertTrue(epochs.has("clean") && epochs.path("peer").isNull(), epochs.toString());
    }

    @Test
    void aPeerThatDoesNotTrainIsRefused() {
        Result result = DetangleProcess.here("bench", MODEL_HERE, "--training", "--shape", "2x8", "--peer", "djl");
        assertEquals(1, result.status());
        assertEquals(
                "detangle: the peer djl does not train; write --peer pytorch=PYTHON",
                result.messages().getLast());
    }

    @Test
    void anUnknownPeerIsRefused() {
        Result result = DetangleProcess.here("bench", MODEL_HERE, "--peer", "nobody");
        assertEquals(1, result.status());
        assertEquals(
                "detangle: there is no peer 'nobody'; there are onnxruntime, djl",
                result.messages().getLast());
    }
}
