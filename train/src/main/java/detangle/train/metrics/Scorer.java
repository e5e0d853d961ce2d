package detangle.train.metrics;

import detangle.ir.Tensor;
import java.util.Map;
import java.util.SequencedMap;

/** Takes what a model says of labelled batches, one by one, and measures it. It keeps decisions, and no logits beyond those. */
public interface Scorer {
    /**
     * Takes a batch.
     *
     * @param inputs what the model and its loss were given, labels among it
     * @param outputs what the head said
     */
    void add(Map<String, Tensor> inputs, Map<String, Tensor> outputs);

    /** The measures of all batches so far by the names that HuggingFace's examples give them. */
    SequencedMap<String, Double> scores();
}
