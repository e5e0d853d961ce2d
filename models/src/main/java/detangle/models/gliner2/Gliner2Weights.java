package detangle.models.gliner2;

import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.models.weights.FiniteWeights;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** A GLiNER2 checkpoint held against its configuration; gliner2 loads strictly, and so does this. */
public final class Gliner2Weights {
    /** Where the encoder's tensors stand. */
    public static final String ENCODER = "encoder.";

    private static final String WORDS = ENCODER + "embeddings.word_embeddings.weight";

    /** As many as any vocabulary may have. */
    private static final int MOST_ROWS = 1 << 24;

    private Gliner2Weights() {}

    /**
     * Rows of the encoder's table of words.
     *
     * @throws WeightsException if there is no such table
     */
    public static int wordRows(Weights weights) {
        if (!weights.contains(WORDS)) {
            throw new WeightsException(weights.origin(), "has no " + WORDS + ", as GLiNER2 models have");
        }
        long[] shape = weights.shape(WORDS);
        if (shape.length != 2 || shape[0] < 1 || shape[0] > MOST_ROWS) {
            throw new WeightsException(
                    weights.source(WORDS),
                    WORDS + " has the shape " + Arrays.toString(shape) + ", and a table of words has two sizes");
        }
        return (int) shape[0];
    }

    /**
     * The parameters of programs behind the encoder.
     *
     * @param whole programs whose parameters a checkpoint may hold, though the others do not read them
     * @param ignoreUnused whether tensors that no parameter takes are passed over
     * @throws WeightsException that names a tensor that is lacking, of another shape, not of finite numbers, or left
     *     over
     */
    public static Map<String, Tensor> parameters(
            Collection<Program> programs, Collection<Program> whole, Weights weights, boolean ignoreUnused) {
        SequencedMap<String, TensorType> types = types(programs);
        SequencedMap<String, TensorType> known = types(whole);
        SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
        types.forEach((name, type) -> {
            // Nothing of a tensor of another type or shape is read.
            if (weights.contains(name) && weights.isReadable(name)) {
                checkType(weights, name, type);
            }
            tensors.put(name, weights.get(name));
        });
        FiniteWeights.check(weights, tensors);
        known.forEach((name, type) -> {
            if (weights.contains(name)) {
                checkType(weights, name, type);
            }
        });
        List<String> unused = weights.names().stream()
                .filter(name -> !name.startsWith(ENCODER) && !known.containsKey(name))
                .toList();
        if (!unused.isEmpty() && !ignoreUnused) {
            throw new WeightsException(
                    weights.origin(),
                    "holds " + unused.getFirst()
                            + (unused.size() == 1 ? "" : " and " + (unused.size() - 1) + " more tensors")
                            + " of the model that no parameter takes: " + Gliner2Config.FILE
                            + " describes another model; --ignore-unused passes over them");
        }
        return tensors;
    }

    private static SequencedMap<String, TensorType> types(Collection<Program> programs) {
        SequencedMap<String, TensorType> types = new LinkedHashMap<>();
        for (Program program : programs) {
            for (Node node : program.nodes()) {
                if (node.op() instanceof TensorOp.Param(String name, TensorType type)) {
                    types.put(name, type);
                }
            }
        }
        return types;
    }

    private static void checkType(Weights weights, String name, TensorType type) {
        if (!weights.isFloat(name)) {
            throw new WeightsException(
                    weights.source(name),
                    name + " has dtype " + weights.type(name) + ", and a parameter is a floating-point number");
        }
        Shape shape = Shape.of(weights.shape(name));
        if (!shape.equals(type.shape())) {
            throw new WeightsException(
                    weights.source(name),
                    name + " has shape " + shape + ", and " + Gliner2Config.FILE + " and hidden_size of "
                            + Gliner2Config.ENCODER_FILE + " ask for " + type.shape()
                            + ": correct them, or choose the weights that belong to them");
        }
    }
}
