package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.models.deberta.Checkpoint;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.models.weights.Weights;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Golden models whose values have 16 bits, as devices compute them: the interpreter rounds each value to its type, and
 * rounds nothing where it computes the same in double precision.
 */
class NarrowActivationsGoldenTest {
    private static final Map<NarrowBounds, Double> LARGEST = new EnumMap<>(NarrowBounds.class);

    static Stream<Fixture> fixtures() {
        return Fixture.all();
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void errorsAreBounded(Fixture fixture) {
        try (Weights weights = Weights.open(fixture.folder())) {
            Program model =
                    DebertaModel.build(fixture.config(), fixture.head(), ModelOptions.DEFAULT.withHiddenStates(true));
            Map<String, Tensor> parameters =
                    Checkpoint.parameters(weights, fixture.config(), model, Optional.of(fixture.head()), false);
            Program program = Compiler.run(model, Passes.inference(parameters), (pass, p) -> {});
            Fixture.Case c = fixture.cases().getFirst();
            Map<String, Tensor> exact = new Interpreter(Precision.F64).run(program, c.inputs());
            for (NarrowBounds bounds : NarrowBounds.values()) {
                Program narrow = Passes.narrowActivations(bounds.dtype()).run(program);
                assertTrue(
                        narrow.nodes().stream()
                                .anyMatch(n -> n.op().mnemonic().equals("linear")
                                        && n.type().dtype() == bounds.dtype()),
                        "no product has 16 bits");
                Map<String, Tensor> rounded = new Interpreter(Precision.F32).run(narrow, c.inputs());
                LARGEST.merge(bounds, bounds.checkInterpreted(fixture.name(), exact, rounded), Math::max);
            }
        }
    }

    @AfterAll
    static void report() {
        System.out.println("largest errors of golden models: " + LARGEST);
    }
}
