package detangle.compiler.pass;

import static detangle.compiler.pass.Patterns.operand;

import detangle.compiler.Pass;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.rewrite.Pattern;
import detangle.ir.rewrite.Rewriter;
import detangle.ir.rewrite.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Disentangled attention, found in primitives, becomes one kernel without any {@code [S,S]} tensor of scores. The
 * kernel keeps heads next to each other in memory, as the projections around it leave them; the transposes that this
 * adds meet those of the model and cancel.
 *
 * <pre>
 * %s = (q k^T + gather_last(q pk^T, toeplitz(t))
 *             + transpose(gather_last(k pq^T, transpose(toeplitz(t))))) * scale
 * %o = dot masked_softmax(%s, m), v
 * =>
 * %a = disentangled_attention transpose(q), transpose(k), transpose(v), m, pk, pq, t {terms=[c2c,c2p,p2c], scale=...}
 * %o = transpose %a
 * </pre>
 *
 * <p>Random numbers of the shape of the scores may drop some of the probabilities before they meet v.
 *
 * <p>Without a batch axis it is attention of packed sequences, where the mask lets queries see keys of their own
 * sequence, and the index is by distances of positions:
 *
 * <pre>
 * m = eq (sequence of each query), (sequence of each key)
 * i = gather t, (position of each query) - (position of each key) + length - 1
 * </pre>
 */
public final class FuseAttention implements Pass, Rule {
    @Override
    public String name() {
        return "fuse-attention";
    }

    @Override
    public Program run(Program program) {
        return Rewriter.rewrite(program, List.of(this));
    }

    @Override
    public Optional<Node> rewrite(Node node, Uses uses) {
        // Probabilities that someone else reads are computed anyway.
        return AttentionPattern.match(node, uses)
                .filter(p -> uses.once(node.input(0)) && uses.once(p.probabilities()))
                .flatMap(p -> switch (node.type().rank()) {
                    case 3 -> packed(p, uses);
                    case 4 -> padded(p, uses);
                    default -> Optional.empty();
                });
    }

    private static Optional<Node> padded(AttentionPattern attention, Uses uses) {
        Dim queries = attention.q().type().dim(-2);
        Dim keys = attention.k().type().dim(-2);
        List<Node> operands = new ArrayList<>(List.of(attention.mask()));
        operands.addAll(tables(attention));
        if (!attention.indices().isEmpty()) {
            Optional<Node> table = operand(attention.indices().getFirst(), 0)
                    .filter(t -> t.type()
                            .equals(TensorType.of(DType.I32, queries.plus(keys).plus(-1))))
                    .filter(t -> {
                        Node index = new Builder().op(new TensorOp.Toeplitz(queries, keys), t);
                        return attention.indices().stream().allMatch(i -> new Pattern(uses).matches(index, i));
                    });
            if (table.isEmpty()) {
                return Optional.empty();
            }
            operands.add(table.get());
        }
        attention.seed().ifPresent(operands::add);
        KernelOp op = new KernelOp.DisentangledAttention(
                attention.scale(), attention.pk().isPresent(), attention.pq().isPresent(), attention.dropout());
        return Optional.of(kernel(op, attention, operands, 0, 2, 1, 3));
    }

    private static Optional<Node> packed(AttentionPattern attention, Uses uses) {
        return PackedRowsPattern.match(attention, uses).map(rows -> {
            List<Node> operands = new ArrayList<>(rows.operands());
            operands.addAll(tables(attention));
            operands.add(rows.table());
            attention.seed().ifPresent(operands::add);
            KernelOp op = new KernelOp.PackedAttention(
                    attention.scale(),
                    attention.pk().isPresent(),
                    attention.pq().isPresent(),
                    rows.length(),
                    attention.dropout());
            return kernel(op, attention, operands, 1, 0, 2);
        });
    }

    private static List<Node> tables(AttentionPattern attention) {
        return Stream.concat(attention.pk().stream(), attention.pq().stream()).toList();
    }

    /** Returns the kernel, between transpositions of heads and sequence. */
    private static Node kernel(KernelOp op, AttentionPattern attention, List<Node> others, Integer... swapped) {
        Builder b = new Builder();
        List<Node> operands = new ArrayList<>();
        for (Node x : List.of(attention.q(), attention.k(), attention.v())) {
            operands.add(b.transpose(x, swapped));
        }
        operands.addAll(others);
        return b.transpose(b.op(op, operands), swapped);
    }
}
