package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.deberta.ConfigException;
import detangle.models.files.ModelFiles;
import detangle.models.gliclass.GliclassConfig;
import detangle.models.gliclass.GliclassModel;
import detangle.models.gliclass.Marker;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.models.weights.Weights;
import java.nio.file.Path;
import java.util.Map;

/**
 * The parts of a GLiClass model.
 *
 * @param parameters those beside the encoder's
 */
record GliclassFolder(GliclassConfig config, Tokenizer tokenizer, Weights weights, Map<String, Tensor> parameters) {
    /** @param ignoreUnused whether tensors of the model may be left over */
    static GliclassFolder open(Path folder, boolean ignoreUnused) {
        GliclassConfig config = GliclassConfig.read(folder);
        Tokenizer tokenizer = Tokenizers.load(folder);
        for (Marker marker : Marker.values()) {
            checkMarker(folder, config, tokenizer, marker);
        }
        Weights weights = Weights.open(folder);
        try {
            Map<String, Tensor> parameters =
                    weights.reading(() -> GliclassModel.parameters(config, weights, ignoreUnused));
            return new GliclassFolder(
                    config, tokenizer, config.segments() ? withTypes(folder, weights) : weights, parameters);
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    /** The original finds no label where a marker has another id, and scores all labels alike. */
    private static void checkMarker(Path folder, GliclassConfig config, Tokenizer tokenizer, Marker marker) {
        int[] ids = GlinerFolder.tokens(tokenizer, marker.spelling());
        boolean known = ids.length == 1 && ids[0] != tokenizer.unknownTokenId().orElse(-1);
        // Older models know no examples.
        boolean right = known ? ids[0] == config.id(marker) : marker == Marker.EXAMPLE;
        if (!right) {
            throw new ConfigException(
                    ModelFiles.of(folder).path(GliclassConfig.FILE),
                    marker.field() + " is " + config.id(marker) + ", and the tokenizer "
                            + (known
                                    ? "gives " + marker.spelling() + " the id " + ids[0]
                                    : "has no token " + marker.spelling())
                            + ": the tokenizer is that of another model");
        }
    }

    /** The weights with the embeddings of segments under the name that token types have in an encoder. */
    private static Weights withTypes(Path folder, Weights weights) {
        Weights again = Weights.open(folder);
        try {
            return weights.with(Map.of(), again, Map.of(GliclassModel.TOKEN_TYPES, GliclassModel.SEGMENTS));
        } catch (RuntimeException | Error e) {
            again.close();
            throw e;
        }
    }
}
