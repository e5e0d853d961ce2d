package detangle.backend.tornado;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.Peaks;
import detangle.backend.Plan;
import detangle.ir.Node;
import java.util.Optional;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;

/** A device of TornadoVM. */
record Accelerator(String name, TornadoDevice tornado) implements Device {
    @Override
    public String description() {
        return tornado.getPhysicalDevice().getDeviceName() + ", " + (tornado.getMaxGlobalMemory() >> 20)
                + " MiB, through TornadoVM";
    }

    @Override
    public boolean runs(Node node) {
        return Coverage.covers(node);
    }

    @Override
    public boolean isGpu() {
        return tornado.getDeviceType() == TornadoDeviceType.GPU;
    }

    @Override
    public boolean isPartial() {
        return true;
    }

    @Override
    public Executable load(Plan plan) {
        return new TornadoExecutable(plan, shapes -> new DeviceGraph(plan, shapes, tornado));
    }

    /** Until a measurement of devices is here. */
    @Override
    public Optional<Peaks> measurePeaks() {
        return Optional.empty();
    }
}
