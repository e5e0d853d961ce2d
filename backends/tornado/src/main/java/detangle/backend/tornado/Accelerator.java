package detangle.backend.tornado;

import detangle.backend.BackendException;
import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.HostVariables;
import detangle.backend.KernelCode;
import detangle.backend.Peaks;
import detangle.backend.Plan;
import detangle.backend.Variables;
import detangle.backend.tornado.cublaslt.ProductPrecision;
import detangle.ir.Node;
import detangle.ir.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;

/** A device of TornadoVM. */
record Accelerator(String name, TornadoDevice tornado) implements Device {
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
    Optional<ProductPrecision> library() {
        return isVirtual() ? Optional.empty() : Products.of(name);
    }

    @Override
    public boolean runs(Node node) {
        return DeviceKernels.of(node).isPresent();
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
        return new HostVariables(values);
    }

    @Override
    public Executable load(Plan plan, Variables variables) {
        if (isVirtual()) {
            throw new BackendException(name + " is virtual: dump-ir --kernels shows its code, and nothing runs there");
        }
        return new TornadoExecutable(plan, HostVariables.of(variables), shapes -> new DeviceGraph(plan, shapes, this));
    }

    @Override
    public List<KernelCode> kernels(Plan plan) {
        return TornadoExecutable.alone(() -> KernelCompiler.compile(plan, tornado, library(), suffix()));
    }

    private String suffix() {
        String driver = name.substring(0, name.indexOf(':'));
        return switch (driver) {
            case "opencl" -> "cl";
            case "cuda" -> "cu";
            default -> driver;
        };
    }

    /** Until a measurement of devices is here. */
    @Override
    public Optional<Peaks> measurePeaks() {
        return Optional.empty();
    }
}
