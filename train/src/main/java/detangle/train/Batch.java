package detangle.train;

import detangle.ir.Tensor;
import java.util.Map;

/**
 * Rows that go through the model together.
 *
 * @param inputs a tensor for each input of the model with its loss, by name, such as {@code input_ids} and
 *     {@code labels}
 * @param rows how many rows there are; of multiple choice a row has several sequences
 * @param items how many labels the loss is the mean of: the rows that have a label, or the tokens that have one
 */
public record Batch(Map<String, Tensor> inputs, int rows, long items) {
    public Batch {
        inputs = Map.copyOf(inputs);
    }
}
