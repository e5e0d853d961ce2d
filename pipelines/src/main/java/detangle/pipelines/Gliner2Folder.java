package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.adapter.Adapter;
import detangle.models.deberta.ConfigException;
import detangle.models.gliner2.Gliner2Config;
import detangle.models.gliner2.Gliner2Programs;
import detangle.models.gliner2.Gliner2Weights;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.models.weights.Weights;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The parts of a GLiNER2 model.
 *
 * @param parameters of the programs behind the encoder
 */
public record Gliner2Folder(
        Gliner2Config config, Tokenizer tokenizer, Weights weights, Map<String, Tensor> parameters) {
    /**
     * Opens a folder or an artifact. The caller closes the weights.
     *
     * @param adapter the folder of an adapter that is merged into the weights
     * @param ignoreUnused whether tensors of the model may be left over
     * @throws ConfigException if the model is of a kind that cannot be run
     * @throws detangle.models.weights.WeightsException if its weights are not those of its configuration
     */
    public static Gliner2Folder open(Path folder, Optional<Path> adapter, boolean ignoreUnused) {
        Gliner2Config.check(folder);
        Tokenizer tokenizer = Tokenizers.load(folder);
        Weights stored = Weights.open(folder);
        try {
            Weights weights = adapter.map(a -> Adapter.mergedByName(stored, a)).orElse(stored);
            int rows = Gliner2Weights.wordRows(weights);
            Gliner2Config config = Gliner2Config.read(folder, rows);
            checkTokens(folder, tokenizer, weights, rows);
            Map<String, Tensor> parameters = weights.reading(() -> Gliner2Weights.parameters(
                    Gliner2Programs.all(config), Gliner2Programs.whole(config), weights, ignoreUnused));
            return new Gliner2Folder(config, tokenizer, weights, parameters);
        } catch (RuntimeException | Error e) {
            stored.close();
            throw e;
        }
    }

    /**
     * Refuses a tokenizer that lacks a token of GLiNER2, or that gives it an id beyond the table of words. The original
     * fills missing rows with random numbers, and the answers of such a model mean nothing.
     */
    private static void checkTokens(Path folder, Tokenizer tokenizer, Weights weights, int rows) {
        for (String token : SchemaPrompt.SPECIAL) {
            int[] ids = GlinerFolder.tokens(tokenizer, token);
            if (ids.length != 1 || !tokenizer.token(ids[0]).map(token::equals).orElse(false)) {
                throw new ConfigException(
                        folder,
                        "its tokenizer does not have the token " + token + ", which GLiNER2 adds to it: it is the"
                                + " tokenizer of another model");
            }
            if (ids[0] >= rows) {
                throw new ConfigException(
                        folder,
                        "its tokenizer gives " + token + " the id " + ids[0] + ", and " + weights.origin() + " has "
                                + rows + " rows of words: the tokenizer is that of another model");
            }
        }
    }
}
