package detangle.conformance;

import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.models.deberta.Checkpoint;
import detangle.models.deberta.DebertaConfig;
import detangle.models.weights.Weights;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** What a model's program means: evaluated as it was built, without any fusion, in double precision. */
final class Exact {
    private Exact() {}

    static Map<String, Tensor> run(Program model, DebertaConfig config, Path weights, Map<String, Tensor> inputs) {
        try (Weights opened = Weights.open(weights)) {
            Map<String, Tensor> parameters = Checkpoint.parameters(opened, config, model, Optional.empty(), true);
            Program bound = Compiler.run(model, Passes.inference(parameters).subList(0, 1), (pass, program) -> {});
            return new Interpreter(Precision.F64).run(bound, inputs);
        }
    }

    /**
     * The largest difference of two tensors of one shape; not a number if either holds one where the other does not.
     */
    static double difference(Tensor a, Tensor b) {
        if (!a.type().shape().equals(b.type().shape())) {
            throw new AssertionError("shapes differ: " + a + " and " + b);
        }
        double largest = 0;
        for (long i = 0; i < a.elements(); i++) {
            double d = Math.abs(a.getDouble(i) - b.getDouble(i));
            largest = Double.isNaN(d) ? Double.NaN : Math.max(largest, d);
        }
        return largest;
    }
}
