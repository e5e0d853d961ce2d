package detangle.compiler.pass;

import detangle.ir.Dim;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import java.util.Map;
import java.util.Optional;

/**
 * Parts of stored constants, such as the queries' rows of a matrix that projects queries, keys and values. Nothing is
 * computed, so their elements stay in the type in which they are stored.
 */
final class MovedConstants {
    private final Map<String, Tensor> constants;

    /** @param constants data by name */
    MovedConstants(Map<String, Tensor> constants) {
        this.constants = constants;
    }

    /**
     * Returns the elements of a node of floats, in the type in which they are stored, if it cuts a part out of one named
     * constant or gives it another shape, and converts it at most once.
     */
    Optional<Tensor> of(Node node) {
        return switch (node.op()) {
            case TensorOp.Constant(Literal.Named(String name), var type)
            when type.dtype().isFloat() ->
                Optional.ofNullable(constants.get(name)).filter(stored -> stored.dtype() == type.dtype());
            case TensorOp.Convert c
            when node.input(0).op() instanceof TensorOp.Constant ->
                node.type().dtype().isFloat() ? of(node.input(0)) : Optional.empty();
            case TensorOp.Reshape r ->
                of(node.input(0)).map(x -> x.reshape(node.shape().sizes()));
            case TensorOp.Slice(int axis, Dim start, Dim limit) ->
                of(node.input(0)).map(x -> x.slice(axis, start.size(), limit.size()));
            // All other operations compute something, or read several elements for one.
            default -> Optional.empty();
        };
    }
}
