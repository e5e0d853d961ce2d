package detangle.compiler;

import detangle.ir.Node;
import detangle.ir.Tensor;
import java.util.List;
import java.util.Map;

/** Computes what depends on constants alone. */
@FunctionalInterface
public interface ConstantEvaluator {
    /**
     * Returns the value of each root.
     *
     * @param roots nodes of fixed sizes without inputs below them
     * @param constants data by name
     */
    Map<Node, Tensor> evaluate(List<Node> roots, Map<String, Tensor> constants);
}
