package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.Plan;
import detangle.compiler.MemoryPlanner;
import detangle.ir.DType;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.text.Parser;
import detangle.testing.Closeness;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/** All 65 536 values of each type, and a linear layer whose weight is of it. */
class NarrowFloatsTest {
    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void everyValueIsExact(DType dtype) {
        FloatArray powers = FloatArray.fromArray(NarrowFloats.powers(dtype));
        int mantissa = NarrowFloats.mantissa(dtype);
        for (int bits = 0; bits < 1 << 16; bits++) {
            float expected = dtype == DType.F16 ? Float.float16ToFloat((short) bits) : Float.intBitsToFloat(bits << 16);
            float actual = NarrowFloats.widen((short) bits, powers, mantissa);
            assertEquals(Float.isFinite(expected) ? expected : Float.NaN, actual, 0f, "bits " + bits);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void linearLayersReadThem(DType dtype) {
        double[] values = new Random(1).doubles(33 * 70, -1, 1).toArray();
        check(dtype, """
                func @f(%%x: f32[S,70]) -> (y: f32[S,33]) {
                  %%w = constant @"w" : %s[33,70]
                  %%y = linear %%x, %%w {act=none} : f32[S,33]
                  return y = %%y
                }""", Tensor.ofDoubles(dtype, values, 33, 70));
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void linearLayersReadWhatIsRoundedToThem(DType dtype) {
        double[] values = new Random(1).doubles(33 * 70, -1, 1).toArray();
        check(dtype, """
                func @f(%%x: f32[S,70]) -> (y: f32[S,33]) {
                  %%w = constant @"w" : f32[33,70]
                  %%n = convert %%w : %s[33,70]
                  %%y = linear %%x, %%n {act=none} : f32[S,33]
                  return y = %%y
                }""", Tensor.ofDoubles(DType.F32, values, 33, 70));
    }

    private static void check(DType dtype, String text, Tensor weight) {
        Program program =
                Parser.parse("test.dtir", text.formatted(dtype.text())).withConstants(Map.of("w", weight));
        Plan plan = new Plan(program, MemoryPlanner.plan(program));
        assertEquals(
                dtype,
                new Buffers(plan, List.of(Map.of("S", 1L)))
                        .weight(program.output("y").input(1))
                        .dtype());
        Random random = new Random(2);
        float[] x = new float[5 * 70];
        for (int i = 0; i < x.length; i++) {
            x[i] = random.nextFloat();
        }
        Map<String, Tensor> inputs = Map.of("x", Tensor.of(x, 5, 70));
        // In f64 the interpreter rounds nothing, weights neither.
        Map<String, Tensor> expected = new Interpreter(Precision.F32).run(program, inputs);
        for (Device device : Devices.each()) {
            try (Executable executable = device.load(plan)) {
                double error = Closeness.nmse(expected, executable.run(inputs));
                assertTrue(error < 1e-12, "on " + device.name() + " it is off by " + error);
            }
        }
    }
}
