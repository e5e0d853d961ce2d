package detangle.server;

import ai.onnxruntime.OrtException;
import java.util.List;

/** A model that another runtime runs, for comparisons. */
sealed interface PeerModel extends AutoCloseable permits OnnxRuntimeModel, OnnxRuntimeEntities {
    /**
     * What the model says of a text, as the server's routes have it.
     *
     * @param labels to choose from or to look for; empty where the model has its own
     */
    Object answer(String text, List<String> labels);

    @Override
    void close() throws OrtException;
}
