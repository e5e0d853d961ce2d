package detangle.compiler;

import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What programs of {@link Pipeline#packedInference} are given beside the inputs of the model: where in a padded batch its
 * tokens stand. Where a program could not be packed, it takes no more than the model's inputs.
 */
public final class PackedBatch {
    /** {@code i64[T]}: the number b*S+s of each token, ascending. */
    public static final String ROWS = "token_rows";

    /** {@code i32[B+1]}: how many tokens stand before each sequence, and after the last. */
    public static final String SEGMENTS = "segments";

    private PackedBatch() {}

    /** Whether the program takes packed tokens. */
    public static boolean isTakenBy(Program program) {
        return program.inputs().stream().anyMatch(n -> isInput(n, ROWS));
    }

    /** Whether it takes the first token of each sequence for what stands at its first position. */
    public static boolean readsFirstTokens(Program program) {
        return program.nodes().stream()
                .anyMatch(n -> n.op() instanceof TensorOp.Slice && isInput(n.input(0), SEGMENTS));
    }

    private static boolean isInput(Node node, String name) {
        return node.op() instanceof TensorOp.Input(String input, var type) && input.equals(name);
    }

    /**
     * The inputs with those that follow from {@code attention_mask}; empty where the batch cannot be packed.
     *
     * @param firstTokens whether the first position of each sequence must be a token
     */
    public static Optional<Map<String, Tensor>> inputs(Map<String, Tensor> inputs, boolean firstTokens) {
        Optional<Tensor> given = Optional.ofNullable(inputs.get("attention_mask"));
        if (given.isEmpty() || given.get().rank() < 2) {
            return Optional.empty(); // The padded program says what is wrong.
        }
        Tensor mask = given.get();
        int length = Math.toIntExact(mask.dim(-1));
        int batch = 1;
        for (int axis = 0; axis < mask.rank() - 1; axis++) {
            batch = Math.multiplyExact(batch, Math.toIntExact(mask.dim(axis)));
        }
        long[] rows = new long[Math.multiplyExact(batch, length)];
        int[] segments = new int[batch + 1];
        int tokens = 0;
        for (int b = 0; b < batch; b++) {
            for (int s = 0; s < length; s++) {
                int row = b * length + s;
                if (mask.getLong(row) != 0) {
                    rows[tokens++] = row;
                } else if (s == 0 && firstTokens) {
                    return Optional.empty();
                }
            }
            segments[b + 1] = tokens;
        }
        Map<String, Tensor> all = new HashMap<>(inputs);
        all.put(ROWS, Tensor.of(Arrays.copyOf(rows, tokens), tokens));
        all.put(SEGMENTS, Tensor.of(segments, batch + 1));
        return Optional.of(all);
    }
}
