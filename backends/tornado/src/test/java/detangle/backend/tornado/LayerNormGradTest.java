package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.Plan;
import detangle.compiler.MemoryPlanner;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.text.Parser;
import detangle.testing.Closeness;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The device has kernels for all gradients of layer norm, together and one by one, whatever the number of rows. */
class LayerNormGradTest {
    private static final String ALL = """
            func @f(%x: f32[B,S,70], %r: f32[B,S,70], %g: f32[70], %dy: f32[B,S,70])
                -> (dx: f32[B,S,70], dgamma: f32[70], dbeta: f32[70]) {
              %dx = layer_norm_grad %x, %r, %g, %dy {residual, eps=0.001, result=dx} : f32[B,S,70]
              %dg = layer_norm_grad %x, %r, %g, %dy {residual, eps=0.001, result=dgamma} : f32[70]
              %db = layer_norm_grad %x, %r, %g, %dy {residual, eps=0.001, result=dbeta} : f32[70]
              return dx = %dx, dgamma = %dg, dbeta = %db
            }""";

    private static final String ONE = """
            func @f(%x: f32[B,S,70], %r: f32[B,S,70], %g: f32[70], %dy: f32[B,S,70]) -> (dgamma: f32[70]) {
              %dg = layer_norm_grad %x, %g, %dy {eps=0.001, result=dgamma} : f32[70]
              return dgamma = %dg
            }""";

    @Test
    void agreesWithTheInterpreter() {
        for (Device device : Devices.each()) {
            agrees(device);
        }
    }

    private static void agrees(Device device) {
        for (String text : List.of(ALL, ONE)) {
            Program program = Parser.parse("test.dtir", text);
            Plan plan = new Plan(program, MemoryPlanner.plan(program));
            program.outputs().forEach(o -> assertTrue(device.runs(o.node()), o.name()));
            try (Executable executable = device.load(plan)) {
                for (long length : new long[] {1, 200, 0}) {
                    Map<String, Tensor> inputs = inputs(program, length);
                    double error =
                            Closeness.nmse(new Interpreter(Precision.F64).run(program, inputs), executable.run(inputs));
                    assertTrue(error < 1e-11, "at length " + length + " it is off by " + error);
                    assertEquals(
                            0, Closeness.nmse(executable.run(inputs), executable.run(inputs)), "the same at each run");
                }
            }
        }
    }

    private static Map<String, Tensor> inputs(Program program, long length) {
        Random random = new Random(4);
        Map<String, Tensor> inputs = new HashMap<>();
        for (Node input : program.inputs()) {
            long[] shape = input.shape().evaluate(Map.of("B", 2L, "S", length));
            double[] values = random.doubles(Tensor.elements(shape), -1, 2).toArray();
            inputs.put(input.name(), Tensor.ofDoubles(input.type().dtype(), values, shape));
        }
        return inputs;
    }
}
