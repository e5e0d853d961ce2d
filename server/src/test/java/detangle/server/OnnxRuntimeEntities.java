package detangle.server;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import detangle.export.ModelExport;
import detangle.ir.DType;
import detangle.ir.Tensor;
import detangle.pipelines.GlinerInputs;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;

/** A GLiNER model in ONNX Runtime, exported by this project: a text with its labels is a run. */
final class OnnxRuntimeEntities implements PeerModel {
    private static final double THRESHOLD = 0.5;

    private final OrtSession session;
    private final GlinerInputs inputs;
    private final Semaphore atOnce;

    /**
     * @param file for the export
     * @param threads of a run
     * @param atOnce of which each run takes one
     */
    OnnxRuntimeEntities(Path model, Path file, int threads, Semaphore atOnce) throws OrtException, IOException {
        ModelExport.write(model, file, ModelExport.Options.of(ModelExport.Format.onnx));
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(threads);
        this.session = OrtEnvironment.getEnvironment().createSession(file.toString(), options);
        this.inputs = GlinerInputs.of(model);
        this.atOnce = atOnce;
    }

    /** A span of words with a label. */
    private record Span(int first, int last, String label, double score) {
        boolean overlaps(Span other) {
            return first <= other.last && other.first <= last;
        }
    }

    /** The likeliest spans that do not overlap. Where they stand is told in words: characters would take no time. */
    @Override
    public Object answer(String text, List<String> labels) {
        List<Span> all = spans(run(inputs.batch(List.of(text), labels)), labels);
        all.sort(Comparator.comparingDouble(Span::score).reversed());
        List<Span> kept = new ArrayList<>();
        for (Span span : all) {
            if (kept.stream().noneMatch(span::overlaps)) {
                kept.add(span);
            }
        }
        return kept.stream()
                .map(s -> Json.of(
                        "start", s.first, "end", s.last, "text", text, "label", s.label, "score", (float) s.score))
                .toList();
    }

    /** @param logits for each first word, number of words and label */
    private static List<Span> spans(float[][][] logits, List<String> labels) {
        List<Span> spans = new ArrayList<>();
        for (int first = 0; first < logits.length; first++) {
            for (int more = 0; more < logits[first].length && first + more < logits.length; more++) {
                for (int label = 0; label < labels.size(); label++) {
                    double score = 1 / (1 + Math.exp(-logits[first][more][label]));
                    if (score > THRESHOLD) {
                        spans.add(new Span(first, first + more, labels.get(label), score));
                    }
                }
            }
        }
        return spans;
    }

    private float[][][] run(Map<String, Tensor> batch) {
        atOnce.acquireUninterruptibly();
        Map<String, OnnxTensor> tensors = new HashMap<>();
        try {
            for (Map.Entry<String, Tensor> input : batch.entrySet()) {
                tensors.put(input.getKey(), tensor(input.getValue()));
            }
            try (OrtSession.Result result = session.run(tensors)) {
                return ((float[][][][]) result.get(0).getValue())[0];
            }
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        } finally {
            tensors.values().forEach(OnnxTensor::close);
            atOnce.release();
        }
    }

    private static OnnxTensor tensor(Tensor tensor) throws OrtException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(
                        Math.toIntExact(tensor.data().byteSize()))
                .order(ByteOrder.nativeOrder());
        MemorySegment.ofBuffer(bytes).copyFrom(tensor.data());
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        return tensor.dtype() == DType.I64
                ? OnnxTensor.createTensor(environment, bytes.asLongBuffer(), tensor.shape())
                : OnnxTensor.createTensor(environment, bytes, tensor.shape(), OnnxJavaType.BOOL);
    }

    @Override
    public void close() throws OrtException {
        session.close();
    }
}
