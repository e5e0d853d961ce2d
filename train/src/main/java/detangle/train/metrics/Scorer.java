package detangle.train.metrics;

import detangle.ir.Tensor;
import java.util.Map;
import java.util.SequencedMap;

/** Measures the outputs of a model for labelled batches, one by one. It keeps decisions, and not logits. */
public interface Scorer {
    /**
     * Takes a batch.
     *
     * @param inputs the inputs of the model and its loss, labels included
     * @param outputs the outputs of the head
     */
    void add(Map<String, Tensor> inputs, Map<String, Tensor> outputs);

    /**
     * Returns the measures of all batches so far, by the names of HuggingFace's example scripts. Before the first batch
     * they have these names already, and values without a meaning.
     */
    SequencedMap<String, Double> scores();
}
