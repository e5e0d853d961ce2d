package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.Symbols;
import detangle.ir.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The inputs of a DeBERTa program, all i64: {@code input_ids} and, where the model has token types,
 * {@code token_type_ids} of shape {@code [B,S]}, or {@code [B,C,S]} of multiple choice, whose choices then stand one
 * after another; and {@code attention_mask}.
 *
 * @param given the inputs as they are given
 * @param ids {@code i64[B,S]}
 * @param tokenTypes {@code i64[B,S]} if the model has them
 * @param rowMask {@code i1[B,S,1]}, true at tokens, and at padding if it is computed as tokens are
 * @param pairMask {@code i1[B,1,S,S]}, true where a query, on axis 2, sees a key
 * @param maskedRows {@code i64[N]} if a masked LM is told what to predict
 */
record ModelInputs(
        List<Node> given, Node ids, Optional<Node> tokenTypes, Node rowMask, Node pairMask, Optional<Node> maskedRows) {
    private static final Dim ONE = Dim.of(1);

    /**
     * @param choices whether sequences are grouped, as in multiple choice
     * @param masked whether there are {@code masked_rows}
     */
    static ModelInputs of(Builder b, DebertaConfig config, ModelOptions options, boolean choices, boolean masked) {
        AttentionMask form = options.mask();
        Dim length = Dim.symbol(Symbols.LENGTH);
        Shape outer = choices
                ? Shape.of(Dim.symbol(Symbols.BATCH), Dim.symbol(Symbols.CHOICES))
                : Shape.of(Dim.symbol(Symbols.BATCH));
        Dim batch = choices ? Dim.symbol(Symbols.BATCH).times(Dim.symbol(Symbols.CHOICES)) : Dim.symbol(Symbols.BATCH);
        TensorType type = new TensorType(DType.I64, outer.concat(Shape.of(length)));
        TensorType maskType =
                form == AttentionMask.TOKENS ? type : new TensorType(DType.I64, outer.concat(Shape.of(length, length)));
        List<Node> given = new ArrayList<>();
        given.add(b.input(InputNames.IDS, type));
        given.add(b.input(InputNames.MASK, maskType));
        if (config.typeVocabSize() > 0) {
            given.add(b.input(InputNames.TOKEN_TYPES, type));
        }
        Optional<Node> tokenTypes = config.typeVocabSize() > 0 ? Optional.of(given.getLast()) : Optional.empty();
        Optional<Node> maskedRows = masked
                ? Optional.of(b.input(InputNames.MASKED_ROWS, TensorType.of(DType.I64, Dim.symbol(Symbols.MASKED))))
                : Optional.empty();
        maskedRows.ifPresent(given::add);
        Shape flat = Shape.of(batch, length);
        Node mask = b.compare(Comparison.NE, given.get(1), b.constant(DType.I64, 0));
        Node tokens = form == AttentionMask.TOKENS ? mask : seenBySome(b, mask, batch, length);
        Node computed = options.padding() == PaddedStates.OF_TOKENS
                ? b.broadcast(b.constant(DType.I1, 1), outer.concat(Shape.of(length)))
                : tokens;
        return new ModelInputs(
                given,
                flattened(b, given.get(0), flat),
                tokenTypes.map(types -> flattened(b, types, flat)),
                b.reshape(computed, batch, length, ONE),
                form == AttentionMask.TOKENS
                        ? b.and(
                                b.reshape(computed, batch, ONE, length, ONE),
                                b.reshape(tokens, batch, ONE, ONE, length))
                        : b.reshape(mask, batch, ONE, length, length),
                maskedRows);
    }

    /**
     * Returns these inputs with other tokens, for an encoder that predicts no rows.
     *
     * @param others the tokens, {@code i64[B,S]}
     */
    ModelInputs withIds(Node others) {
        return new ModelInputs(given, others, tokenTypes, rowMask, pairMask, Optional.empty());
    }

    private static Node flattened(Builder b, Node x, Shape flat) {
        return x.shape().equals(flat) ? x : b.reshape(x, flat);
    }

    private static Node seenBySome(Builder b, Node mask, Dim batch, Dim length) {
        Node queriesByKeys = b.reshape(mask, batch, length, length);
        return b.convert(b.reduce(ReduceFunction.MAX, b.convert(queriesByKeys, DType.I32), 1), DType.I1);
    }

    /** Returns the number of sequences. */
    Dim batch() {
        return ids.type().dim(0);
    }

    Dim length() {
        return ids.type().dim(1);
    }
}
