package detangle.compiler.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.DType;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.text.Parser;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FoldConstantsTest {
    private static final int HEADS = 2;
    private static final int SIZE = 4;
    private static final int WIDTH = HEADS * SIZE;

    /** The matrix of DeBERTa v1 for queries, keys and values, whose rows are grouped by head. */
    private static Tensor stored(DType dtype) {
        double[] values = new double[3 * WIDTH * WIDTH];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 251 - 125;
        }
        return Tensor.ofDoubles(dtype, values, 3 * WIDTH, WIDTH);
    }

    private static Program program(String constant, Tensor stored) {
        return Parser.parse("f.dtir", constant + """
                  %h = reshape %w : f32[2,3,4,8]
                  %s = slice %h {axis=1, start=1, limit=2} : f32[2,1,4,8]
                  %k = reshape %s : f32[8,8]
                  %y = dot %x, %k {rhs_t} : f32[B,8]
                  return y = %y
                }
                """).withConstants(Map.of("w", stored));
    }

    private static void assertHasKeysOf(Tensor stored, Program folded) {
        List<Tensor> parts = folded.constants().entrySet().stream()
                .filter(constant -> !constant.getKey().equals("w"))
                .map(Map.Entry::getValue)
                .toList();
        assertEquals(1, parts.size());
        Tensor keys = parts.getFirst();
        assertEquals(stored.dtype(), keys.dtype(), "nothing is computed, so the type is that of the file");
        assertArrayEquals(new long[] {WIDTH, WIDTH}, keys.shape());
        for (int row = 0; row < WIDTH; row++) {
            int from = (row / SIZE * 3 + 1) * SIZE + row % SIZE;
            for (int column = 0; column < WIDTH; column++) {
                assertEquals(stored.getDouble(from * WIDTH + column), keys.getDouble(row * WIDTH + column));
            }
        }
    }

    @Test
    void partsOfConstantsAreNotComputed() {
        Tensor stored = stored(DType.F32);
        String constant = """
                func @f(%x: f32[B,8]) -> (y: f32[B,8]) {
                  %w = constant @"w" : f32[24,8]
                """;
        FoldConstants fold = new FoldConstants((roots, constants) -> {
            assertTrue(roots.isEmpty(), "the evaluator is asked for " + roots);
            return Map.of();
        });
        assertHasKeysOf(stored, fold.run(program(constant, stored)));
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void partsOfConvertedConstantsKeepTheirBits(DType dtype) {
        Tensor stored = stored(dtype);
        String constant = """
                func @f(%%x: f32[B,8]) -> (y: f32[B,8]) {
                  %%c = constant @"w" : %s[24,8]
                  %%w = convert %%c : f32[24,8]
                """.formatted(dtype.text());
        assertHasKeysOf(stored, new FoldConstants().run(program(constant, stored)));
    }
}
