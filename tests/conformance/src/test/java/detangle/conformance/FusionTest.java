package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.Activation;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.TensorOp;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.AttentionMask;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.models.deberta.RandomWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What fusion must leave of each model: one attention kernel a layer, and no look-up by relative position elsewhere.
 */
class FusionTest {
    private static final Path SHIPPED = DetangleProcess.HOME.resolve("models/pretrained/banking77-small");

    static Stream<Fixture> fixtures() {
        return Fixture.all();
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void goldens(Fixture fixture) {
        check(fixture.config(), fixture.head(), AttentionMask.TOKENS);
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void goldensWithMasksOfPairs(Fixture fixture) {
        check(fixture.config(), fixture.head(), AttentionMask.PAIRS);
    }

    @Test
    void shippedModel() {
        DebertaConfig config = DebertaConfig.read(SHIPPED);
        check(config, config.architecture().orElseThrow(), AttentionMask.TOKENS);
    }

    @Test
    void attentionsAreNotFusedWhereTheyAreOutputs() {
        DebertaConfig config = DebertaConfig.read(SHIPPED);
        Program fused = compiled(DebertaModel.build(
                config, config.architecture().orElseThrow(), ModelOptions.DEFAULT.withAttentions(true)));
        assertEquals(0, count(fused, KernelOp.DisentangledAttention.class));
        assertEquals(config.numHiddenLayers(), count(fused, KernelOp.MaskedSoftmax.class));
    }

    @ParameterizedTest
    @CsvSource({"gelu, GELU", "relu, RELU", "tanh, TANH", "silu, SILU", "swish, SILU"})
    void theActivationJoinsTheFirstProductOfEachLayer(String word, Activation activation, @TempDir Path folder)
            throws IOException {
        String json = Files.readString(SHIPPED.resolve("config.json"));
        Files.writeString(
                folder.resolve("config.json"),
                json.replaceFirst("\"hidden_act\": \"[a-z]+\"", "\"hidden_act\": \"" + word + "\""));
        DebertaConfig config = DebertaConfig.read(folder);
        Program fused = compiled(DebertaModel.build(config, Architecture.ENCODER, ModelOptions.DEFAULT));
        long joined = fused.nodes().stream()
                .filter(n -> n.op() instanceof KernelOp.Linear(boolean bias, Activation act) && act == activation)
                .count();
        assertEquals(config.numHiddenLayers(), joined);
    }

    private static Program compiled(Program model) {
        return Compiler.run(model, Passes.packedInference(RandomWeights.of(model)), (pass, p) -> {});
    }

    private static void check(DebertaConfig config, Architecture head, AttentionMask mask) {
        ModelOptions options = ModelOptions.DEFAULT.with(mask).withHiddenStates(false);
        Program model = DebertaModel.build(config, head, options);
        assertTrue(
                model.nodes().stream().noneMatch(n -> n.op() instanceof KernelOp), "the builder emits primitives only");

        Program fused = compiled(model);

        // The two passes of the enhanced mask decoder stand in for the last layer.
        boolean decoder = head == Architecture.MASKED_LM_EMD && !config.positionBiasedInput();
        int layers = config.numHiddenLayers() + (decoder ? 1 : 0);
        boolean packs = mask == AttentionMask.TOKENS;
        assertEquals(packs ? layers : 0, count(fused, KernelOp.PackedAttention.class));
        assertEquals(packs ? 0 : layers, count(fused, KernelOp.DisentangledAttention.class));
        assertEquals(0, count(fused, TensorOp.GatherLast.class));
        assertEquals(0, count(fused, TensorOp.Toeplitz.class));
        assertEquals(0, count(fused, TensorOp.Dot.class), "every product with a weight is a linear kernel");
        // Two normalisations a layer, and the head's; that of plain embeddings is part of their kernel.
        boolean plain = !config.positionBiasedInput() && config.typeVocabSize() == 0;
        int others = (config.convolution().isPresent() ? 1 : 0)
                + (plain ? 0 : 1)
                + switch (head) {
                    case MASKED_LM, MASKED_LM_EMD, REPLACED_TOKEN_DETECTION -> 1;
                    case ENCODER, SEQUENCE_CLASSIFICATION, TOKEN_CLASSIFICATION, QUESTION_ANSWERING, MULTIPLE_CHOICE ->
                        0;
                };
        assertEquals(2 * layers + others, count(fused, KernelOp.LayerNorm.class));
        assertEquals(plain ? 1 : 0, count(fused, KernelOp.Embedding.class));
    }

    private static long count(Program program, Class<?> op) {
        return program.nodes().stream().map(Node::op).filter(op::isInstance).count();
    }
}
