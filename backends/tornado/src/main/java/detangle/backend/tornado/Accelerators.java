package detangle.backend.tornado;

import detangle.backend.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import uk.ac.manchester.tornado.api.TornadoRuntime;
import uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider;

/** The devices of TornadoVM's drivers, in their order: {@code opencl:0}, {@code opencl:1}, {@code cuda:0}. */
final class Accelerators {
    private Accelerators() {}

    static List<Device> all() {
        TornadoSettings.apply();
        TornadoRuntime runtime = TornadoRuntimeProvider.getTornadoRuntime();
        List<Device> all = new ArrayList<>();
        for (int driver = 0; driver < runtime.getNumBackends(); driver++) {
            String kind = runtime.getBackendType(driver).name().toLowerCase(Locale.ROOT);
            for (int i = 0; i < runtime.getBackend(driver).getNumDevices(); i++) {
                all.add(new Accelerator(
                        kind + ":" + i, runtime.getBackend(driver).getDevice(i)));
            }
        }
        return all;
    }
}
