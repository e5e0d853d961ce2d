package detangle.runtime;

import detangle.compiler.PackedInputs;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.InputNames;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The inputs by which a packed program learns of a padded batch, computed from the batch's mask. A session uses it by
 * itself; it is for whoever compiles programs with packed tokens, such as those that train.
 */
public final class PackedBatch {
    private final PackedInputs packed;

    PackedBatch(PackedInputs packed) {
        this.packed = packed;
    }

    /** Returns the packing of a compiled program; empty if its tokens are not packed. */
    public static Optional<PackedBatch> of(Program program) {
        return PackedInputs.of(program).map(PackedBatch::new);
    }

    /**
     * Returns the inputs with those that the program takes beside them, which follow from {@code attention_mask}. Empty
     * if the batch cannot be packed: the program reads first tokens and a sequence has none at its first position, or
     * the mask has a shape that the padded program will refuse.
     */
    public Optional<Map<String, Tensor>> inputs(Map<String, Tensor> inputs) {
        Optional<Tensor> given = Optional.ofNullable(inputs.get(InputNames.MASK));
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
        int[] numbers = new int[packed.looksUp() ? rows.length : 0];
        int tokens = 0;
        for (int b = 0; b < batch; b++) {
            for (int s = 0; s < length; s++) {
                int row = b * length + s;
                boolean token = mask.getLong(row) != 0;
                if (s == 0 && packed.readsFirstTokens() && !token) {
                    return Optional.empty();
                }
                if (packed.looksUp()) {
                    numbers[row] = token ? tokens : -1;
                }
                if (token) {
                    rows[tokens++] = row;
                }
            }
            segments[b + 1] = tokens;
        }
        Map<String, Tensor> all = new HashMap<>(inputs);
        all.put(PackedInputs.ROWS, Tensor.of(Arrays.copyOf(rows, tokens), tokens));
        all.put(PackedInputs.SEGMENTS, Tensor.of(segments, batch + 1));
        if (packed.looksUp()) {
            all.put(PackedInputs.TOKENS, Tensor.of(numbers, numbers.length));
        }
        return Optional.of(all);
    }
}
