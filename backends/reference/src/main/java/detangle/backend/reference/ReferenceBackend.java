package detangle.backend.reference;

import detangle.backend.Backend;
import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.HostVariables;
import detangle.backend.Peaks;
import detangle.backend.Plan;
import detangle.backend.Variables;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The interpreter behind the backend SPI: slow, and right by definition. */
public final class ReferenceBackend implements Backend {
    /** Makes the backend for {@link java.util.ServiceLoader}. */
    public ReferenceBackend() {}

    @Override
    public String name() {
        return "reference";
    }

    @Override
    public List<Device> devices() {
        return List.of(new ReferenceDevice());
    }

    @Override
    public Optional<String> unavailable() {
        return Optional.empty();
    }

    private record ReferenceDevice() implements Device {
        @Override
        public String name() {
            return "reference";
        }

        @Override
        public String description() {
            return "the interpreter that defines every operation; one thread, for checks and not for speed";
        }

        @Override
        public List<Node> interpreted(Program program) {
            Set<Node> eachRun = program.eachRun();
            return program.nodes().stream()
                    .filter(node -> eachRun.contains(node)
                            && !(node.op() instanceof TensorOp.Input || node.op() instanceof TensorOp.Param))
                    .toList();
        }

        @Override
        public Variables variables(Map<String, Tensor> values) {
            return new HostVariables(values);
        }

        @Override
        public Executable load(Plan plan, Variables variables) {
            return new ReferenceExecutable(plan.program(), HostVariables.of(variables));
        }

        @Override
        public Optional<Peaks> measurePeaks() {
            return Optional.empty();
        }
    }
}
