package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.Node;
import detangle.ir.Program.Output;
import java.util.List;

/**
 * The layers on an encoder, written with the IR builder. Its parameters are read from the checkpoint under the names
 * that it gives them.
 *
 * <pre>{@code
 * Head mean = encoder -> {
 *     Builder b = encoder.builder();
 *     Node sum = b.reduce(ReduceFunction.SUM, encoder.lastHiddenState(), 1);        // [B,1,H]
 *     return List.of(new Program.Output("scores", encoder.layers().linear("scorer", sum, 768, 1)));
 * };
 * }</pre>
 */
@FunctionalInterface
public interface Head {
    /** Returns the outputs of the head, in their order; names must not be those of hidden states and attentions. */
    List<Output> outputs(EncoderOutput encoder);

    /**
     * Returns the vectors of tokens before positions and token types are added to them, {@code f32[B,S,E]}: their rows
     * of the table of words. A head that is given vectors for some tokens answers otherwise.
     *
     * @param table of words, {@code f32[V,E]}
     * @param ids of tokens, {@code i64[B,S]}
     */
    default Node words(Builder b, Node table, Node ids) {
        return b.gather(table, ids);
    }
}
