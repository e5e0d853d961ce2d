package detangle.compiler.pass;

import static detangle.compiler.pass.Patterns.operand;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Idioms;
import detangle.ir.Node;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.rewrite.Pattern;
import detangle.ir.rewrite.Rule;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Mask and index of attention over sequences that stand one after the other:
 *
 * <pre>
 * mask = eq (sequence of each query), (sequence of each key)
 * index = gather table, (position of each query) - (position of each key) + length - 1
 * </pre>
 *
 * @param operands query segments, key segments, query positions and key positions
 * @param table {@code i32[2*length-1]}
 */
record PackedRowsPattern(List<Node> operands, Node table, Dim length) {
    static Optional<PackedRowsPattern> match(AttentionPattern attention, Rule.Uses uses) {
        if (attention.indices().stream().distinct().count() != 1) {
            return Optional.empty();
        }
        Node index = attention.indices().getFirst();
        Optional<Node> querySegments = operand(attention.mask(), 0, 0, 0, 1, 0, 0);
        Optional<Node> keySegments = operand(attention.mask(), 1, 0, 0, 0, 1, 0, 0);
        Optional<Node> table = operand(index, 0);
        Optional<Dim> length = operand(index, 1).stream()
                .flatMap(distance -> distance.inputs().stream())
                .flatMap(centre -> centre.op() instanceof TensorOp.Iota iota
                        ? Stream.of(iota.start().plus(1))
                        : Stream.empty())
                .findFirst();
        return querySegments.flatMap(q ->
                keySegments.flatMap(k -> table.flatMap(t -> length.flatMap(l -> match(attention, q, k, t, l, uses)))));
    }

    private static Optional<PackedRowsPattern> match(
            AttentionPattern attention, Node querySegments, Node keySegments, Node table, Dim length, Rule.Uses uses) {
        Dim queries = attention.q().type().dim(-2);
        Dim keys = attention.k().type().dim(-2);
        boolean fits = isSegments(querySegments)
                && keySegments.type().equals(querySegments.type())
                && table.type()
                        .equals(TensorType.of(DType.I32, length.times(Dim.of(2)).plus(-1)));
        if (!fits) {
            return Optional.empty();
        }
        Idioms idioms = new Idioms(new Builder());
        Pattern p = new Pattern(uses);
        Node queryPositions = p.any(TensorType.of(DType.I32, queries));
        Node keyPositions = p.any(TensorType.of(DType.I32, keys));
        Node mask = idioms.sameSequence(queries, querySegments, keys, keySegments);
        Node index = idioms.byDistance(queryPositions, keyPositions, table, length);
        return p.matches(mask, attention.mask())
                        && p.matches(index, attention.indices().getFirst())
                ? Optional.of(new PackedRowsPattern(
                        List.of(querySegments, keySegments, p.at(queryPositions), p.at(keyPositions)), table, length))
                : Optional.empty();
    }

    /** {@code i32[N+1]}. */
    private static boolean isSegments(Node node) {
        TensorType type = node.type();
        return type.rank() == 1
                && type.dtype() == DType.I32
                && !(type.dim(0).isStatic() && type.dim(0).size() < 1);
    }
}
