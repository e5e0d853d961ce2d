package detangle.bench.worker;

import detangle.ir.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A loaded model whose runs are timed. */
public interface Subject {
    /** Returns what runs the model, with its version. */
    String version();

    /** Returns the names of the inputs that the model takes. */
    Set<String> inputs();

    /** Prepares one forward pass over these inputs, from host memory to host memory. */
    Forward prepare(Map<String, Tensor> inputs) throws Exception;

    /**
     * Prepares a run from a text to the outputs.
     *
     * @throws UnsupportedOperationException if the model takes ids alone
     */
    default Forward prepare(String text) throws Exception {
        throw new UnsupportedOperationException(version() + " takes ids, not texts");
    }

    /**
     * Returns all batches of a file, one after another.
     *
     * @throws UnsupportedOperationException if the runtime does not read files
     */
    default Forward prepare(Path batches) throws Exception {
        throw new UnsupportedOperationException(version() + " takes ids, not files of batches");
    }

    /**
     * Returns each batch of a file of requests. The file holds texts for Detangle's pipelines, and an {@link InputFile}
     * for a runtime that takes tensors.
     *
     * @throws UnsupportedOperationException if the runtime does not read such files
     */
    default List<Forward> requests(Path file) throws Exception {
        throw new UnsupportedOperationException(version() + " takes ids, not files of requests");
    }

    /** A forward pass that is ready to run, any number of times. */
    @FunctionalInterface
    interface Forward {
        void run() throws Exception;
    }

    /**
     * The distance of outputs from others.
     *
     * @param nmse normalised mean squared error: the squares of differences over those of the others
     * @param largest the largest absolute difference
     */
    record Difference(double nmse, double largest) {}

    /**
     * Returns how far the outputs are from those of the same model loaded with other options of its provider.
     *
     * @throws UnsupportedOperationException if its options do not change outputs
     */
    default Difference difference(Map<String, Tensor> inputs, String options) throws Exception {
        throw new UnsupportedOperationException(version() + " compares no outputs");
    }

    /** Peak floating-point operations and bytes a second of what runs the model, {@code NaN} where it cannot tell. */
    default double[] peaks() {
        return new double[] {Double.NaN, Double.NaN};
    }
}
