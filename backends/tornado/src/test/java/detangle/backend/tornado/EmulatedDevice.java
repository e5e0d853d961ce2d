package detangle.backend.tornado;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.HostVariables;
import detangle.backend.Peaks;
import detangle.backend.Plan;
import detangle.backend.Variables;
import detangle.backend.tornado.cublaslt.ProductPrecision;
import detangle.ir.Node;
import detangle.ir.Tensor;
import java.util.Map;
import java.util.Optional;

/**
 * A device that runs the launches of a program in Java, without TornadoVM's drivers.
 *
 * @param library the precision of the products that a library computes; empty where kernels compute them
 * @param backward whether threads run in the reverse order, see {@link EmulatedGroup}
 */
record EmulatedDevice(Optional<ProductPrecision> library, boolean backward) implements Device {
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
        return DeviceKernels.of(node).isPresent();
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
        return new TornadoExecutable(
                plan, HostVariables.of(variables), shapes -> new EmulatedGraph(plan, shapes, library, backward));
    }

    @Override
    public Optional<Peaks> measurePeaks() {
        return Optional.empty();
    }
}
