package detangle.backend.tornado;

import detangle.backend.Backend;
import detangle.backend.ComputePrecision;
import detangle.backend.Device;
import java.util.List;
import java.util.Optional;

/** Devices that are emulated, for tests: {@code emulator:kernels} and {@code emulator:library}. */
public final class EmulatorBackend implements Backend {
    /** Makes the backend; {@link java.util.ServiceLoader} calls it. */
    public EmulatorBackend() {}

    @Override
    public String name() {
        return "emulator";
    }

    @Override
    public List<Device> devices() {
        return List.of(
                new EmulatedDevice(Optional.empty(), false),
                new EmulatedDevice(Optional.of(ComputePrecision.FP32), true));
    }

    @Override
    public Optional<String> unavailable() {
        return Optional.empty();
    }
}
