package detangle.plug.djl;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.util.passthrough.PassthroughNDManager;
import detangle.pipelines.Pipeline;
import java.util.Optional;

/**
 * The engine {@code Detangle} of DJL. It loads models whose translator is a {@link DetangleTranslatorFactory}'s. It has
 * no arrays of its own: texts reach the model as they are, and answers leave it as they are.
 */
public final class DetangleEngine extends Engine {
    /** The name by which {@code Criteria.optEngine} chooses it. */
    public static final String NAME = "Detangle";

    /** Larger than those of engines with arrays, one of which stays the default where there are several. */
    static final int RANK = 100;

    DetangleEngine() {}

    @Override
    public Model newModel(String name, Device device) {
        return new DetangleModel(name, newBaseManager(device));
    }

    @Override
    public NDManager newBaseManager() {
        return newBaseManager(null);
    }

    @Override
    public NDManager newBaseManager(Device device) {
        return new PassthroughNDManager(this, device);
    }

    /** Returns null, which is DJL's word for no engine: there is none that lends arrays. */
    @Override
    public Engine getAlternativeEngine() {
        return null;
    }

    @Override
    public String getEngineName() {
        return NAME;
    }

    @Override
    public int getRank() {
        return RANK;
    }

    /** Returns the version in the manifest of the jar; {@code unknown} where classes are in a folder. */
    @Override
    public String getVersion() {
        return Optional.ofNullable(Pipeline.class.getPackage().getImplementationVersion())
                .orElse("unknown");
    }

    /** Returns false: the capabilities that DJL asks for are those of engines on GPUs. */
    @Override
    public boolean hasCapability(String capability) {
        return false;
    }

    @Override
    public String toString() {
        return NAME + ":" + getVersion();
    }
}
