package detangle.pipelines;

import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner.GlinerModel;
import detangle.models.gliner.LabelSource;
import detangle.models.text.Encoding;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The vectors of a GLiNER bi-encoder's labels. */
final class LabelVectors implements AutoCloseable {
    private final GlinerConfig config;
    private final LabelSource.OwnEncoder source;
    private final Optional<TextModel> encoder;
    private final KnownVectors known;

    /** @param encoder the encoder of labels; empty if its kind is not supported */
    LabelVectors(GlinerConfig config, LabelSource.OwnEncoder source, Optional<TextModel> encoder) {
        this.config = config;
        this.source = source;
        this.encoder = encoder;
        this.known = new KnownVectors(config.hiddenSize());
    }

    /** See {@link KnownVectors#give}. */
    void give(Map<String, float[]> vectors) {
        known.give(vectors);
    }

    /** Returns the vectors of labels; those that are neither given nor known are computed. */
    Map<String, float[]> of(Collection<String> labels) {
        return known.of(labels, 0, this::computed);
    }

    private Map<String, float[]> computed(List<String> labels) {
        TextModel model =
                encoder.orElseThrow(() -> new PipelineException(config.encoder().file()
                        + ": labels_encoder_config has the model_type '" + source.type()
                        + "'; supported are bert, deberta and deberta-v2, and no vector was given for the label '"
                        + labels.getFirst() + "'"));
        List<Encoding> encodings = labels.stream()
                .map(label -> model.encodeAny(label, InputRow.alone("a label")))
                .toList();
        Map<String, float[]> vectors = new HashMap<>();
        model.run(
                encodings,
                done -> {},
                (index, row) -> vectors.put(labels.get(index), row.singles(GlinerModel.VECTORS)));
        return vectors;
    }

    @Override
    public void close() {
        encoder.ifPresent(TextModel::close);
    }
}
