package detangle.backend.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.Executable;
import detangle.backend.InputException;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.DType;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.text.Parser;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What callers give that no program can take ends in one typed error, and the next run is answered. */
class HostileInputsTest {
    private static final String PROGRAM = """
            func @f(%ids: i64[B,S], %x: f32[B,S,2], %m: i1[B,S,1]) -> (y: f32[B,S,2]) {
              %t = constant dense<1, 2, 3, 4, 5, 6> : f32[3,2]
              %g = gather %t, %ids : f32[B,S,2]
              %s = select %m, %g, %x : f32[B,S,2]
              %y = add %s, %x : f32[B,S,2]
              return y = %y
            }""";

    private static Executable load(String text) {
        return new VectorDevice().load(Compiler.compile(Parser.parse("test.dtir", text), Passes.optimisations()));
    }

    private static Map<String, Tensor> good() {
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put("ids", Tensor.of(new long[] {0, 1, 2, 0}, 2, 2));
        inputs.put("x", Tensor.of(new float[8], 2, 2, 2));
        inputs.put("m", Tensor.of(new boolean[] {true, false, true, true}, 2, 2, 1));
        return inputs;
    }

    private static Tensor bits(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return new Tensor(DType.I1, new long[] {2, 2, 1}, MemorySegment.ofArray(bytes));
    }

    private static void assertRefused(Executable executable, String name, Tensor tensor, String what) {
        Map<String, Tensor> inputs = good();
        inputs.put(name, tensor);
        InputException e = assertThrows(InputException.class, () -> executable.run(inputs), name + " " + tensor);
        assertTrue(e.getMessage().contains(what), e.getMessage());
        assertEquals(8, executable.run(good()).get("y").elements());
    }

    @Test
    void inputsThatDoNotFitAreNamed() {
        try (Executable executable = load(PROGRAM)) {
            // The second time, the shapes are known.
            for (int i = 0; i < 2; i++) {
                assertRefused(executable, "ids", null, "'ids' is missing");
                assertRefused(executable, "other", Tensor.of(new float[] {1}), "no input 'other'");
                assertRefused(executable, "ids", Tensor.of(new int[4], 2, 2), "must be i64[B,S]");
                assertRefused(executable, "ids", Tensor.of(new long[4], 4), "must be i64[B,S]");
                assertRefused(executable, "ids", Tensor.of(new long[6], 2, 3), "must be");
                assertRefused(executable, "x", Tensor.of(new float[12], 2, 2, 3), "axis 2");
                assertRefused(executable, "ids", Tensor.of(new long[] {0, 1, 3, 0}, 2, 2), "id 3 is outside");
                assertRefused(executable, "ids", Tensor.of(new long[] {0, -1, 1, 0}, 2, 2), "id -1 is outside");
                assertRefused(
                        executable, "ids", Tensor.of(new long[] {0, 1L << 32, 1, 0}, 2, 2), "id 4294967296 is outside");
                assertRefused(executable, "m", bits(1, 0, 2, 1), "i1 is 0 or 1");
                assertRefused(executable, "m", bits(1, 0, -1, 1), "i1 is 0 or 1");
            }
        }
    }

    @Test
    void noElementsGiveNoElements() {
        try (Executable executable = load(PROGRAM)) {
            for (long[] sizes : new long[][] {{0, 2}, {2, 0}, {0, 0}}) {
                Map<String, Tensor> inputs = Map.of(
                        "ids", Tensor.of(new long[0], sizes),
                        "x", Tensor.of(new float[0], sizes[0], sizes[1], 2),
                        "m", Tensor.of(new boolean[0], sizes[0], sizes[1], 1));
                assertEquals(0, executable.run(inputs).get("y").elements());
            }
        }
    }

    @Test
    void whatIsClosedSaysSo() {
        Executable executable = load(PROGRAM);
        executable.close();
        executable.close();
        assertThrows(IllegalStateException.class, () -> executable.run(good()));
    }

    private static void assertRefused(String statements, String type, String what) {
        String text = "func @f(%x: f32[S]) -> (y: " + type + ") {\n" + statements + "  return y = %y\n}";
        try (Executable executable = load(text)) {
            InputException e = assertThrows(
                    InputException.class, () -> executable.run(Map.of("x", Tensor.of(new float[] {1, 2, 3}, 3))));
            assertTrue(e.getMessage().contains(what), e.getMessage());
        }
    }

    @Test
    void memoryIsRefusedBeforeItIsAskedFor() {
        for (long width : new long[] {Runtime.getRuntime().maxMemory() / 10, 2_000_000_000L}) {
            String type = "f32[S," + width + "]";
            assertRefused("  %a = reshape %x : f32[S,1]\n  %y = broadcast %a : " + type + "\n", type, "at once");
        }
        assertRefused(
                "  %a = reshape %x : f32[S,1]\n  %y = broadcast %a : f32[S,9000000000000000]\n",
                "f32[S,9000000000000000]", "sizes");
        assertRefused("  %y = pad %x {axis=0, before=S-4, after=9} : f32[2*S+5]\n", "f32[2*S+5]", "negative");
        assertRefused("  %y = slice %x {axis=0, start=0, limit=2*S} : f32[2*S]\n", "f32[2*S]", "does not lie");
        assertRefused(
                "  %y = slice %x {axis=0, start=5, limit=5} : f32[0]\n".replace("5", "2*S"), "f32[0]", "does not lie");
    }

    @Test
    void packedRowsAreCheckedAtEachRun() {
        String text = """
                func @f(%q: f32[T,1,4], %s: i32[N], %p: i32[T]) -> (y: f32[T,1,4]) {
                  %y = packed_attention %q, %q, %q, %s, %s, %p, %p {terms=[c2c], scale=1, length=8} : f32[T,1,4]
                  return y = %y
                }""";
        Tensor q = Tensor.of(new float[12], 3, 1, 4);
        try (Executable executable = load(text)) {
            int[][] segments = {{0, 1, 3}, {0, 1, 2}, {1, 2, 3}, {0, 9, 3}, {0, 2, 3}, {0, 1, 3}, {0, 1, 3}};
            int[][] positions = {{0, 0, 1}, {0, 0, 1}, {0, 0, 1}, {0, 0, 1}, {1, 0, 0}, {0, 0, 8}, {-1, 0, 1}};
            for (int i = 0; i < segments.length; i++) {
                Map<String, Tensor> inputs =
                        Map.of("q", q, "s", Tensor.of(segments[i], 3), "p", Tensor.of(positions[i], 3));
                if (i == 0) {
                    assertEquals(12, executable.run(inputs).get("y").elements());
                } else {
                    assertThrows(InputException.class, () -> executable.run(inputs), "run " + i);
                }
            }
        }
    }

    @Test
    void idsAreCheckedWhereRowsHaveNoElements() {
        String head = "func @f(%t: f32[3,W], %ids: i32[N], %u: f32[N,W]) -> (y: f32[";
        String gather = head + "N,W]) {\n  %y = gather %t, %ids : f32[N,W]\n  return y = %y\n}";
        String scatter = head + "3,W]) {\n  %y = scatter_add %t, %ids, %u : f32[3,W]\n  return y = %y\n}";
        for (String text : List.of(gather, scatter)) {
            try (Executable executable = load(text)) {
                Map<String, Tensor> inputs = Map.of(
                        "t",
                        Tensor.of(new float[0], 3, 0),
                        "ids",
                        Tensor.of(new int[] {1, 3}, 2),
                        "u",
                        Tensor.of(new float[0], 2, 0));
                InputException e = assertThrows(InputException.class, () -> executable.run(inputs));
                assertTrue(e.getMessage().contains("id 3 is outside"), e.getMessage());
            }
        }
    }

    @Test
    void sizesBesideAnEmptyAxisMayMultiplyToAnything() {
        String text = """
                func @f(%x: f32[B,S,0]) -> (y: f32[2,B,S,0], z: f32[65536,65536,0]) {
                  %y = broadcast %x : f32[2,B,S,0]
                  %z = constant 1 : f32[65536,65536,0]
                  return y = %y, z = %z
                }""";
        try (Executable executable = load(text)) {
            Tensor x = Tensor.of(new float[0], 65536, 65536, 0);
            assertEquals(0, executable.run(Map.of("x", x)).get("y").elements());
        }
    }

    /** Operands in a type that no kernel computes in, which the expression does not read. */
    @Test
    void regionsMayIgnoreOperandsOfAnyType() {
        String text = """
                func @f(%x: f32[S], %i: i8[S]) -> (y: f32[S]) {
                  %y = elementwise %x, %i {neg(a0)} : f32[S]
                  return y = %y
                }""";
        try (Executable executable = load(text)) {
            Map<String, Tensor> inputs =
                    Map.of("x", Tensor.of(new float[] {1}, 1), "i", Tensor.ofLongs(DType.I8, new long[] {9}, 1));
            assertEquals(-1, executable.run(inputs).get("y").getDouble(0));
        }
    }

    @Test
    void aTableMayBeAResultToo() {
        String text = """
                func @f(%ids: i64[N]) -> (y: f32[N,1], table: f32[2,1]) {
                  %t = constant @"t" : f32[2,1]
                  %y = gather %t, %ids : f32[N,1]
                  return y = %y, table = %t
                }""";
        Program program =
                Parser.parse("test.dtir", text).withConstants(Map.of("t", Tensor.of(new float[] {5, 6}, 2, 1)));
        Map<String, Tensor> inputs = Map.of("ids", Tensor.of(new long[] {1}, 1));
        try (Executable executable = new VectorDevice().load(Compiler.compile(program, List.of()))) {
            for (Map<String, Tensor> results :
                    List.of(executable.run(inputs), new Interpreter(Precision.F32).run(program, inputs))) {
                assertEquals(6, results.get("y").getDouble(0));
                assertEquals(5, results.get("table").getDouble(0));
            }
        }
    }

    /** What a whole number of 64 bits becomes in f32 must not depend on the kernel. */
    @Test
    void longsAreRoundedAsByTheInterpreter() {
        String text = """
                func @f(%x: i64[S]) -> (y: f32[S]) {
                  %y = elementwise %x {convert_f32(a0)} : f32[S]
                  return y = %y
                }""";
        Program program = Parser.parse("test.dtir", text);
        Map<String, Tensor> inputs = Map.of("x", Tensor.of(new long[] {(1L << 62) + (1L << 38) + 1}, 1));
        try (Executable executable = load(text)) {
            assertEquals(
                    new Interpreter(Precision.F32).run(program, inputs).get("y").getDouble(0),
                    executable.run(inputs).get("y").getDouble(0));
        }
    }
}
