package detangle.backend.tornado;

import detangle.backend.BackendException;
import detangle.backend.ComputePrecision;
import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.KernelCode;
import detangle.backend.Peaks;
import detangle.backend.Plan;
import detangle.backend.Variables;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;

/**
 * A device of TornadoVM.
 *
 * @param precision in which it computes
 */
record Accelerator(String name, TornadoDevice tornado, ComputePrecision precision) implements Device {
    @Override
    public String description() {
        String name = tornado.getPhysicalDevice().getDeviceName();
        return isVirtual()
                ? name + ", virtual: its kernels can be compiled and not run, through TornadoVM" + version()
                : name + ", " + (tornado.getMaxGlobalMemory() >> 20) + " MiB, through TornadoVM" + version()
                        + Products.description(this.name);
    }

    private static String version() {
        return TornadoVersion.of(TornadoDevice.class).map(v -> " " + v).orElse("");
    }

    /** Returns whether TornadoVM was asked for a device that is not there. */
    private boolean isVirtual() {
        return tornado.getTornadoVMBackend() == TornadoVMBackendType.VIRTUAL;
    }

    /**
     * Returns the precision in which the matrix library multiplies, or nothing where kernels compute this device's
     * products.
     */
    Optional<ComputePrecision> library() {
        return isVirtual() ? Optional.empty() : Products.of(name, precision);
    }

    /** Returns how attention without dropout is computed. */
    AttentionMethods attention() {
        return Products.attention(library(), library().isPresent() && Products.hasMatrixUnits(name));
    }

    @Override
    public boolean runs(Node node) {
        return DeviceKernels.take(node);
    }

    /** Floats of 16 bits need a driver that converts them, and tf32 the matrix library; both are CUDA's. */
    @Override
    public List<ComputePrecision> precisions() {
        List<ComputePrecision> precisions = new ArrayList<>(List.of(ComputePrecision.FP32));
        if (library().isPresent()) {
            precisions.add(ComputePrecision.TF32);
        }
        if (Products.isCuda(name)) {
            precisions.addAll(List.of(ComputePrecision.FP16, ComputePrecision.BF16));
        }
        return List.copyOf(precisions);
    }

    @Override
    public Device withPrecision(ComputePrecision other) {
        return precisions().contains(other) ? new Accelerator(name, tornado, other) : Device.super.withPrecision(other);
    }

    @Override
    public Optional<DType> activations() {
        return switch (precision) {
            case FP32, TF32 -> Optional.empty();
            case FP16 -> Optional.of(DType.F16);
            case BF16 -> Optional.of(DType.BF16);
        };
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
    public Variables variables(Map<String, Tensor> values) {
        return new DeviceVariables(values);
    }

    @Override
    public Executable load(Plan plan, Variables variables) {
        if (isVirtual()) {
            throw new BackendException(name + " is virtual: dump-ir --kernels shows its code, and nothing runs there");
        }
        Map<Buffers.Kept, DeviceArray> kept = new HashMap<>();
        return new TornadoExecutable(
                plan,
                DeviceVariables.of(variables),
                (shapes, staying) -> new DeviceGraph(plan, shapes, kept, staying, this));
    }

    /** A virtual device has both the kernels of devices with the matrix library and those of others. */
    @Override
    public List<KernelCode> kernels(Plan plan) {
        List<Optional<ComputePrecision>> libraries = isVirtual() && Products.isCuda(name)
                ? List.of(Optional.empty(), Optional.of(precision))
                : List.of(library());
        return TornadoExecutable.alone(() -> KernelCompiler.compile(
                plan, tornado, libraries, isVirtual() || Products.hasMatrixUnits(name), suffix()));
    }

    private String suffix() {
        String driver = name.substring(0, name.indexOf(':'));
        return switch (driver) {
            case "opencl" -> "cl";
            case "cuda" -> "cu";
            default -> driver;
        };
    }

    /** Returns nothing: peaks of devices are not measured. */
    @Override
    public Optional<Peaks> measurePeaks() {
        return Optional.empty();
    }
}
