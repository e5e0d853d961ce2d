package detangle.models.adapter;

import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.nio.file.Path;
import java.util.Arrays;

/** Tells whether a model has a matrix that an adapter changes. */
final class MergedMatrix {
    private MergedMatrix() {}

    /**
     * Compares what a model holds with what an adapter changes.
     *
     * @param adapter the adapter's file, for messages
     * @param name of the model's matrix
     * @param shown what messages call it
     * @param shape that the adapter's factors have together
     * @throws WeightsException if the model lacks the matrix, or has it in another shape or type
     */
    static void check(Weights model, Path adapter, String name, String shown, long[] shape) {
        if (!model.contains(name)) {
            throw new WeightsException(
                    adapter,
                    "changes " + shown + ", which " + model.origin()
                            + " does not hold: the adapter is one of another model");
        }
        if (!model.isReadable(name) || !model.isFloat(name)) {
            throw new WeightsException(
                    model.source(name),
                    "tensor '" + name + "' has dtype " + model.type(name)
                            + ", and an adapter is merged into floats alone");
        }
        if (!Arrays.equals(model.shape(name), shape)) {
            throw new WeightsException(
                    adapter,
                    "changes " + shown + " of shape " + Arrays.toString(shape) + ", and " + model.origin()
                            + " has it with shape " + Arrays.toString(model.shape(name))
                            + ": the adapter is one of another model");
        }
    }
}
