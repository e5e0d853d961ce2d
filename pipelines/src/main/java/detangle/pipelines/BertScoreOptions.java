package detangle.pipelines;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The options by which a {@link BertScorer} compares texts; the names are bert-score's.
 *
 * @param numLayers the layer whose states are compared, from 1; bert-score's choice for the model if empty
 * @param allLayers whether every layer is compared, the embeddings too, and not one alone
 * @param idf whether rare tokens of the references count more
 * @param baseline a file of bert-score's rescale_baseline, with the columns LAYER, P, R and F; scores are not rescaled
 *     if empty
 */
public record BertScoreOptions(OptionalInt numLayers, boolean allLayers, boolean idf, Optional<Path> baseline) {
    /** The defaults of bert-score: its layer for the model, all tokens with the same weight, no rescaling. */
    public static final BertScoreOptions DEFAULT =
            new BertScoreOptions(OptionalInt.empty(), false, false, Optional.empty());

    public BertScoreOptions withNumLayers(int value) {
        return new BertScoreOptions(OptionalInt.of(value), allLayers, idf, baseline);
    }

    public BertScoreOptions withAllLayers(boolean value) {
        return new BertScoreOptions(numLayers, value, idf, baseline);
    }

    public BertScoreOptions withIdf(boolean value) {
        return new BertScoreOptions(numLayers, allLayers, value, baseline);
    }

    public BertScoreOptions withBaseline(Path value) {
        return new BertScoreOptions(numLayers, allLayers, idf, Optional.of(value));
    }
}
