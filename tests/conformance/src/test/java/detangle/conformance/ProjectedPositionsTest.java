package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.compiler.Compiler;
import detangle.compiler.DeviceEvaluator;
import detangle.compiler.Pass;
import detangle.compiler.Passes;
import detangle.ir.DType;
import detangle.ir.Literal;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.ModelOptions;
import detangle.models.deberta.RandomWeights;
import detangle.runtime.Backends;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tables of positions that the CPU computes as far as lengths reach give the bits of those that the compiler folds. */
class ProjectedPositionsTest {
    private static final int[] LENGTHS = {3, 40, 1, 300, 16, 512, 70};

    @TempDir
    private Path folder;

    static Stream<Path> released() {
        return SmallConfigs.released();
    }

    @ParameterizedTest
    @MethodSource("released")
    void equalBitsAtEveryLength(Path released) throws IOException {
        DebertaConfig config = SmallConfigs.small(released, folder, Map.of());
        for (DType stored : List.of(DType.F32, DType.F16)) {
            check(config, stored);
        }
    }

    private static void check(DebertaConfig config, DType stored) {
        Device device = Backends.device(Optional.of("vector"), Set.of());
        Program model = DebertaModel.build(config, Architecture.ENCODER, ModelOptions.DEFAULT.withHiddenStates(false));
        Map<String, Tensor> weights = new TreeMap<>(RandomWeights.of(model));
        weights.replaceAll((name, t) -> Tensor.ofDoubles(stored, t.toDoubles(), t.shape()));
        List<Pass> passes = Passes.inference(weights);
        DeviceEvaluator evaluator = new DeviceEvaluator(device);
        Program folded = run(model, Passes.withEvaluator(passes, evaluator));
        Program left = run(model, Passes.leavingPositions(passes, evaluator));
        assertNotEquals(0, tables(folded));
        assertEquals(0, tables(left), "tables that have been folded");
        try (Executable expected = device.load(Compiler.compile(folded, List.of()));
                Executable actual = device.load(Compiler.compile(left, List.of()))) {
            for (int length : LENGTHS) {
                Map<String, Tensor> inputs = inputs(config, length);
                assertEquals(expected.run(inputs).keySet(), actual.run(inputs).keySet());
                expected.run(inputs)
                        .forEach((name, value) -> assertArrayEquals(
                                value.toFloats(), actual.run(inputs).get(name).toFloats(), name + " at " + length));
            }
        }
    }

    private static Program run(Program model, List<Pass> passes) {
        return Compiler.run(model, passes, (pass, program) -> {});
    }

    /** How many constants have the form of a table of positions, {@code [A,P,d]}. */
    private static long tables(Program program) {
        return program.nodes().stream()
                .filter(n -> n.op() instanceof TensorOp.Constant(Literal.Named(String name), var type)
                        && type.rank() == 3
                        && name.startsWith("folded."))
                .count();
    }

    private static Map<String, Tensor> inputs(DebertaConfig config, int length) {
        Random random = new Random(length);
        long[] ids = random.longs(2L * length, 0, config.vocabSize()).toArray();
        long[] mask = new long[ids.length];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = i < length || i % length <= length / 2 ? 1 : 0;
        }
        Map<String, Tensor> inputs = new TreeMap<>(
                Map.of(InputNames.IDS, Tensor.of(ids, 2, length), InputNames.MASK, Tensor.of(mask, 2, length)));
        if (config.typeVocabSize() > 0) {
            inputs.put("token_type_ids", Tensor.of(new long[ids.length], 2, length));
        }
        return inputs;
    }
}
