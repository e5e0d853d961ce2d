package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.compiler.Compiler;
import detangle.compiler.Pipeline;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.TensorOp;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.RandomWeights;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What fusion must leave of each model: one attention kernel a layer, and no look-up by relative position elsewhere. */
class FusionTest {
    private static final Path SHIPPED = DetangleProcess.HOME.resolve("models/pretrained/banking77-small");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "v3-encoder",
                "v3-seqcls",
                "v3-seqcls-tanhpool",
                "v3-regression",
                "v3-default-maxrel",
                "mdeberta-seqcls"
            })
    void goldens(String fixture) {
        check(Shared.path("goldens/" + fixture));
    }

    @Test
    void shippedModel() {
        check(SHIPPED);
    }

    private static void check(Path folder) {
        DebertaConfig config = DebertaConfig.read(folder);
        Program model = DebertaModel.build(config, config.architecture());
        assertTrue(
                model.nodes().stream().noneMatch(n -> n.op() instanceof KernelOp), "the builder emits primitives only");

        Program fused = Compiler.run(model, Pipeline.inference(RandomWeights.of(model)), (pass, p) -> {});

        assertEquals(config.numHiddenLayers(), count(fused, KernelOp.DisentangledAttention.class));
        assertEquals(0, count(fused, TensorOp.GatherLast.class));
        assertEquals(0, count(fused, TensorOp.Toeplitz.class));
        assertEquals(0, count(fused, TensorOp.Dot.class), "every product with a weight is a linear kernel");
        // Two normalisations a layer; that of the embeddings is part of their kernel.
        assertEquals(2 * config.numHiddenLayers(), count(fused, KernelOp.LayerNorm.class));
        assertEquals(1, count(fused, KernelOp.Embedding.class));
    }

    private static long count(Program program, Class<?> op) {
        return program.nodes().stream().map(Node::op).filter(op::isInstance).count();
    }
}
