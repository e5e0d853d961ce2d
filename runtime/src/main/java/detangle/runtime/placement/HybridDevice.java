package detangle.runtime.placement;

import detangle.backend.BackendException;
import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.HostVariables;
import detangle.backend.KernelCode;
import detangle.backend.MeasurementFile;
import detangle.backend.Peaks;
import detangle.backend.Plan;
import detangle.backend.Variables;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A device and the host, with the work divided as measurement says. What is measured is the whole program, transfers
 * and all, with kinds of operations on one side or the other; what was found is kept by device, program and shape.
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

    /** Returns those of either side, for each may run all that it can. */
    @Override
    public List<KernelCode> kernels(Plan plan) {
        List<KernelCode> kernels = new ArrayList<>(new PlacedDevice(device, host, node -> true).kernels(plan));
        kernels.addAll(host.kernels(plan));
        return kernels;
    }

    /** Returns what the device interprets if it runs all that it can. */
    @Override
    public List<Node> interpreted(Program program) {
        return new PlacedDevice(device, host, node -> true).interpreted(program);
    }

    /**
     * Refuses variables. A program with updates can neither run several times to be measured, nor move to the other
     * side when its sizes change.
     */
    @Override
    public Variables variables(Map<String, Tensor> values) {
        if (!values.isEmpty()) {
            throw new BackendException("hybrid measures a program by running it on either side, so it has no place for"
                    + " parameters that programs replace: use --backend vector, or one device");
        }
        return new HostVariables(values);
    }

    @Override
    public Executable load(Plan plan, Variables variables) {
        variables.turn(plan.program()); // Refuses a program with parameters.
        return new HybridExecutable(
                plan,
                device,
                host,
                MeasurementFile.named("placements.properties", "Operations that were best left to the host"));
    }
}
