package detangle.server;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import detangle.export.ModelExport;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.pipelines.FunctionToApply;
import detangle.pipelines.ZeroShotClassifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;

/** A model in ONNX Runtime, exported by this project: the texts of a request are one run. */
final class OnnxRuntimeModel implements PeerModel {
    private final OrtSession session;
    private final Tokenizer tokenizer;
    private final DebertaConfig config;
    private final Semaphore atOnce;

    /**
     * @param file for the export
     * @param threads of a run
     * @param atOnce of which each run takes one
     */
    OnnxRuntimeModel(Path model, Path file, int threads, Semaphore atOnce) throws OrtException, IOException {
        ModelExport.write(model, file, ModelExport.Options.of(ModelExport.Format.onnx));
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(threads);
        this.session = OrtEnvironment.getEnvironment().createSession(file.toString(), options);
        this.tokenizer = Tokenizers.load(model);
        this.config = DebertaConfig.read(model);
        this.atOnce = atOnce;
    }

    @Override
    public Object answer(String text, List<String> candidates) {
        return switch (config.architecture().orElseThrow()) {
            case Architecture.TOKEN_CLASSIFICATION -> tags(text);
            case Architecture.ENCODER -> List.of(vector(text));
            default -> candidates.isEmpty() ? List.of(classes(text)) : fitting(text, candidates);
        };
    }

    List<Object> classes(String text) {
        float[] logits = ((float[][]) run(List.of(tokenizer.encode(text)), "logits"))[0];
        return ranked(config.labels(), FunctionToApply.of(config).apply(doubles(logits)));
    }

    /** Of each token its likeliest label. */
    private List<Object> tags(String text) {
        Encoding encoding = tokenizer.encode(text);
        float[][] logits = ((float[][][]) run(List.of(encoding), "logits"))[0];
        List<Object> tags = new ArrayList<>();
        for (int token = 0; token < encoding.length(); token++) {
            if (encoding.sequences()[token] != Encoding.SPECIAL) {
                double[] scores = FunctionToApply.SOFTMAX.apply(doubles(logits[token]));
                int best = IntStream.range(0, scores.length)
                        .boxed()
                        .max(Comparator.comparingDouble(i -> scores[i]))
                        .orElseThrow();
                tags.add(Json.of("entity", config.labels().get(best), "score", (float) scores[best]));
            }
        }
        return tags;
    }

    /** The mean of the states of all tokens, of length 1. */
    private float[] vector(String text) {
        float[][] states = ((float[][][]) run(List.of(tokenizer.encode(text)), "last_hidden_state"))[0];
        double[] sum = new double[states[0].length];
        for (float[] state : states) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += state[i];
            }
        }
        double length = Math.sqrt(
                IntStream.range(0, sum.length).mapToDouble(i -> sum[i] * sum[i]).sum());
        float[] vector = new float[sum.length];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) (sum[i] / length);
        }
        return vector;
    }

    /** How well labels of one's own fit, by a model for natural language inference. */
    private List<Object> fitting(String text, List<String> candidates) {
        List<Encoding> pairs = candidates.stream()
                .map(label -> tokenizer.encode(text, ZeroShotClassifier.TEMPLATE.replace("{}", label)))
                .toList();
        float[][] logits = (float[][]) run(pairs, "logits");
        int entailment = config.labels().indexOf("entailment");
        double[] each = IntStream.range(0, candidates.size())
                .mapToDouble(i -> logits[i][entailment])
                .toArray();
        return ranked(candidates, FunctionToApply.SOFTMAX.apply(each));
    }

    private static List<Object> ranked(List<String> labels, double[] scores) {
        List<Object> ranked = new ArrayList<>();
        IntStream.range(0, scores.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -scores[i]))
                .forEach(i -> ranked.add(Json.of("score", (float) scores[i], "label", labels.get(i))));
        return ranked;
    }

    private static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    private Object run(List<Encoding> rows, String output) {
        int length = rows.stream().mapToInt(Encoding::length).max().orElseThrow();
        long[][] ids = new long[rows.size()][length];
        long[][] mask = new long[rows.size()][length];
        for (int row = 0; row < ids.length; row++) {
            for (int i = 0; i < rows.get(row).length(); i++) {
                ids[row][i] = rows.get(row).ids()[i];
                mask[row][i] = 1;
            }
        }
        atOnce.acquireUninterruptibly();
        try (OnnxTensor idsTensor = OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), ids);
                OnnxTensor maskTensor = OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), mask);
                OrtSession.Result result = session.run(Map.of("input_ids", idsTensor, "attention_mask", maskTensor))) {
            return result.get(output).orElseThrow().getValue();
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        } finally {
            atOnce.release();
        }
    }

    @Override
    public void close() throws OrtException {
        session.close();
    }
}
