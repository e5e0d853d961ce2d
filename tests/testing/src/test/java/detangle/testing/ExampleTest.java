package detangle.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExampleTest {
    private static final String PROGRAM = """
            // What it shows.
            // input x = [1, 2]
            func @f(%x: f32[2]) -> (y: f32[2]) {
              return y = %x
            }
            """;

    @TempDir
    private Path folder;

    private Example example(String text) throws IOException {
        Files.writeString(folder.resolve("f.dtir"), text);
        return Example.in(folder).getFirst();
    }

    @Test
    void aWrongExpectationFailsAndSaysWhatThereIs() throws IOException {
        Example example = example(PROGRAM + "// gives y = [1, 3]\n");
        AssertionError error =
                assertThrows(AssertionError.class, () -> example.concludes(List.of("gives y = [1, 2]"), false));
        assertTrue(error.getMessage().contains("gives y = [1, 2]"), error.getMessage());
    }

    @Test
    void blessingWritesTheExpectedPartAndLeavesTheRest() throws IOException {
        example(PROGRAM + "// gives y = [1, 3]\n").concludes(List.of("gives y = [1, 2]"), true);
        assertEquals(PROGRAM + "// gives y = [1, 2]\n", Files.readString(folder.resolve("f.dtir")));
    }

    @Test
    void everyInputNeedsAValue() throws IOException {
        Example example = example(PROGRAM.replace("// input x", "// input z"));
        AssertionError error = assertThrows(AssertionError.class, example::inputs);
        assertTrue(error.getMessage().contains("there is no line // input x = ..."), error.getMessage());
    }
}
