package detangle.server;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import detangle.export.ModelExport;
import detangle.models.deberta.DebertaConfig;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.pipelines.FunctionToApply;
import io.helidon.webserver.WebServer;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;

/** The same model in ONNX Runtime, behind the same HTTP library: a request runs by itself, some at a time. */
final class OnnxRuntimeServer implements AutoCloseable {
    private final OrtSession session;
    private final Tokenizer tokenizer;
    private final DebertaConfig config;
    private final Semaphore atOnce;
    private final WebServer web;

    /**
     * Begins to listen.
     *
     * @param threads of a run
     * @param atOnce runs at the same time
     */
    OnnxRuntimeServer(Path model, Path scratch, int threads, int atOnce) throws OrtException, IOException {
        Path file = scratch.resolve("model-" + threads + ".onnx");
        ModelExport.write(model, file, ModelExport.Options.of(ModelExport.Format.onnx));
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(threads);
        this.session = OrtEnvironment.getEnvironment().createSession(file.toString(), options);
        this.tokenizer = Tokenizers.load(model);
        this.config = DebertaConfig.read(model);
        this.atOnce = new Semaphore(atOnce, true);
        this.web = WebServer.builder()
                .address(InetAddress.getLoopbackAddress())
                .port(0)
                .shutdownHook(false)
                .routing(routes -> routes.post(
                        "/predict",
                        (request, response) -> response.header("Content-Type", "application/json")
                                .send(Json.bytes(predict(
                                        Json.text(Json.object(request.content().as(byte[].class)), "inputs"))))))
                .build()
                .start();
    }

    int port() {
        return web.port();
    }

    private List<Object> predict(String text) {
        Encoding encoding = tokenizer.encode(text);
        long[][] ids = {Arrays.stream(encoding.ids()).asLongStream().toArray()};
        long[][] mask = {new long[ids[0].length]};
        Arrays.fill(mask[0], 1);
        atOnce.acquireUninterruptibly();
        double[] scores;
        try (OnnxTensor idsTensor = OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), ids);
                OnnxTensor maskTensor = OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), mask);
                OrtSession.Result result = session.run(Map.of("input_ids", idsTensor, "attention_mask", maskTensor))) {
            float[] logits = ((float[][]) result.get("logits").orElseThrow().getValue())[0];
            scores = FunctionToApply.of(config)
                    .apply(IntStream.range(0, logits.length)
                            .mapToDouble(i -> logits[i])
                            .toArray());
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        } finally {
            atOnce.release();
        }
        List<Object> labels = new ArrayList<>();
        IntStream.range(0, scores.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -scores[i]))
                .forEach(i -> labels.add(Json.of(
                        "score", (float) scores[i], "label", config.labels().get(i))));
        return labels;
    }

    @Override
    public void close() throws OrtException {
        web.stop();
        session.close();
    }
}
