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
 * What a program of {@link Passes#packedInference} is given beside the inputs of the model: where in a padded batch its
 * tokens stand. Where a program could not be packed, it takes no more than the model's inputs.
 *
 * @param readsFirstTokens whether it takes the first token of each sequence for what stands at its first position
 * @param looksUp whether it looks up tokens by their number in the padded batch
 */
public record PackedBatch(boolean readsFirstTokens, boolean looksUp) {
    /** {@code i64[T]}: the number b*S+s of each token, ascending. */
    public static final String ROWS = "token_rows";

    /** {@code i32[B+1]}: how many tokens stand before each sequence, and after the last. */
    public static final String SEGMENTS = "segments";

    /** {@code i32[B*S]}, if tokens are looked up: the number of the token at a place of the padded batch, -1 at padding. */
    public static final String TOKENS = "row_tokens";

    /** How the program's tokens are packed, if they are. */
    public static Optional<PackedBatch> of(Program program) {
        if (program.inputs().stream().noneMatch(n -> isInput(n, ROWS))) {
            return Optional.empty();
        }
        return Optional.of(new PackedBatch(
                program.nodes().stream()
                        .anyMatch(n -> n.op() instanceof TensorOp.Slice && isInput(n.input(0), SEGMENTS)),
                program.inputs().stream().anyMatch(n -> isInput(n, TOKENS))));
    }

    private static boolean isInput(Node node, String name) {
        return node.op() instanceof TensorOp.Input(String input, var type) && input.equals(name);
    }

    /** The inputs with those that follow from {@code attention_mask}; empty where the batch cannot be packed. */
    public Optional<Map<String, Tensor>> inputs(Map<String, Tensor> inputs) {
        Optional<Tensor> given = Optional.ofNullable(inputs.get("attention_mask"));
        boolean fits = given.isPresent()
                && given.get().rank() >= 2
                && given.get().elements() > 0
                && given.get().elements() < Integer.MAX_VALUE;
        if (!fits) {
            return Optional.empty(); // The padded program says what is wrong.
        }
        Tensor mask = given.get();
        int length = Math.toIntExact(mask.dim(-1));
        int batch = 1;
        for (int axis = 0; axis < mask.rank() - 1; axis++) {
            batch *= Math.toIntExact(mask.dim(axis));
        }
        long[] rows = new long[batch * length];
        int[] segments = new int[batch + 1];
        int[] numbers = new int[looksUp ? rows.length : 0];
        int tokens = 0;
        for (int b = 0; b < batch; b++) {
            for (int s = 0; s < length; s++) {
                int row = b * length + s;
                boolean token = mask.getLong(row) != 0;
                if (s == 0 && readsFirstTokens && !token) {
                    return Optional.empty();
                }
                if (looksUp) {
                    numbers[row] = token ? tokens : -1;
                }
                if (token) {
                    rows[tokens++] = row;
                }
            }
            segments[b + 1] = tokens;
        }
        Map<String, Tensor> all = new HashMap<>(inputs);
        all.put(ROWS, Tensor.of(Arrays.copyOf(rows, tokens), tokens));
        all.put(SEGMENTS, Tensor.of(segments, batch + 1));
        if (looksUp) {
            all.put(TOKENS, Tensor.of(numbers, numbers.length));
        }
        return Optional.of(all);
    }
}
