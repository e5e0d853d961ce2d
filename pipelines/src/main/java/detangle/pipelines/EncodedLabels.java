package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.gliclass.GliclassConfig;
import detangle.models.gliclass.GliclassModel;
import detangle.models.text.Encoding;
import detangle.models.weights.Weights;
import detangle.runtime.CompiledProgram;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The vectors of labels that have an encoder of their own. A label's vector is the same for all texts, so that it is
 * computed once.
 */
final class EncodedLabels implements AutoCloseable {
    /** Numbers of the vectors that are kept: 64 MB. */
    private static final long MOST_NUMBERS = 1 << 24;

    private final TextModel model;
    private final CompiledProgram vector;
    private final Weights weights;
    private final int width;

    /** The least recently used first. */
    private final LinkedHashMap<String, float[]> known = new LinkedHashMap<>(16, 0.75f, true);

    private EncodedLabels(TextModel model, CompiledProgram vector, Weights weights, int width) {
        this.model = model;
        this.vector = vector;
        this.weights = weights;
        this.width = width;
    }

    static EncodedLabels load(
            GliclassConfig config,
            GliclassFolder.LabelFolder folder,
            Map<String, Tensor> parameters,
            PipelineOptions options) {
        SessionOptions session = options.session();
        TextModel model = TextModel.of(
                Session.builder()
                        .config(folder.config())
                        .weights(folder.weights())
                        .options(session)
                        .head(GliclassModel.labelEncoder(), Map.of())
                        .load(),
                folder.tokenizer(),
                options.withoutMaxLength());
        try {
            CompiledProgram vector = CompiledProgram.load(GliclassModel.labelVector(config), parameters, session);
            return new EncodedLabels(
                    model, vector, folder.weights(), config.encoder().hiddenSize());
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    /** The vectors of labels, {@code f32[C,H]}, in their order. */
    Tensor of(List<String> labels) {
        Map<String, float[]> found = new HashMap<>();
        synchronized (this) {
            labels.stream().filter(known::containsKey).forEach(label -> found.put(label, known.get(label)));
        }
        List<String> missing =
                labels.stream().filter(l -> !found.containsKey(l)).toList();
        if (!missing.isEmpty()) {
            Map<String, float[]> fresh = computed(missing);
            found.putAll(fresh);
            keep(fresh);
        }
        float[] values = new float[labels.size() * width];
        for (int i = 0; i < labels.size(); i++) {
            System.arraycopy(found.get(labels.get(i)), 0, values, i * width, width);
        }
        return Tensor.of(values, labels.size(), width);
    }

    private synchronized void keep(Map<String, float[]> fresh) {
        known.putAll(fresh);
        Iterator<String> oldest = known.keySet().iterator();
        for (long numbers = (long) known.size() * width; numbers > MOST_NUMBERS; numbers -= width) {
            oldest.next();
            oldest.remove();
        }
    }

    private Map<String, float[]> computed(Collection<String> labels) {
        List<String> all = List.copyOf(labels);
        List<Encoding> encodings = all.stream()
                .map(label -> model.encode(label, InputRow.alone("a label")))
                .toList();
        Map<String, float[]> vectors = new HashMap<>();
        model.run(encodings, done -> {}, (index, row) -> {
            Map<String, Tensor> states =
                    Map.of(GliclassModel.TOKENS, LabelClassifier.tensor(row.floats(GliclassModel.STATES)));
            Tensor found = weights.reading(() -> vector.run(states)).get(GliclassModel.VECTOR);
            vectors.put(all.get(index), Row.finite(found.toFloats()));
        });
        return vectors;
    }

    @Override
    public void close() {
        vector.close();
        model.close();
    }
}
