package detangle.compiler.pass;

import static detangle.compiler.pass.Patterns.binary;
import static detangle.compiler.pass.Patterns.isDotTransposed;
import static detangle.compiler.pass.Patterns.unconvertedConstant;

import detangle.ir.BinaryFunction;
import detangle.ir.DType;
import detangle.ir.Dependence;
import detangle.ir.KernelOp;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Tables of relative positions that a program projects from constant rows, and that attention alone reads:
 *
 * <pre>
 * %p = dot %rows, %w {rhs_t} : f32[P,A*d]
 * %s = add %p, broadcast(%b)
 * %h = reshape %s : f32[P,A,d]
 * %t = transpose %h {perm=[1,0,2]}
 * %a = packed_attention ..., %t, ...
 * </pre>
 *
 * <p>There may be no bias. Weight and bias are stored constants, perhaps converted.
 */
final class ProjectedPositions {
    /** The first operand of either attention that may be a table of positions. */
    private static final int FIRST_PADDED_TABLE = 4;

    private static final int FIRST_PACKED_TABLE = 7;

    /** A table of fewer elements might become part of the program's text. */
    private static final int MIN_TABLE_ELEMENTS = 1 << 10;

    private static final List<Integer> HEADS_FIRST = List.of(1, 0, 2);

    private final Map<Node, Dependence> dependence;
    private final Map<Node, List<Node>> users;

    private ProjectedPositions(Program program) {
        this.dependence = program.dependence();
        this.users = program.users();
    }

    /** Returns the nodes that compute such tables from the rows. */
    static Set<Node> of(Program program) {
        ProjectedPositions positions = new ProjectedPositions(program);
        Set<Node> outputs = Collections.newSetFromMap(new IdentityHashMap<>());
        outputs.addAll(program.roots());
        Set<Node> nodes = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Node node : program.nodes()) {
            if (!outputs.contains(node) && positions.isReadByAttentionAlone(node)) {
                positions.projection(node, outputs).ifPresent(nodes::addAll);
            }
        }
        return nodes;
    }

    private boolean isReadByAttentionAlone(Node node) {
        List<Node> readers = users.getOrDefault(node, List.of());
        return !readers.isEmpty() && readers.stream().allMatch(reader -> readsAsTable(reader, node));
    }

    private static boolean readsAsTable(Node reader, Node node) {
        int first = switch (reader.op()) {
            case KernelOp.DisentangledAttention a -> FIRST_PADDED_TABLE;
            case KernelOp.PackedAttention a -> FIRST_PACKED_TABLE;
            // No other operation looks rows up in a table without reading all of it.
            default -> Integer.MAX_VALUE;
        };
        for (int i = 0; i < reader.inputs().size(); i++) {
            if (reader.input(i) == node && i < first) {
                return false;
            }
        }
        return first < Integer.MAX_VALUE;
    }

    private Optional<List<Node>> projection(Node table, Set<Node> outputs) {
        if (!(table.op() instanceof TensorOp.Transpose(var permutation)) || !permutation.equals(HEADS_FIRST)) {
            return Optional.empty();
        }
        Node heads = table.input(0);
        if (!(heads.op() instanceof TensorOp.Reshape) || heads.input(0).type().rank() != 2) {
            return Optional.empty();
        }
        Node sum = heads.input(0);
        List<Node> nodes = new ArrayList<>(List.of(table, heads, sum));
        Node product = sum;
        if (binary(sum, BinaryFunction.ADD)) {
            product = isDotTransposed(sum.input(0)) ? sum.input(0) : sum.input(1);
            Node bias = sum.input(0) == product ? sum.input(1) : sum.input(0);
            Node vector = bias.op() instanceof TensorOp.Broadcast ? bias.input(0) : bias;
            if (vector.type().rank() != 1 || !isStored(vector)) {
                return Optional.empty();
            }
            nodes.add(product);
        }
        boolean isOfOneUse = nodes.stream()
                .skip(1)
                .allMatch(n ->
                        !outputs.contains(n) && users.getOrDefault(n, List.of()).size() == 1);
        boolean isProjection = isDotTransposed(product)
                && product.type().dtype() == DType.F32
                && heads.type().dim(0).equals(product.type().dim(0))
                && product.input(0).type().rank() == 2
                && product.input(0).shape().isStatic()
                && dependence.get(product.input(0)) == Dependence.CONSTANT
                && isStored(product.input(1));
        return isOfOneUse && isProjection && isLarge(product.input(0)) ? Optional.of(nodes) : Optional.empty();
    }

    private static boolean isLarge(Node rows) {
        return Tensor.elements(rows.shape().sizes()) >= MIN_TABLE_ELEMENTS;
    }

    private static boolean isStored(Node node) {
        return unconvertedConstant(node).op() instanceof TensorOp.Constant(Literal.Named(String name), var type);
    }
}
