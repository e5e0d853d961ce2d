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
import detangle.models.deberta.RandomWeights;
import detangle.runtime.Backends;
import detangle.runtime.KernelCoverage;
import java.io.IOException;
import java.nio.file.Files;
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
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * No released model, with any head and any option, leaves an operation to the interpreter at a run on the CPU. The configurations are the
 * released ones with smaller sizes, which choose no kernel.
 */
class NoInterpreterTest {
    private static final Map<String, Integer> SMALL = Map.of(
            "hidden_size", 32,
            "num_hidden_layers", 2,
            "num_attention_heads", 2,
            "attention_head_size", 16,
            "intermediate_size", 48,
            "pooler_hidden_size", 32,
            "vocab_size", 100);

    @TempDir
    Path folder;

    /** One of each kind: v3 differs among its sizes in numbers alone. */
    static Stream<Path> released() {
        return Stream.of(
                        "deberta-base",
                        "deberta-v2-xlarge",
                        "deberta-v2-xxlarge",
                        "deberta-v3-base",
                        "mdeberta-v3-base")
                .map(name -> Shared.path("configs/" + name));
    }

    @ParameterizedTest
    @MethodSource("released")
    void releasedModels(Path released) throws IOException {
        check(small(released.resolve("config.json"), Map.of()));
    }

    @ParameterizedTest
    @MethodSource("released")
    void withAbsolutePositionsAndTokenTypes(Path released) throws IOException {
        check(small(released.resolve("config.json"), Map.of("position_biased_input", true, "type_vocab_size", 2)));
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
        Path released = Shared.path("configs/deberta-v2-xlarge");
        DebertaConfig config = small(released.resolve("config.json"), Map.of("conv_kernel_size", 1001));
        assertEquals(Set.of("conv1d"), inspected(config, Architecture.ENCODER));
    }

    private static Set<String> inspected(DebertaConfig config, Architecture head) {
        Device device = Backends.device(Optional.of("vector"), Set.of());
        return KernelCoverage.of(device, config, head, head.convention()).lacking();
    }

    private DebertaConfig small(Path config, Map<String, Object> others) throws IOException {
        JsonMapper mapper = new JsonMapper();
        ObjectNode fields = (ObjectNode) mapper.readTree(config);
        SMALL.forEach((name, value) -> {
            if (fields.has(name)) {
                fields.put(name, value);
            }
        });
        others.forEach((name, value) -> fields.putPOJO(name, value));
        Files.writeString(folder.resolve("config.json"), mapper.writeValueAsString(fields));
        return DebertaConfig.read(folder);
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
                    all.add(options.withUniformPadding(true));
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
