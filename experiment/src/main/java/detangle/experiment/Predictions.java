package detangle.experiment;

import detangle.ir.InternalException;
import detangle.ir.Tensor;
import detangle.models.deberta.OutputNames;
import detangle.train.data.Example;
import detangle.train.data.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * The outputs of a head for the examples of a set, in their order. Batches are added until there is one row for each
 * example.
 */
public final class Predictions {
    private final List<Example> examples;
    private final SequencedMap<String, List<float[]>> values = new LinkedHashMap<>();

    /** Makes predictions without any row. */
    public Predictions(List<Example> examples) {
        this.examples = List.copyOf(examples);
    }

    /** Adds the outputs of the head for the next examples, {@code f32[B,...]} by name. */
    public void add(Map<String, Tensor> outputs) {
        outputs.forEach((name, tensor) -> {
            if (tensor.rank() > 0) {
                List<float[]> rows = values.computeIfAbsent(name, n -> new ArrayList<>());
                int count = Math.toIntExact(tensor.dim(0));
                int width = Math.toIntExact(tensor.elements() / count);
                for (int row = 0; row < count; row++) {
                    float[] copy = new float[width];
                    tensor.copyTo((long) row * width, copy, 0, width);
                    rows.add(copy);
                }
            }
        });
    }

    /** Returns whether all values are finite numbers. */
    boolean areFinite() {
        for (List<float[]> rows : values.values()) {
            for (float[] row : rows) {
                for (float value : row) {
                    if (!Float.isFinite(value)) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    /** Returns the number of examples. */
    public int size() {
        return examples.size();
    }

    /** Returns the examples. */
    public List<Example> examples() {
        return examples;
    }

    /** Returns the right answer of an example, which must be of a kind. */
    public <T extends Target> T target(int example, Class<T> kind) {
        return kind.cast(examples.get(example).target());
    }

    /**
     * Returns the values of an output for an example, one axis after the other. Where an axis is that of tokens, those
     * of the example come first, and as many of padding follow as the longest example of its batch needs.
     */
    public float[] values(String output, int example) {
        List<float[]> rows = values.get(output);
        if (rows == null) {
            throw new InternalException("the head has no output " + output + " but " + values.keySet());
        }
        return rows.get(example);
    }

    /** Returns the logits of an example. */
    public float[] logits(int example) {
        return values(OutputNames.LOGITS, example);
    }

    /** Returns the names of the outputs. */
    public List<String> outputs() {
        return List.copyOf(values.keySet());
    }
}
