package detangle.bench.worker;

import java.nio.file.Path;
import java.util.List;

/** Loads models; found through {@link java.util.ServiceLoader}. */
public interface SubjectProvider {
    /** Returns the name by which a worker is told to use it. */
    String name();

    /**
     * Loads a model.
     *
     * @param model a file or folder, as the provider takes it
     * @param inputs the names of ids, of the mask and, if the model has them, of token types, in this order
     * @param options what else it is told, such as a head; may be empty
     */
    Subject load(Path model, int threads, List<String> inputs, String options) throws Exception;
}
