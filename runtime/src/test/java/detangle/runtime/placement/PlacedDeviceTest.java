package detangle.runtime.placement;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.BackendException;
import detangle.backend.Executable;
import detangle.backend.Plan;
import detangle.backend.Variables;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import detangle.ir.text.Parser;
import detangle.testing.Closeness;
import detangle.testing.RandomRun;
import detangle.testing.Rounding;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PlacedDeviceTest {
    private static final String PROGRAM = """
            func @f(%x: f32[B,4]) -> (y: f32[B,4], z: f32[B,4]) {
              %0 = constant 2 : f32[]
              %1 = elementwise %x, %0 {mul(a0, a1)} : f32[B,4]
              %2 = elementwise %1 {exp(a0)} : f32[B,4]
              %3 = elementwise %2, %1 {add(a0, a1)} : f32[B,4]
              return y = %3, z = %2
            }
            """;

    private static boolean isExp(Node node) {
        return node.op() instanceof KernelOp.Elementwise(Region region) && region.body() instanceof ScalarExpr.Unary;
    }

    private static Plan plan(String text) {
        return Compiler.compile(Parser.parse("test.dtir", text), List.of());
    }

    /** However operations are placed, the value is the same. */
    @Test
    void anyPlacementHasTheSameValue() {
        FakeDevice device = new FakeDevice();
        RandomRun.run("placement", false, 200, (seed, sample) -> {
            Map<String, Tensor> exact = new Interpreter(Precision.F64).run(sample.program(), sample.inputs());
            double tolerance = Math.max(1e-11, 100 * Rounding.of(sample));
            Random random = new Random(seed);
            PlacedDevice placed = new PlacedDevice(device, new FakeDevice(), node -> random.nextBoolean());
            try (Executable executable = placed.load(Compiler.compile(sample.program(), Passes.optimisations()))) {
                double error = Closeness.nmse(exact, executable.run(sample.inputs()));
                assertTrue(error <= tolerance, "it is off by " + error + ", with " + tolerance + " allowed");
            }
        });
        assertTrue(device.loaded > 200, "hardly anything was placed: " + device.loaded);
        assertEquals(0, device.open);
    }

    /** Neighbours on one side are one segment, in whatever order they stand. */
    @Test
    void runsAsFewSegmentsAsCanBe() {
        FakeDevice device = new FakeDevice();
        FakeDevice host = new FakeDevice();
        new PlacedDevice(device, host, PlacedDeviceTest::isExp)
                .load(plan(PROGRAM))
                .close();
        assertEquals(1, device.loaded);
        assertEquals(2, host.loaded);
    }

    @Test
    void aFailureIsToldAndTheNextRunIsRight() {
        FakeDevice device = new FakeDevice();
        Map<String, Tensor> inputs = Map.of("x", Tensor.of(new float[4], 1, 4));
        try (Executable executable =
                new PlacedDevice(device, new FakeDevice(), PlacedDeviceTest::isExp).load(plan(PROGRAM))) {
            device.fails = true;
            BackendException e = assertThrows(BackendException.class, () -> executable.run(inputs));
            assertEquals("the device is gone", e.getMessage());
            device.fails = false;
            assertEquals(1, executable.run(inputs).get("z").getDouble(0));
        }
        assertEquals(0, device.open);
    }

    @Test
    void whatWasLoadedIsFreedWhereTheRestIsRefused() {
        FakeDevice device = new FakeDevice();
        FakeDevice host = new FakeDevice();
        device.failsToLoad = true;
        PlacedDevice placed = new PlacedDevice(device, host, PlacedDeviceTest::isExp);
        Plan plan = plan(PROGRAM);
        assertThrows(BackendException.class, () -> placed.load(plan));
        assertEquals(1, host.loaded);
        assertEquals(0, host.open);
    }

    /** Updates are outputs of a part, which would be rounded like any others. */
    @Test
    void updatesIn16BitsAreRefused() {
        FakeDevice device = new FakeDevice();
        device.activations = Optional.of(DType.BF16);
        PlacedDevice placed = new PlacedDevice(device, new FakeDevice(), node -> true);
        Plan plan = plan("""
                func @step(%x: f32[4]) -> (y: f32[4]) {
                  %w = param "w" : f32[4]
                  %y = elementwise %x, %w {add(a0, a1)} : f32[4]
                  update "w" = %y
                  return y = %y
                }
                """);
        Variables variables = placed.variables(Map.of("w", Tensor.of(new float[4], 4)));
        BackendException e = assertThrows(BackendException.class, () -> placed.load(plan, variables));
        assertEquals(
                "fake:0 computes programs that update parameters in 32 bits alone, and not in bf16:"
                        + " leave the precision out",
                e.getMessage());
        assertEquals(0, device.loaded);
    }
}
