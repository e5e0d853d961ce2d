package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.text.Parser;
import detangle.models.weights.Weights;
import detangle.runtime.Backends;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The gradients that HuggingFace's model has at the layer norm of its masked LM head. From the hidden states on the
 * head is written out, forward and backward, around the operation. Whether dx is right shows in the gradient of the
 * bias in front of the layer norm.
 */
class LayerNormGradGoldenTest {
    private static final String HEAD = "cls.predictions.transform.";

    /** Goldens are f32, and are 2e-6 off in single precision. */
    private static final double TOLERANCE = 1e-5;

    /** The loss is the mean over the eight labels; other rows have the label -100. */
    private static final String GRADIENTS = """
            func @gradients(%h: f32[36,32], %w: f32[32,32], %b: f32[32], %gamma: f32[32], %beta: f32[32], %e: f32[96,32],
                %c: f32[96], %labels: i64[36,1]) -> (dbias: f32[32], dgamma: f32[32], dbeta: f32[32]) {
              %u = linear %h, %w, %b {bias, act=none} : f32[36,32]
              %x = linear %h, %w, %b {bias, act=gelu} : f32[36,32]
              %y = layer_norm %x, %gamma, %beta {eps=1e-7} : f32[36,32]
              %logits = linear %y, %e, %c {bias, act=none} : f32[36,96]

              %every = constant 1 : i1[36,96]
              %p = masked_softmax %logits, %every : f32[36,96]
              %words = iota {axis=1, start=0} : i64[36,96]
              %is = eq %labels, %words : i1[36,96]
              %target = convert %is : f32[36,96]
              %none = constant 0 : i64[]
              %labelled = ge %labels, %none : i1[36,1]
              %counts = convert %labelled : f32[36,1]
              %count = constant 8 : f32[]
              %off = sub %p, %target : f32[36,96]
              %weighted = mul %off, %counts : f32[36,96]
              %dlogits = div %weighted, %count : f32[36,96]
              %dy = dot %dlogits, %e : f32[36,32]

              %dx = layer_norm_grad %x, %gamma, %dy {eps=1e-7, result=dx} : f32[36,32]
              %dgamma = layer_norm_grad %x, %gamma, %dy {eps=1e-7, result=dgamma} : f32[32]
              %dbeta = layer_norm_grad %x, %gamma, %dy {eps=1e-7, result=dbeta} : f32[32]

              %slope = elementwise %u {add(mul(add(erf(mul(a0, 0.7071067811865476:f32)), 1:f32), 0.5:f32),
                  mul(mul(a0, exp(mul(mul(a0, a0), -0.5:f32))), 0.3989422804014327:f32))} : f32[36,32]
              %du = mul %dx, %slope : f32[36,32]
              %sum = reduce_sum %du {axis=0} : f32[1,32]
              %dbias = reshape %sum : f32[32]
              return dbias = %dbias, dgamma = %dgamma, dbeta = %dbeta
            }""";

    @ParameterizedTest
    @ValueSource(strings = {"reference", "vector"})
    void agreesWithTheOriginal(String backend) throws Exception {
        Fixture fixture = Fixture.named("grad-v3-mlm-legacy");
        Program program = Parser.parse("gradients.dtir", GRADIENTS);
        Device device = Backends.device(Optional.of(backend), Set.of());
        try (Weights model = Weights.open(fixture.folder().resolve("model.safetensors"));
                Weights states = Weights.open(fixture.folder().resolve("expected.safetensors"));
                Weights gradients = Weights.open(fixture.folder().resolve("grads.safetensors"));
                Executable executable = device.load(Compiler.compile(program, Passes.optimisations()))) {
            Map<String, Tensor> inputs = new HashMap<>();
            inputs.put("h", Tensor.of(states.get("pad.hidden_states.3").toFloats(), 36, 32));
            inputs.put("w", model.get(HEAD + "dense.weight"));
            inputs.put("b", model.get(HEAD + "dense.bias"));
            inputs.put("gamma", model.get(HEAD + "LayerNorm.weight"));
            inputs.put("beta", model.get(HEAD + "LayerNorm.bias"));
            inputs.put("e", model.get("deberta.embeddings.word_embeddings.weight"));
            inputs.put("c", model.get("cls.predictions.bias"));
            inputs.put("labels", Tensor.of(labels(fixture), 36, 1));
            Map<String, Tensor> found = executable.run(inputs);
            check(gradients.get(HEAD + "dense.bias"), found.get("dbias"));
            check(gradients.get(HEAD + "LayerNorm.weight"), found.get("dgamma"));
            check(gradients.get(HEAD + "LayerNorm.bias"), found.get("dbeta"));
        }
    }

    private static void check(Tensor expected, Tensor found) {
        for (int i = 0; i < expected.elements(); i++) {
            assertEquals(expected.getDouble(i), found.getDouble(i), TOLERANCE, "element " + i);
        }
    }

    private static long[] labels(Fixture fixture) throws Exception {
        JsonNode rows = new JsonMapper()
                .readTree(Files.readString(fixture.inputs()))
                .path("cases")
                .path(0)
                .path("labels");
        return rows.valueStream()
                .flatMap(JsonNode::valueStream)
                .mapToLong(JsonNode::asLong)
                .toArray();
    }
}
