package detangle.models.weights;

import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Predicate;

/** The parameters of a model's own layers, which stand beside an encoder's in a checkpoint. */
public final class OwnParameters {
    /** The most rows that any vocabulary may have. */
    private static final int MAX_ROWS = 1 << 24;

    private OwnParameters() {}

    /** Adds the parameters of a program by the names of their tensors. */
    public static void add(Map<String, TensorType> types, Program program) {
        for (Node node : program.nodes()) {
            if (node.op() instanceof TensorOp.Param(String name, TensorType type)) {
                types.put(name, type);
            }
        }
    }

    /**
     * Adds the parameters of an LSTM of two directions, each of half the width.
     *
     * @param prefix what the names of its tensors begin with
     * @param suffixes what they end with, by direction
     */
    public static void addLstm(Map<String, TensorType> types, String prefix, List<String> suffixes, long width) {
        for (String suffix : suffixes) {
            types.put(prefix + "weight_ih" + suffix, TensorType.of(DType.F32, 2 * width, width));
            types.put(prefix + "weight_hh" + suffix, TensorType.of(DType.F32, 2 * width, width / 2));
            types.put(prefix + "bias_ih" + suffix, TensorType.of(DType.F32, 2 * width));
            types.put(prefix + "bias_hh" + suffix, TensorType.of(DType.F32, 2 * width));
        }
    }

    /**
     * Reads parameters and holds them against the configuration, before programs of their sizes are run.
     *
     * @param sizes what says their sizes, in messages: {@code hidden_size 8 of config.json}
     * @throws WeightsException that names a tensor that is lacking, of another shape, or not of finite numbers
     */
    public static Map<String, Tensor> read(Weights weights, SequencedMap<String, TensorType> types, String sizes) {
        SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
        types.forEach((name, type) -> {
            // Nothing of a tensor of another type or shape is read.
            if (weights.contains(name) && weights.isReadable(name)) {
                checkType(weights, name, type, sizes);
            }
            tensors.put(name, weights.get(name));
        });
        FiniteWeights.check(weights, tensors);
        return tensors;
    }

    /**
     * Holds those parameters that a checkpoint has against the configuration, without reading them.
     *
     * @param sizes what says their sizes, in messages
     * @throws WeightsException that names a tensor of another type or shape
     */
    public static void check(Weights weights, Map<String, TensorType> types, String sizes) {
        types.forEach((name, type) -> {
            if (weights.contains(name)) {
                checkType(weights, name, type, sizes);
            }
        });
    }

    private static void checkType(Weights weights, String name, TensorType type, String sizes) {
        if (!weights.isFloat(name)) {
            throw new WeightsException(
                    weights.source(name),
                    name + " has dtype " + weights.type(name) + ", and a parameter is a floating-point number");
        }
        Shape shape = Shape.of(weights.shape(name));
        if (!shape.equals(type.shape())) {
            throw new WeightsException(
                    weights.source(name),
                    name + " has shape " + shape + ", and " + sizes + " asks for " + type.shape()
                            + ": correct it, or choose the weights that belong to it");
        }
    }

    /**
     * Refuses tensors that are left over: the configuration is that of another model.
     *
     * @param unused which tensors are the model's and no parameter's
     * @param file the configuration's name
     * @throws WeightsException that names the first of them
     */
    public static void refuseUnused(Weights weights, Predicate<String> unused, String file) {
        List<String> names = weights.names().stream().filter(unused).toList();
        if (!names.isEmpty()) {
            throw new WeightsException(
                    weights.origin(),
                    "holds " + names.getFirst()
                            + (names.size() == 1 ? "" : " and " + (names.size() - 1) + " more tensors")
                            + " of the model that no parameter takes: " + file
                            + " describes another model; --ignore-unused passes over them");
        }
    }

    /**
     * Returns rows of an encoder's table of words.
     *
     * @param name the table's, if there is one
     * @param lacking what there is not otherwise, in messages
     * @throws WeightsException if there is no such table
     */
    public static int wordRows(Weights weights, Optional<String> name, String lacking) {
        String table = name.orElseThrow(() -> new WeightsException(weights.origin(), "has no " + lacking));
        long[] shape = weights.shape(table);
        if (shape.length != 2 || shape[0] < 1 || shape[0] > MAX_ROWS) {
            throw new WeightsException(
                    weights.source(table),
                    table + " has the shape " + Arrays.toString(shape) + ", and a table of words has two sizes");
        }
        return (int) shape[0];
    }
}
