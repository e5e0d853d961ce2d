package detangle.runtime.placement;

import detangle.backend.BackendException;
import detangle.backend.ComputePrecision;
import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.KernelCode;
import detangle.backend.Peaks;
import detangle.backend.Plan;
import detangle.backend.Variables;
import detangle.compiler.MemoryPlanner;
import detangle.compiler.Passes;
import detangle.compiler.placement.Placement;
import detangle.compiler.placement.Segment;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Place;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.runtime.placement.PlacedExecutable.Loaded;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** A device together with the host, which runs what the device has no kernel for. */
public final class PlacedDevice implements Device {
    private final Device device;
    private final Device host;
    private final Predicate<Node> allowed;

    /** @param allowed whether the device may run an operation that it can */
    public PlacedDevice(Device device, Device host, Predicate<Node> allowed) {
        this.device = device;
        this.host = host;
        this.allowed = allowed;
    }

    @Override
    public String name() {
        return device.name();
    }

    @Override
    public String description() {
        return device.description();
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
    public boolean isGpu() {
        return device.isGpu();
    }

    @Override
    public List<ComputePrecision> precisions() {
        return device.precisions();
    }

    /** Returns the device in a precision; the host computes its part in fp32. */
    @Override
    public Device withPrecision(ComputePrecision precision) {
        return new PlacedDevice(device.withPrecision(precision), host, allowed);
    }

    @Override
    public Optional<Peaks> measurePeaks() {
        return device.measurePeaks();
    }

    @Override
    public Program place(Program program) {
        return new Placement(node -> device.runs(node) && allowed.test(node)).run(program);
    }

    /** Returns the nodes of the host's own parts that the host leaves to the interpreter. */
    @Override
    public List<Node> interpreted(Program program) {
        return Segment.split(place(program)).stream()
                .flatMap(segment -> at(segment.place()).interpreted(segment.program()).stream())
                .toList();
    }

    private Device at(Place place) {
        return place == Place.DEVICE ? device : host;
    }

    /** Returns the parts of a program, with values of 16 bits in those of a device that keeps them so. */
    private List<Segment> segments(Program placed) {
        return Segment.split(placed).stream().map(this::typed).toList();
    }

    private Segment typed(Segment segment) {
        return segment.place() == Place.HOST
                ? segment
                : device.activations()
                        .map(dtype -> segment.withProgram(
                                Passes.narrowActivations(dtype).run(segment.program())))
                        .orElse(segment);
    }

    /** Checks results of 16 bits against the host's. */
    private RangeCheck exactly(Plan plan, DType dtype) {
        return new RangeCheck(name(), dtype, () -> host.load(plan));
    }

    private static Plan plan(Segment segment) {
        return new Plan(segment.program(), MemoryPlanner.plan(segment.program()));
    }

    @Override
    public List<KernelCode> kernels(Plan plan) {
        List<KernelCode> kernels = new ArrayList<>();
        for (Segment segment : segments(place(plan.program()))) {
            kernels.addAll(at(segment.place()).kernels(plan(segment)));
        }
        return kernels;
    }

    /** Parameters live on the device. */
    @Override
    public Variables variables(Map<String, Tensor> values) {
        return device.variables(values);
    }

    /** Returns whether the device computes all that a run computes, and all that a run results in. */
    private boolean runsWhole(Program program) {
        return program.roots().stream().noneMatch(PlacedDevice::isGiven)
                && program.eachRun().stream()
                        .allMatch(node -> isGiven(node) || device.runs(node) && allowed.test(node));
    }

    private static boolean isGiven(Node node) {
        return node.op() instanceof TensorOp.Input || node.op() instanceof TensorOp.Param;
    }

    @Override
    public Executable load(Plan plan, Variables variables) {
        Program placed = place(plan.program());
        // Each part computes the updates as outputs, so that the parts do not tell.
        if (device.activations().isPresent() && !placed.updates().isEmpty()) {
            throw new BackendException(
                    name() + " computes programs that update parameters in 32 bits alone, and not in "
                            + device.activations().get().text() + ": leave the precision out");
        }
        if (!plan.program().updates().isEmpty() && runsWhole(plan.program())) {
            // What is one program of the device can keep its parameters there.
            return device.load(plan, variables);
        }
        List<Loaded> loaded = new ArrayList<>();
        try {
            for (Segment segment : segments(placed)) {
                // Parts of the host are given the values of the parameters that they read.
                Executable executable = switch (segment.place()) {
                    case HOST -> host.load(plan(segment));
                    case DEVICE -> device.load(plan(segment), variables);
                };
                loaded.add(new Loaded(segment, executable));
            }
        } catch (RuntimeException | Error e) {
            loaded.forEach(l -> l.executable().close());
            throw e;
        }
        return new PlacedExecutable(
                placed, List.copyOf(loaded), variables, device.activations().map(dtype -> exactly(plan, dtype)));
    }
}
