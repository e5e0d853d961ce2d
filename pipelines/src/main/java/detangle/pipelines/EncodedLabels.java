package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.deberta.PaddedStates;
import detangle.models.gliclass.GliclassConfig;
import detangle.models.gliclass.GliclassModel;
import detangle.models.text.Encoding;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The vectors of a GLiClass bi-encoder's labels. */
final class EncodedLabels implements AutoCloseable {
    /** The number of labels that are encoded at once if they are padded. */
    private static final int LABELS_PER_BATCH = 64;

    private final TextModel model;
    private final int width;
    private final boolean padded;
    private final KnownVectors known;

    private EncodedLabels(TextModel model, int width, boolean padded) {
        this.model = model;
        this.width = width;
        this.padded = padded;
        this.known = new KnownVectors(width);
    }

    static EncodedLabels load(
            GliclassConfig config,
            GliclassFolder.LabelFolder folder,
            Map<String, Tensor> parameters,
            PipelineOptions options) {
        boolean padded = config.textPooling().readsPadding();
        PaddedStates states = padded ? config.labels().orElseThrow().padding() : PaddedStates.NOTHING;
        SessionOptions session = options.session().withPadding(states);
        TextModel model = TextModel.of(
                Session.builder()
                        .config(folder.config())
                        .weights(folder.weights())
                        .options(session)
                        .head(GliclassModel.labelEncoder(config), parameters)
                        .load(),
                folder.tokenizer(),
                options.withoutMaxLength());
        return new EncodedLabels(model, config.encoder().hiddenSize(), padded);
    }

    /** See {@link KnownVectors#give}. */
    void give(Map<String, float[]> vectors) {
        known.give(vectors);
    }

    /**
     * Returns the vectors of labels that are asked for together. The original pads labels to the longest one, and all
     * its poolings except one read padding. A vector is therefore kept by the length to which its label was padded.
     */
    Map<String, float[]> of(List<String> labels) {
        if (!padded || known.areGiven(labels)) {
            return known.of(labels, 0, this::computed);
        }
        Map<String, Encoding> encodings = new HashMap<>();
        labels.forEach(label -> encodings.put(label, encoding(label)));
        int longest =
                encodings.values().stream().mapToInt(Encoding::length).max().orElse(0);
        return known.of(labels, longest, missing -> padded(missing, encodings, longest));
    }

    /** Returns vectors as a tensor, {@code f32[C,H]}. */
    Tensor tensor(List<String> labels, Map<String, float[]> vectors) {
        float[] values = new float[labels.size() * width];
        for (int i = 0; i < labels.size(); i++) {
            System.arraycopy(vectors.get(labels.get(i)), 0, values, i * width, width);
        }
        return Tensor.of(values, labels.size(), width);
    }

    private Encoding encoding(String label) {
        return model.encodeAny(label, InputRow.alone("a label"));
    }

    private Map<String, float[]> computed(List<String> labels) {
        List<Encoding> encodings = labels.stream().map(this::encoding).toList();
        Map<String, float[]> vectors = new HashMap<>();
        model.run(
                encodings,
                done -> {},
                (index, row) -> vectors.put(labels.get(index), row.singles(GliclassModel.VECTOR)));
        return vectors;
    }

    private Map<String, float[]> padded(List<String> labels, Map<String, Encoding> encodings, int length) {
        Map<String, float[]> vectors = new HashMap<>();
        for (int first = 0; first < labels.size(); first += LABELS_PER_BATCH) {
            List<String> some = labels.subList(first, Math.min(labels.size(), first + LABELS_PER_BATCH));
            Map<String, Tensor> outputs =
                    model.run(model.inputs(some.stream().map(encodings::get).toList(), length));
            for (int i = 0; i < some.size(); i++) {
                Row row = new Row(outputs, i, length);
                vectors.put(
                        some.get(i),
                        model.reading(encodings.get(some.get(i)), () -> row.singles(GliclassModel.VECTOR)));
            }
        }
        return vectors;
    }

    @Override
    public void close() {
        model.close();
    }
}
