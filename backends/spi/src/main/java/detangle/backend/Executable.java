package detangle.backend;

import detangle.ir.Tensor;
import java.util.Map;

/** A program on a device. Any number of threads may run it at once. */
public interface Executable extends AutoCloseable {
    /**
     * Runs the program. Its {@linkplain detangle.ir.Program#updates updates} take place at the end, all of them; a run
     * that fails changes nothing. Runs with updates have their {@link Variables} to themselves, so that they take place
     * one after the other.
     *
     * @param inputs a tensor for each input of the program, by name
     * @return a tensor for each output, by name, in the program's order; the caller owns them
     * @throws InputException if an input is missing, unknown, or of another type or shape than the program's, or an id
     *     is outside its table
     */
    Map<String, Tensor> run(Map<String, Tensor> inputs);

    /**
     * Runs the program as {@link #run(Map)} does, and adds to a profile how long each operation took. That takes time
     * itself.
     *
     * @throws InputException as there
     */
    Map<String, Tensor> run(Map<String, Tensor> inputs, Profile profile);

    /**
     * Runs the program as {@link #run(Map)} does, and leaves its outputs in the memory of the device that computes
     * them, where nobody reads them: it shows how much of a run is spent on copies of results. Where that memory is the
     * host's, and where the program has updates, it is an ordinary run.
     *
     * @throws InputException as there
     */
    default void runOnDevice(Map<String, Tensor> inputs) {
        run(inputs);
    }

    /** Frees what the device holds. Running afterwards is an {@link IllegalStateException}. */
    @Override
    void close();
}
