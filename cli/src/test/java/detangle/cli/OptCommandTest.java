package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OptCommandTest {
    private static final String PROGRAM = """
            func @f(%x: f32[2]) -> (y: f32[2]) {
              %0 = neg %x : f32[2]
              %1 = neg %x : f32[2]
              %2 = add %0, %1 : f32[2]
              return y = %2
            }
            """;

    private static final String MERGED = """
            func @f(%x: f32[2]) -> (y: f32[2]) {
              %0 = neg %x : f32[2]
              %1 = add %0, %0 : f32[2]
              return y = %1
            }
            """;

    private static final String FUSED = """
            func @f(%x: f32[2]) -> (y: f32[2]) {
              %0 = elementwise %x {add(neg(a0), neg(a0))} : f32[2]
              return y = %0
            }
            """;

    @TempDir
    private Path folder;

    private String opt(String text, String... options) throws IOException {
        Path file = Files.writeString(folder.resolve("f.dtir"), text);
        String[] all = new String[options.length + 2];
        all[0] = "opt";
        all[1] = file.toString();
        System.arraycopy(options, 0, all, 2, options.length);
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = Main.run(new PrintWriter(out), new PrintWriter(err, true), all);
        return status == 0 ? out.toString() : err.toString();
    }

    @Test
    void theFileNamesItsPasses() throws IOException {
        assertEquals(MERGED, opt("// Equal values become one.\n// passes common-subexpressions\n" + PROGRAM));
        assertEquals(FUSED, opt("// passes canonicalise, fuse-elementwise\n" + PROGRAM));
    }

    @Test
    void theOptionGoesBeforeTheFile() throws IOException {
        assertEquals(MERGED, opt("// passes fuse-elementwise\n" + PROGRAM, "--passes", "common-subexpressions"));
    }

    @Test
    void aFileWithoutPassesIsPrinted() throws IOException {
        assertEquals(PROGRAM, opt("// A comment.\n" + PROGRAM));
    }
}
