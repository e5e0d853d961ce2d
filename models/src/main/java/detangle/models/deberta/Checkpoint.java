package detangle.models.deberta;

import detangle.ir.Tensor;
import detangle.models.weights.Weights;
import java.util.Map;
import java.util.TreeMap;

/** The parameters of a checkpoint under the names that {@link DebertaModel} gives them. */
public final class Checkpoint {
    private static final String PREFIX = "deberta.";

    private Checkpoint() {}

    /**
     * The tensors by parameter name. A checkpoint of the bare encoder leaves out the prefix {@code deberta.}; here it is
     * added.
     */
    public static Map<String, Tensor> parameters(Weights weights) {
        Map<String, Tensor> parameters = new TreeMap<>();
        for (String name : weights.names()) {
            boolean bare = name.startsWith("embeddings.") || name.startsWith("encoder.");
            parameters.put(bare ? PREFIX + name : name, weights.get(name));
        }
        return parameters;
    }
}
