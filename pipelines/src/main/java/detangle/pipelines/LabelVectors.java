package detangle.pipelines;

import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner.GlinerModel;
import detangle.models.gliner.LabelSource;
import detangle.models.text.Encoding;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The vectors of a bi-encoder's labels. A label's vector is the same for all texts, so that it is computed once. */
final class LabelVectors implements AutoCloseable {
    /** Numbers of the vectors that are kept: 64 MB. */
    private static final long MOST_NUMBERS = 1 << 24;

    private final GlinerConfig config;
    private final LabelSource.OwnEncoder source;
    private final Optional<TextModel> encoder;
    private final Map<String, float[]> given = new HashMap<>();

    /** The least recently used first. */
    private final LinkedHashMap<String, float[]> computed = new LinkedHashMap<>(16, 0.75f, true);

    /** @param encoder empty if it is of a kind that is not supported */
    LabelVectors(GlinerConfig config, LabelSource.OwnEncoder source, Optional<TextModel> encoder) {
        this.config = config;
        this.source = source;
        this.encoder = encoder;
    }

    /**
     * Takes vectors instead of those that the encoder would compute.
     *
     * @throws PipelineException if one is of another length, or has a number that is not finite
     */
    synchronized void give(Map<String, float[]> vectors) {
        vectors.forEach((label, vector) -> {
            if (vector.length != config.hiddenSize()) {
                throw new PipelineException("the vector of the label '" + label + "' has " + vector.length
                        + " numbers, and hidden_size is " + config.hiddenSize());
            }
            for (float number : vector) {
                if (!Float.isFinite(number)) {
                    throw new PipelineException("the vector of the label '" + label + "' holds " + number);
                }
            }
        });
        vectors.forEach((label, vector) -> given.put(label, vector.clone()));
    }

    /** The vectors of labels; those that are neither given nor known are computed. */
    Map<String, float[]> of(Collection<String> labels) {
        Map<String, float[]> found = new HashMap<>();
        List<String> missing = new ArrayList<>();
        synchronized (this) {
            for (String label : labels) {
                float[] known = given.containsKey(label) ? given.get(label) : computed.get(label);
                if (known == null) {
                    missing.add(label);
                } else {
                    found.put(label, known);
                }
            }
        }
        if (!missing.isEmpty()) {
            Map<String, float[]> fresh = computed(missing);
            found.putAll(fresh);
            keep(fresh);
        }
        return found;
    }

    private synchronized void keep(Map<String, float[]> fresh) {
        computed.putAll(fresh);
        Iterator<String> oldest = computed.keySet().iterator();
        for (long numbers = (long) computed.size() * config.hiddenSize();
                numbers > MOST_NUMBERS;
                numbers -= config.hiddenSize()) {
            oldest.next();
            oldest.remove();
        }
    }

    private Map<String, float[]> computed(List<String> labels) {
        TextModel model =
                encoder.orElseThrow(() -> new PipelineException(config.encoder().file()
                        + ": labels_encoder_config has the model_type '" + source.type()
                        + "'; supported are bert, deberta and deberta-v2, and no vector was given for the label '"
                        + labels.getFirst() + "'"));
        List<Encoding> encodings = labels.stream()
                .map(label -> model.encode(label, InputRow.alone("a label")))
                .toList();
        Map<String, float[]> vectors = new HashMap<>();
        model.run(encodings, done -> {}, (index, row) -> {
            double[] values = row.values(GlinerModel.VECTORS);
            float[] vector = new float[values.length];
            for (int i = 0; i < vector.length; i++) {
                vector[i] = (float) values[i];
            }
            vectors.put(labels.get(index), vector);
        });
        return vectors;
    }

    @Override
    public void close() {
        encoder.ifPresent(TextModel::close);
    }
}
