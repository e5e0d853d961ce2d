package detangle.backend.tornado;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Optional;

/** TornadoVM's first device, without which tests are skipped. */
final class Devices {
    private Devices() {}

    static Accelerator first() {
        TornadoBackend backend = new TornadoBackend();
        Optional<String> unavailable = backend.unavailable();
        unavailable.ifPresent(why -> System.out.println("TornadoVM's devices are not tested: " + why));
        assumeTrue(unavailable.isEmpty());
        return (Accelerator) backend.devices().getFirst();
    }
}
