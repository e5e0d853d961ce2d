package detangle.cli;

import detangle.ir.Tensor;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** A safetensors file with a vector for each label, by its name. */
final class LabelVectorFile {
    /** The description of the option that names one. */
    static final String OPTION = "A safetensors file with a vector for each label, by its name, instead of those that a"
            + " bi-encoder computes.";

    private LabelVectorFile() {}

    /**
     * Reads a file.
     *
     * @throws WeightsException if it cannot be read, or holds something else than rows of numbers
     */
    static Map<String, float[]> read(Path file) {
        try (Weights weights = Weights.open(file)) {
            return weights.reading(() -> {
                Map<String, float[]> vectors = new HashMap<>();
                for (String label : weights.names()) {
                    Tensor vector = weights.get(label);
                    if (vector.rank() != 1 || !vector.dtype().isFloat()) {
                        throw new WeightsException(
                                file, label + " is " + vector.type() + ", and a label's vector is a row of numbers");
                    }
                    vectors.put(label, vector.toFloats());
                }
                return vectors;
            });
        }
    }
}
