package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * The inputs of every DeBERTa program: {@code input_ids}, {@code attention_mask} and, where the model has token types,
 * {@code token_type_ids}, all {@code i64[B,S]}.
 *
 * @param mask {@code i1[B,S]}, true at tokens
 * @param rowMask the same as {@code [B,S,1]}
 */
record ModelInputs(List<Node> all, Node ids, Node mask, Node rowMask) {
    static ModelInputs of(Builder b, DebertaConfig config) {
        TensorType type = TensorType.of(DType.I64, Dim.symbol("B"), Dim.symbol("S"));
        Node ids = b.input("input_ids", type);
        Node attention = b.input("attention_mask", type);
        List<Node> all = new ArrayList<>(List.of(ids, attention));
        if (config.typeVocabSize() > 0) {
            all.add(b.input("token_type_ids", type));
        }
        Node mask = b.compare(Comparison.NE, attention, b.constant(DType.I64, 0));
        return new ModelInputs(all, ids, mask, b.reshape(mask, type.dim(0), type.dim(1), Dim.of(1)));
    }

    Dim batch() {
        return ids.type().dim(0);
    }

    Dim length() {
        return ids.type().dim(1);
    }

    /** The token types of a model that has them. */
    Node tokenTypes() {
        return all.getLast();
    }
}
