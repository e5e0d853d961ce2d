package detangle.train;

import detangle.ir.Tensor;
import java.util.Map;

/**
 * Rows that go through the model together.
 *
 * @param inputs a tensor for each input of the model with its loss, by name, such as {@code input_ids} and
 *     {@code labels}
 * @param rows the number of rows; a row of multiple choice has several sequences
 * @param items the number of labels that the loss is the mean of: of the rows that have a label, or of such tokens
 */
public record Batch(Map<String, Tensor> inputs, int rows, long items) {
    /** A batch without rows. */
    public static final Batch EMPTY = new Batch(Map.of(), 0, 0);

    public Batch {
        inputs = Map.copyOf(inputs);
    }

    /** Returns the same rows with other inputs. */
    Batch with(Map<String, Tensor> others) {
        return new Batch(others, rows, items);
    }
}
