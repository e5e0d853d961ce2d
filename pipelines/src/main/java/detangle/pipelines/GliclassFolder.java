package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.bert.InnerEncoder;
import detangle.models.deberta.ConfigException;
import detangle.models.deberta.DebertaConfig;
import detangle.models.files.ModelFiles;
import detangle.models.gliclass.GliclassConfig;
import detangle.models.gliclass.GliclassConfig.LabelEncoder;
import detangle.models.gliclass.GliclassModel;
import detangle.models.gliclass.Marker;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.models.weights.Weights;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The parts of a GLiClass model.
 *
 * @param parameters those beside the encoders'
 * @param labels the encoder of labels; empty if they stand in the prompt
 */
public record GliclassFolder(
        GliclassConfig config,
        Tokenizer tokenizer,
        Weights weights,
        Map<String, Tensor> parameters,
        Optional<LabelFolder> labels) {
    /** The field, for messages, that names the model from which the encoder of labels was made. */
    static final String LABEL_MODEL = "label_model_name of " + GliclassConfig.FILE;

    /** An encoder of labels. */
    public record LabelFolder(DebertaConfig config, Tokenizer tokenizer, Weights weights) {}

    /**
     * Opens a folder or an artifact. The caller closes the result.
     *
     * @param ignoreUnused whether tensors of the model may be left over
     * @throws ConfigException if the model is of a kind that cannot be run
     * @throws detangle.models.weights.WeightsException if its weights are not those of its configuration
     */
    public static GliclassFolder open(Path folder, boolean ignoreUnused) {
        GliclassConfig config = GliclassConfig.read(folder);
        Tokenizer tokenizer = Tokenizers.load(folder);
        if (config.labels().isEmpty() || config.fused()) {
            for (Marker marker : Marker.values()) {
                checkMarker(folder, config, tokenizer, marker);
            }
        }
        Weights weights = Weights.open(folder);
        try {
            Map<String, Tensor> parameters =
                    weights.reading(() -> GliclassModel.parameters(config, weights, ignoreUnused));
            if (config.labels().isPresent()) {
                return new GliclassFolder(
                        config,
                        tokenizer,
                        InnerEncoder.weights(weights, GliclassModel.ENCODER),
                        parameters,
                        config.labels().map(own -> labels(folder, own)));
            }
            return new GliclassFolder(
                    config,
                    tokenizer,
                    config.segments() ? withTypes(folder, weights) : weights,
                    parameters,
                    Optional.empty());
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    /** Closes the weights of both encoders; closing them again has no effect. */
    public void close() {
        weights.close();
        labels.ifPresent(own -> own.weights().close());
    }

    /** Checks the id of a marker. With another id the original finds no label, and scores all labels alike. */
    private static void checkMarker(Path folder, GliclassConfig config, Tokenizer tokenizer, Marker marker) {
        int[] ids = GlinerFolder.tokens(tokenizer, marker.spelling());
        boolean known = ids.length == 1 && ids[0] != tokenizer.unknownTokenId().orElse(-1);
        // Older models do not have the marker of examples.
        OptionalInt id = config.id(marker);
        boolean right = known ? id.orElse(ids[0]) == ids[0] : marker == Marker.EXAMPLE;
        if (!right) {
            throw new ConfigException(
                    ModelFiles.of(folder).path(GliclassConfig.FILE),
                    marker.field() + " is " + (id.isPresent() ? id.getAsInt() : "not stated") + ", and the tokenizer "
                            + (known
                                    ? "gives " + marker.spelling() + " the id " + ids[0]
                                    : "has no token " + marker.spelling())
                            + ": the tokenizer is that of another model");
        }
    }

    /** Returns the weights with the embeddings of segments under the name that token types have in an encoder. */
    private static Weights withTypes(Path folder, Weights weights) {
        Weights again = Weights.open(folder);
        try {
            return weights.with(Map.of(), again, Map.of(GliclassModel.TOKEN_TYPES, GliclassModel.SEGMENTS));
        } catch (RuntimeException | Error e) {
            again.close();
            throw e;
        }
    }

    private static LabelFolder labels(Path folder, LabelEncoder own) {
        Tokenizer tokenizer = Tokenizers.load(LabelModel.files(folder, own.model(), LABEL_MODEL));
        own.config().checkTokenizer(tokenizer, folder);
        // The encoder of texts closes its own weights.
        return new LabelFolder(
                own.config(), tokenizer, InnerEncoder.weights(Weights.open(folder), GliclassModel.LABEL_ENCODER));
    }
}
