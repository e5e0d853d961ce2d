package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.Executable;
import detangle.backend.Profile;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.Tensor;
import detangle.ir.text.Parser;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A run tells what each operation took, by the device's own clock. */
class ProfileTest {
    private static final String PROGRAM = """
            func @f(%x: f32[S,2]) -> (y: f32[S,1]) {
              %0 = exp %x : f32[S,2]
              %1 = reduce_sum %0 {axis=1} : f32[S,1]
              return y = %1
            }""";

    @Test
    void eachOperationIsTimed() {
        Profile profile = new Profile();
        Map<String, Tensor> inputs = Map.of("x", Tensor.of(new float[2000], 1000, 2));
        float[] expected = new float[1000];
        Arrays.fill(expected, 2);
        try (Executable executable =
                Devices.first().load(Compiler.compile(Parser.parse("test.dtir", PROGRAM), Passes.optimisations()))) {
            for (int i = 0; i < 3; i++) {
                assertArrayEquals(
                        expected, executable.run(inputs, profile).get("y").toFloats());
            }
            assertArrayEquals(expected, executable.run(inputs).get("y").toFloats());
        }
        assertEquals(
                Set.of("elementwise", "reduce_sum", "transfer"),
                profile.entries().stream().map(Profile.Entry::operation).collect(Collectors.toSet()));
        for (Profile.Entry entry : profile.entries()) {
            assertEquals(3, entry.calls());
            assertTrue(entry.nanos() > 0, entry.toString());
        }
    }
}
