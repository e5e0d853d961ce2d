package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import detangle.backend.Device;
import detangle.compiler.Compiler;
import detangle.compiler.Pass;
import detangle.compiler.Passes;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.text.Parser;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.AttentionMask;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.models.deberta.PaddedStates;
import detangle.models.deberta.RandomWeights;
import detangle.runtime.Backends;
import detangle.runtime.KernelCoverage;
import detangle.testing.SharedFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * No released model, with any head and any option, leaves an operation to the interpreter at a run on the CPU. The
 * configurations are the released ones with smaller sizes, which choose no kernel.
 */
class NoInterpreterTest {
    @TempDir
    Path folder;

    static Stream<Path> released() {
        return SmallConfigs.released();
    }

    @ParameterizedTest
    @MethodSource("released")
    void releasedModels(Path released) throws IOException {
        check(SmallConfigs.small(released, folder, Map.of()));
    }

    @ParameterizedTest
    @MethodSource("released")
    void withAbsolutePositionsAndTokenTypes(Path released) throws IOException {
        check(SmallConfigs.small(released, folder, Map.of("position_biased_input", true, "type_vocab_size", 2)));
    }

    @Test
    void whatHasNoKernelIsNamed() {
        Program program = Parser.parse("f.dtir", """
                func @f(%x: f64[B,4]) -> (y: f64[B,1]) {
                  %0 = reduce_sum %x {axis=1} : f64[B,1]
                  return y = %0
                }
                """);
        assertEquals(
                List.of("reduce_sum"),
                vector(program).stream().map(NoInterpreterTest::text).toList());
    }

    /** A kernel of so many positions does not become a product; no released model has one. */
    @Test
    void whatInspectTellsIsWhatAModelHas() throws IOException {
        Path released = SharedFiles.require("configs/deberta-v2-xlarge");
        DebertaConfig config = SmallConfigs.small(released, folder, Map.of("conv_kernel_size", 1001));
        assertEquals(Set.of("conv1d"), inspected(config, Architecture.ENCODER));
    }

    private static Set<String> inspected(DebertaConfig config, Architecture head) {
        Device device = Backends.device(Optional.of("vector"), Set.of());
        return KernelCoverage.of(device, config, head, head.convention()).lacking();
    }

    private void check(DebertaConfig config) {
        Map<String, Set<String>> interpreted = new TreeMap<>();
        int programs = 0;
        for (Architecture head : Architecture.values()) {
            assertEquals(Set.of(), inspected(config, head), head.text());
            for (ModelOptions options : options(head)) {
                Program model = DebertaModel.build(config, head, options);
                boolean plain = !options.attentions() && options.mask() == AttentionMask.TOKENS;
                for (DType stored : plain ? List.of(DType.F32, DType.F16, DType.BF16, DType.F64) : List.of(DType.F32)) {
                    Map<String, Tensor> weights = new TreeMap<>(RandomWeights.of(model));
                    weights.replaceAll((name, t) -> Tensor.ofDoubles(stored, t.toDoubles(), t.shape()));
                    for (List<Pass> passes : List.of(Passes.packedInference(weights), Passes.inference(weights))) {
                        Program compiled = Compiler.run(model, passes, (pass, p) -> {});
                        programs++;
                        for (Node node : vector(compiled)) {
                            interpreted
                                    .computeIfAbsent(text(node), n -> new TreeSet<>())
                                    .add(head.text() + " " + options + " " + stored + " " + node);
                        }
                    }
                }
            }
        }
        assertFalse(programs == 0);
        assertEquals(Map.of(), interpreted);
    }

    private static List<ModelOptions> options(Architecture head) {
        List<ModelOptions> all = new ArrayList<>();
        for (AttentionMask mask : AttentionMask.values()) {
            for (boolean attentions : new boolean[] {false, true}) {
                ModelOptions options =
                        ModelOptions.DEFAULT.with(head.convention()).with(mask).withAttentions(attentions);
                all.add(options);
                all.add(options.withHiddenStates(false));
                if (head == Architecture.QUESTION_ANSWERING) {
                    all.add(options.with(PaddedStates.UNIFORM));
                }
                if (head == Architecture.MASKED_LM || head == Architecture.MASKED_LM_EMD) {
                    all.add(options.withMaskedRows(true).withHiddenStates(false));
                }
            }
        }
        return all;
    }

    private static List<Node> vector(Program program) {
        return Backends.device(Optional.of("vector"), Set.of()).interpreted(program);
    }

    private static String text(Node node) {
        return node.op().mnemonic();
    }
}
