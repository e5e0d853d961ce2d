package detangle.compiler.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import detangle.compiler.Compiler;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.text.Parser;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LowerConvolutionTest {
    @Test
    void kernelsWithoutPositionsAndOverlongOnesAreLeftAlone() {
        for (long taps : new long[] {0, 1001, Integer.MAX_VALUE, 1L << 40}) {
            String type = "f32[B,S" + (taps == 0 ? "+1" : "-" + (taps - 1)) + ",1]";
            Program program = Parser.parse("f.dtir", """
                    func @f(%x: f32[B,S,1], %w: f32[1,1,TAPS]) -> (y: TYPE) {
                      %0 = conv1d %x, %w {groups=1, padding=0} : TYPE
                      return y = %0
                    }
                    """.replace("TYPE", type).replace("TAPS", "" + taps));
            assertSame(program, new LowerConvolution().run(program));
        }
    }

    @Test
    void namesThatAreTakenAreNotUsed() {
        Program program = Parser.parse("f.dtir", """
                func @f(%x: f32[B,S,2]) -> (y: f32[B,S,1], z: f32[1]) {
                  %0 = constant @"w" : f32[1,2,1]
                  %1 = conv1d %x, %0 {groups=1, padding=0} : f32[B,S,1]
                  %2 = constant @"folded.w.by_position" : f32[1]
                  return y = %1, z = %2
                }
                """)
                .withConstants(Map.of(
                        "w", Tensor.of(new float[] {1, 2}, 1, 2, 1),
                        "folded.w.by_position", Tensor.of(new float[] {5}, 1)));
        Program lowered = new LowerConvolution().run(program);
        Map<String, Tensor> results =
                new Interpreter(Precision.F32).run(lowered, Map.of("x", Tensor.of(new float[] {1, 1}, 1, 1, 2)));
        assertEquals(3, results.get("y").getDouble(0));
        assertEquals(5, results.get("z").getDouble(0));
    }

    /** The product reads a constant in the type in which it is stored, so that a backend packs it. */
    @Test
    void storedWeightsAreReordered() {
        Program program = Parser.parse("f.dtir", """
                func @f(%x: f32[B,S,2]) -> (y: f32[B,S,1]) {
                  %0 = constant @"w" : f16[1,2,3]
                  %1 = convert %0 : f32[1,2,3]
                  %2 = conv1d %x, %1 {groups=1, padding=1} : f32[B,S,1]
                  return y = %2
                }
                """)
                .withConstants(Map.of("w", Tensor.ofDoubles(DType.F16, new double[] {1, 2, 3, 4, 5, 6}, 1, 2, 3)));
        Program lowered = Compiler.run(program, List.of(new LowerConvolution(), new FuseLinear()), (pass, p) -> {});
        Tensor weight = lowered.constants().get("folded.w.by_position");
        assertEquals(DType.F16, weight.dtype());
        assertArrayEquals(new double[] {1, 4, 2, 5, 3, 6}, weight.toDoubles());
        assertEquals(
                1,
                lowered.nodes().stream()
                        .filter(n -> n.op() instanceof KernelOp.Linear)
                        .count());
    }

    @ParameterizedTest
    @CsvSource({"1,3,1", "1,1,0", "1,5,2", "1,4,1", "2,3,1", "3,2,0", "6,3,4", "12,3,1"})
    void theValueStays(int groups, int taps, int padding) {
        int channels = 24;
        Program program = Parser.parse(
                "f.dtir",
                String.format(
                                """
                func @f(%%x: f64[B,S,%d], %%w: f64[24,%d,%d]) -> (y: f64[B,S+%d,24]) {
                  %%0 = conv1d %%x, %%w {groups=%d, padding=%d} : f64[B,S+%d,24]
                  return y = %%0
                }
                """,
                                channels,
                                channels / groups,
                                taps,
                                2 * padding - taps + 1,
                                groups,
                                padding,
                                2 * padding - taps + 1)
                        .replace("S+-", "S-")
                        .replace("S+0", "S"));
        Program lowered = Compiler.run(program, List.of(new LowerConvolution()), (pass, p) -> {});
        assertEquals(
                0,
                lowered.nodes().stream()
                        .filter(n -> n.op() instanceof TensorOp.Conv1d)
                        .count());
        Map<String, Tensor> inputs = Map.of("x", values(2, 7, channels), "w", values(24, channels / groups, taps));
        Interpreter interpreter = new Interpreter(Precision.F64);
        assertArrayEquals(
                interpreter.run(program, inputs).get("y").toDoubles(),
                interpreter.run(lowered, inputs).get("y").toDoubles(),
                1e-12);
    }

    private static Tensor values(long... shape) {
        int n = (int) Tensor.elements(shape);
        return Tensor.of(
                IntStream.range(0, n).mapToDouble(i -> Math.sin(i * 1.7)).toArray(), shape);
    }
}
