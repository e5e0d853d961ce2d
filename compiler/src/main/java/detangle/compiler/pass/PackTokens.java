package detangle.compiler.pass;

import detangle.compiler.PackedInputs;
import detangle.compiler.Pass;
import detangle.ir.KernelOp;
import detangle.ir.Program;

/**
 * Makes of a padded batch {@code [B,S]} its T tokens, one after the other: nothing is computed for padding, and
 * attention reads no mask, as each query sees the keys of its sequence. Tokens keep their positions, so that holes and
 * padding on the left stay right. What mixes rows in another way, as a convolution does, runs padded, with zeros at
 * padding.
 *
 * <p>The program gets the inputs of a {@link PackedInputs}, which follow from the mask. Outputs hold
 * zeros at padded positions. What is read of the first position of each sequence is read of its first token: the
 * program is for batches in which they are the same, if it {@linkplain PackedInputs#readsFirstTokens reads} them. Rows
 * that are looked up by their number in the padded batch must be tokens. A loss of tokens is packed where the program
 * says that padding does not count: a sum over all rows becomes one over tokens if it is proved to add zeros at
 * padding.
 *
 * <p>Random numbers of rows become numbers of tokens, of the same stream: so a packed program drops other elements than
 * a padded one, and a value with padding is made of the packed one, so that all its readers see the same elements
 * dropped.
 *
 * <pre>
 * %m = ne %mask, 0 : i1[B,S]                      %i = gather (reshape %ids : i64[B*S]), %token_rows : i64[T]
 * %x = embedding %ids, ..., (reshape %m)          %x = embedding %i, ... : f32[T,H]
 * %q = linear %x, ... : f32[B,S,H]          =>    %q = linear %x, ... : f32[T,H]
 * %o = disentangled_attention ...                 %o = packed_attention ... : f32[T,A,d]
 * %g = gather (reshape %o : f32[B*S,A,d]), %n     %g = gather %o, (gather %row_tokens, %n)
 * return select (reshape %m), %o, 0               return reshape (scatter_add 0, %token_rows, %o)
 * </pre>
 */
public final class PackTokens implements Pass {
    @Override
    public String name() {
        return "pack-tokens";
    }

    @Override
    public Program run(Program program) {
        return program.nodes().stream()
                .filter(n -> n.op() instanceof KernelOp.DisentangledAttention)
                .findFirst()
                .flatMap(n -> TokenMask.ofAttention(n.input(3)))
                .flatMap(mask -> new Packing(program, mask).run())
                .orElse(program);
    }
}
