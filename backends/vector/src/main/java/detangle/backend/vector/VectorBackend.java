package detangle.backend.vector;

import detangle.backend.Backend;
import detangle.backend.Device;
import detangle.backend.processor.ThreadCount;
import detangle.backend.vector.kernel.TileShape;
import detangle.backend.vector.kernel.VectorWidth;
import java.util.List;
import java.util.Optional;

/** SIMD kernels on the CPU through the Vector API, in pure Java. */
public final class VectorBackend implements Backend {
    static final String NAME = "vector";

    private static final String VECTOR_MODULE = "jdk.incubator.vector";

    /** Makes the backend for {@link java.util.ServiceLoader}. */
    public VectorBackend() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public List<Device> devices() {
        // Properties that cannot be are refused here, and not while a class is initialized.
        ThreadCount.chosen();
        VectorWidth.forced();
        if (unavailable().isPresent()) {
            return List.of();
        }
        TileShape.forced();
        return List.of(new VectorDevice());
    }

    /** Asked before any class that needs the module is touched. */
    @Override
    public Optional<String> unavailable() {
        return ModuleLayer.boot().findModule(VECTOR_MODULE).isPresent()
                ? Optional.empty()
                : Optional.of(
                        "the Vector API is not there, and what answers instead is about 20 times slower: start java with"
                                + " --add-modules " + VECTOR_MODULE);
    }
}
