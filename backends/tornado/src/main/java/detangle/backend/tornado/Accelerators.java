package detangle.backend.tornado;

import detangle.backend.ComputePrecision;
import detangle.backend.Device;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import uk.ac.manchester.tornado.api.TornadoRuntime;
import uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider;

/**
 * The devices of TornadoVM's drivers, the preferred first: {@code cuda:0}, {@code opencl:0}, {@code opencl:1}. A GPU goes
 * before a CPU, and CUDA before other drivers of the same card, as cuBLASLt multiplies there.
 */
final class Accelerators {
    private static final String LIBRARY_DRIVER = "cuda";

    private Accelerators() {}

    static List<Device> all() {
        TornadoSettings.apply();
        TornadoRuntime runtime = TornadoRuntimeProvider.getTornadoRuntime();
        List<Accelerator> all = new ArrayList<>();
        for (int driver = 0; driver < runtime.getNumBackends(); driver++) {
            String kind = runtime.getBackendType(driver).name().toLowerCase(Locale.ROOT);
            for (int i = 0; i < runtime.getBackend(driver).getNumDevices(); i++) {
                all.add(new Accelerator(
                        kind + ":" + i, runtime.getBackend(driver).getDevice(i), ComputePrecision.FP32));
            }
        }
        all.sort(Comparator.comparing((Accelerator a) -> !a.isGpu())
                .thenComparing(a -> !a.name().startsWith(LIBRARY_DRIVER)));
        return List.copyOf(all);
    }
}
