package detangle.compiler.pass;

import detangle.compiler.Pass;
import detangle.ir.Builder;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.rewrite.Rewriter;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Replaces an index matrix whose elements depend on the difference of row and column alone by a table over that
 * difference: S*S evaluations become 2*S-1, and attention reads the table alone.
 *
 * <pre>
 * %r = sub iota(axis 0), iota(axis 1)          %r = iota {start=-S+1} : i32[2*S-1]
 * %i = f(%r) : i32[S,S]                   =>   %t = f(%r)             : i32[2*S-1]
 * gather_last %a, %i                           %i = toeplitz %t       : i32[S,S]
 *                                              gather_last %a, %i
 * </pre>
 */
public final class RelativeIndexTable implements Pass {
    @Override
    public String name() {
        return "relative-index-table";
    }

    @Override
    public Program run(Program program) {
        RelativeIndexAnalysis analysis = new RelativeIndexAnalysis(program);
        Builder b = new Builder();
        Map<Node, Node> replacements = new IdentityHashMap<>();
        program.users().forEach((node, users) -> {
            // The largest such expression: functions of it that are not functions of the difference would want the
            // matrix anyway.
            boolean read = users.stream().anyMatch(user -> !Patterns.isElementwise(user));
            if (read && node.type().dtype().isInteger() && analysis.dependsOnDifference(node)) {
                TensorType type = node.type();
                Node table = analysis.table(b, node);
                replacements.put(
                        node,
                        b.op(new TensorOp.Toeplitz(type.dim(0), type.dim(1)), List.of(table))
                                .withName(node.name()));
            }
        });
        return replacements.isEmpty() ? program : Rewriter.replace(program, replacements);
    }
}
