package detangle.plug.djl;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineProvider;

/** Gives the engine {@code Detangle} to DJL, which finds this class as a service. */
public final class DetangleEngineProvider implements EngineProvider {
    private static final Engine ENGINE = new DetangleEngine();

    @Override
    public String getEngineName() {
        return DetangleEngine.NAME;
    }

    @Override
    public int getEngineRank() {
        return DetangleEngine.RANK;
    }

    @Override
    public Engine getEngine() {
        return ENGINE;
    }
}
