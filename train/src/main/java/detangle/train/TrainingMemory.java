package detangle.train;

import detangle.backend.Plan;
import detangle.backend.Variables;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.SizeException;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The memory that training takes on the CPU.
 *
 * @param parameterBytes the bytes of the model's parameters, those included that are constants of the programs
 * @param optimizerBytes the bytes of the optimizer's states, of gradients that are added up, and of what is exchanged
 *     with other processes
 * @param packedBytes the bytes of the packed copies that products read
 * @param activationBytes the bytes of values between forward and backward, at the sizes of a batch
 */
public record TrainingMemory(long parameterBytes, long optimizerBytes, long packedBytes, long activationBytes) {
    private static final long BYTES_PER_MIB = 1 << 20;

    /**
     * Counts the memory.
     *
     * @param plans the plans of all programs that are loaded
     * @param batch the largest batch
     * @param exchanged the bytes of what is exchanged with other processes
     */
    static TrainingMemory of(
            Variables variables, Collection<String> parameters, List<Plan> plans, Batch batch, long exchanged) {
        long ofParameters = 0;
        long others = exchanged;
        for (var variable : variables.types().entrySet()) {
            long bytes = Tensor.elements(variable.getValue().shape().sizes())
                    * variable.getValue().dtype().bytes();
            if (parameters.contains(variable.getKey())) {
                ofParameters += bytes;
            } else {
                others += bytes;
            }
        }
        Map<String, Long> packed = new HashMap<>();
        Map<String, Long> frozen = new HashMap<>();
        long ofFrozen = 0;
        long activations = 0;
        for (Plan plan : plans) {
            plan.program().nodes().forEach(node -> packed(node, packed));
            plan.program()
                    .constants()
                    .forEach((name, value) -> frozen.put(name, value.data().byteSize()));
            ofFrozen += packedConstants(plan);
            activations += activations(plan, batch);
        }
        return new TrainingMemory(ofParameters + sum(frozen), others, sum(packed) + ofFrozen, activations);
    }

    private static long sum(Map<String, Long> bytes) {
        return bytes.values().stream().mapToLong(n -> n).sum();
    }

    /** Each program packs the constants that its products read once, for both sides of a product. */
    private static long packedConstants(Plan plan) {
        Map<String, Long> packed = new HashMap<>();
        for (Node node : plan.program().nodes()) {
            if (!isProduct(node)) {
                continue;
            }
            for (Node operand : node.inputs()) {
                Node stored = operand.op() instanceof TensorOp.Convert ? operand.input(0) : operand;
                if (stored.op() instanceof TensorOp.Constant(Literal.Named(String name), TensorType type)
                        && type.rank() == 2) {
                    packed.put(
                            name,
                            Tensor.elements(type.shape().sizes())
                                    * Math.min(Float.BYTES, type.dtype().bytes()));
                }
            }
        }
        return sum(packed);
    }

    private static boolean isProduct(Node node) {
        return node.op() instanceof TensorOp.Dot || node.op() instanceof KernelOp.Linear;
    }

    /** A parameter that products read is packed once for each side on which it stands. */
    private static void packed(Node node, Map<String, Long> packed) {
        for (int i = 0; i < node.inputs().size(); i++) {
            Node operand = node.input(i);
            boolean isMatrix =
                    operand.op() instanceof TensorOp.Param && operand.type().rank() == 2;
            if (isMatrix && isProduct(node) && operand.type().dtype() == DType.F32) {
                String name = ((TensorOp.Param) operand.op()).name() + " of " + node.op();
                packed.put(name, Tensor.elements(operand.shape().sizes()) * Float.BYTES);
            }
        }
    }

    private static long activations(Plan plan, Batch batch) {
        Map<String, Long> sizes = new HashMap<>();
        for (Node input : plan.program().inputs()) {
            Tensor given = batch.inputs().get(((TensorOp.Input) input.op()).name());
            for (int axis = 0; given != null && axis < input.type().rank(); axis++) {
                long size = given.dim(axis);
                input.type().dim(axis).asSymbol().ifPresent(symbol -> sizes.put(symbol, size));
            }
        }
        // All positions of a packed batch may be tokens; no input has more elements than there are positions.
        long positions = batch.inputs().values().stream()
                .mapToLong(Tensor::elements)
                .max()
                .orElse(1);
        plan.program()
                .inputs()
                .forEach(input -> input.shape()
                        .dims()
                        .forEach(dim -> dim.asSymbol().ifPresent(symbol -> sizes.putIfAbsent(symbol, positions))));
        try {
            return plan.memory().layout(sizes).bytes();
        } catch (SizeException e) {
            throw new TrainingException("a batch is too large: " + e.getMessage(), e);
        }
    }

    /** Returns all bytes together. */
    public long bytes() {
        return parameterBytes + optimizerBytes + packedBytes + activationBytes;
    }

    /** Returns one line for people. */
    public String text() {
        return String.format(
                Locale.ROOT,
                "memory: %,d MiB: parameters %,d, optimizer %,d, packed matrices %,d, activations of the first"
                        + " batch %,d",
                bytes() / BYTES_PER_MIB,
                parameterBytes / BYTES_PER_MIB,
                optimizerBytes / BYTES_PER_MIB,
                packedBytes / BYTES_PER_MIB,
                activationBytes / BYTES_PER_MIB);
    }

    /**
     * Compares the memory with the heap.
     *
     * @throws TrainingException if it does not fit
     */
    void check(long heapBytes) {
        if (bytes() > heapBytes) {
            throw new TrainingException("training does not fit into the heap of " + heapBytes / BYTES_PER_MIB + " MiB ("
                    + text() + "): take smaller batches with more gradient_accumulation_steps, gradient_checkpointing,"
                    + " shorter rows, freeze embeddings, or give Java more memory with -Xmx");
        }
    }
}
