package detangle.compiler;

import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.TensorOp;
import java.util.Optional;

/**
 * The inputs that a program of {@link Passes#packedInference} takes beside those of the model. They say where in a
 * padded batch its tokens stand, and follow from the batch's mask. A program that could not be packed takes none of
 * them.
 *
 * @param readsFirstTokens whether the program takes the first token of each sequence for what stands at its first
 *     position
 * @param looksUp whether the program looks up tokens by their number in the padded batch, and so takes {@link #TOKENS}
 */
public record PackedInputs(boolean readsFirstTokens, boolean looksUp) {
    /** {@code i64[T]}: the number b*S+s of each token, ascending. */
    public static final String ROWS = "token_rows";

    /** {@code i32[B+1]}: how many tokens stand before each sequence, and after the last. */
    public static final String SEGMENTS = "segments";

    /**
     * {@code i32[B*S]}, if tokens are looked up: the number of the token at a place of the padded batch, -1 at padding.
     */
    public static final String TOKENS = "row_tokens";

    /** Returns the inputs that a program takes; empty if its tokens are not packed. */
    public static Optional<PackedInputs> of(Program program) {
        if (program.inputs().stream().noneMatch(n -> isInput(n, ROWS))) {
            return Optional.empty();
        }
        return Optional.of(new PackedInputs(
                program.nodes().stream()
                        .anyMatch(n -> n.op() instanceof TensorOp.Slice && isInput(n.input(0), SEGMENTS)),
                program.inputs().stream().anyMatch(n -> isInput(n, TOKENS))));
    }

    private static boolean isInput(Node node, String name) {
        return node.op() instanceof TensorOp.Input(String input, var type) && input.equals(name);
    }
}
