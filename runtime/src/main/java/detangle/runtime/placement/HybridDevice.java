package detangle.runtime.placement;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.KernelCode;
import detangle.backend.MeasurementFile;
import detangle.backend.Peaks;
import detangle.backend.Plan;
import detangle.ir.Node;
import detangle.ir.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A device and the host, with the work divided as measurement says. What is measured is the whole program, transfers and
 * all, with kinds of operations on one side or the other; what was found is kept by device, program and shape.
 */
public final class HybridDevice implements Device {
    private final Device device;
    private final Device host;

    public HybridDevice(Device device, Device host) {
        this.device = device;
        this.host = host;
    }

    @Override
    public String name() {
        return "hybrid";
    }

    @Override
    public String description() {
        return device.description() + ", with " + host.description();
    }

    @Override
    public void warmUp() {
        host.warmUp();
    }

    @Override
    public Device host() {
        return host;
    }

    @Override
    public Optional<Peaks> measurePeaks() {
        return device.measurePeaks();
    }

    /** Those of either side, for each may run all that it can. */
    @Override
    public List<KernelCode> kernels(Plan plan) {
        List<KernelCode> kernels = new ArrayList<>(new PlacedDevice(device, host, node -> true).kernels(plan));
        kernels.addAll(host.kernels(plan));
        return kernels;
    }

    /** As if the device ran all that it can. */
    @Override
    public List<Node> interpreted(Program program) {
        return new PlacedDevice(device, host, node -> true).interpreted(program);
    }

    @Override
    public Executable load(Plan plan) {
        return new HybridExecutable(
                plan,
                device,
                host,
                MeasurementFile.named("placements.properties", "Operations that were best left to the host"));
    }
}
