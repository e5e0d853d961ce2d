package detangle.backend.tornado;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import detangle.backend.ComputePrecision;
import detangle.backend.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The devices that tests run on. */
final class Devices {
    private Devices() {}

    /** Returns TornadoVM's first device, without which the calling test is skipped. */
    static Accelerator first() {
        Optional<Accelerator> found = find();
        assumeTrue(found.isPresent());
        return found.orElseThrow();
    }

    /** Returns emulated devices, one without and one with a library, and TornadoVM's first where there is one. */
    static List<Device> each() {
        List<Device> all = new ArrayList<>(List.of(
                new EmulatedDevice(Optional.empty(), false),
                new EmulatedDevice(Optional.of(ComputePrecision.FP32), true)));
        find().ifPresent(all::add);
        return all;
    }

    private static Optional<Accelerator> find() {
        TornadoBackend backend = new TornadoBackend();
        Optional<String> unavailable = backend.unavailable();
        unavailable.ifPresent(why -> System.out.println("TornadoVM's devices are not tested: " + why));
        return unavailable.isPresent()
                ? Optional.empty()
                : Optional.of((Accelerator) backend.devices().getFirst());
    }
}
