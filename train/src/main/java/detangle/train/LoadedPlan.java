package detangle.train;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.Plan;
import detangle.backend.Variables;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.runtime.PackedBatch;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A program on a device, and the names of the inputs that it reads. */
record LoadedPlan(Plan plan, Executable executable, Set<String> inputs, Optional<PackedBatch> packing) {
    static LoadedPlan of(Device device, Plan plan, Variables variables) {
        Set<String> inputs = new HashSet<>();
        plan.program().inputs().forEach(input -> inputs.add(((TensorOp.Input) input.op()).name()));
        return new LoadedPlan(plan, device.load(plan, variables), inputs, PackedBatch.of(plan.program()));
    }

    /** Runs the program with the tensors that it reads. */
    Map<String, Tensor> run(Map<String, Tensor> given) {
        Map<String, Tensor> all = packing.isEmpty() ? given : packed(packing.get(), given);
        Map<String, Tensor> read = new HashMap<>(all);
        read.keySet().retainAll(inputs);
        return executable.run(read);
    }

    private static Map<String, Tensor> packed(PackedBatch packing, Map<String, Tensor> given) {
        return packing.inputs(given)
                .orElseThrow(() -> new TrainingException("a batch has a row without a token at its first position:"
                        + " padding must stand behind the tokens"));
    }
}
