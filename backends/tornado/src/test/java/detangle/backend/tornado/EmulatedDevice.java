package detangle.backend.tornado;

import detangle.backend.ComputePrecision;
import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.Peaks;
import detangle.backend.Plan;
import detangle.backend.Variables;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A device that runs the launches of a program in Java, without TornadoVM's drivers.
 *
 * @param library the precision of the products that a library computes; empty where kernels compute them
 * @param backward whether threads run in the reverse order, see {@link EmulatedGroup}
 * @param activations the type of 16 bits in which values are kept; empty for the types that programs have
 */
record EmulatedDevice(Optional<ComputePrecision> library, boolean backward, Optional<DType> activations)
        implements Device {
    EmulatedDevice(Optional<ComputePrecision> library, boolean backward) {
        this(library, backward, Optional.empty());
    }

    @Override
    public String name() {
        return library.isPresent() ? "library" : "kernels";
    }

    @Override
    public String description() {
        return "kernels in Java, and products by " + name();
    }

    @Override
    public boolean runs(Node node) {
        return DeviceKernels.take(node);
    }

    @Override
    public List<ComputePrecision> precisions() {
        return List.of(ComputePrecision.FP32, ComputePrecision.FP16, ComputePrecision.BF16);
    }

    @Override
    public Device withPrecision(ComputePrecision precision) {
        return switch (precision) {
            case FP32 -> new EmulatedDevice(library, backward);
            case FP16 -> new EmulatedDevice(library, backward, Optional.of(DType.F16));
            case BF16 -> new EmulatedDevice(library, backward, Optional.of(DType.BF16));
            case TF32 -> Device.super.withPrecision(precision);
        };
    }

    @Override
    public boolean isPartial() {
        return true;
    }

    @Override
    public Variables variables(Map<String, Tensor> values) {
        return new DeviceVariables(values);
    }

    @Override
    public Executable load(Plan plan, Variables variables) {
        return new TornadoExecutable(
                plan,
                DeviceVariables.of(variables),
                (shapes, staying) -> new EmulatedGraph(plan, shapes, staying, library, backward));
    }

    @Override
    public Optional<Peaks> measurePeaks() {
        return Optional.empty();
    }
}
