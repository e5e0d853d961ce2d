package detangle.bench.worker;

import java.nio.file.Path;

/** Loads models; found through {@link java.util.ServiceLoader}. */
public interface SubjectProvider {
    /** The name by which a worker is told to use it. */
    String name();

    /**
     * Loads a model.
     *
     * @param model a file or folder, as the provider takes it
     * @param options what else it is told, such as a head; may be empty
     */
    Subject load(Path model, int threads, String options) throws Exception;
}
