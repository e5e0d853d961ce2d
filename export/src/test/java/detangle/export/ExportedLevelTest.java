package detangle.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.export.onnx.OnnxExporter;
import detangle.export.torchscript.TorchScriptExporter;
import detangle.ir.IrException;
import detangle.ir.Program;
import detangle.ir.text.Parser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What changes between runs, or runs elsewhere, is not exported. */
class ExportedLevelTest {
    private static final Program WITH_UPDATE = Parser.parse("test.dtir", """
            func @f(%input_a: f32[4]) -> (y_a: f32[4]) {
              %w = param "w" : f32[4]
              %y = add %input_a, %w : f32[4]
              update "w" = %y
              return y_a = %y
            }
            """);

    @TempDir
    Path folder;

    @Test
    void onnxRefusesIt() {
        refused((program, file) -> new OnnxExporter("test", Map.of(), false).write(program, file));
    }

    @Test
    void torchScriptRefusesIt() {
        refused(TorchScriptExporter::write);
    }

    private void refused(BiConsumer<Program, Path> exporter) {
        Path file = folder.resolve("model");
        IrException e = assertThrows(IrException.class, () -> exporter.accept(WITH_UPDATE, file));
        assertEquals(
                "test.dtir:2:3: error [level_exported]: %w is param() : f32[4], but an exported program has no parameters,"
                        + " which bind-parameters makes constants of, and no updates, transfers and random numbers (and 1 more)",
                e.getMessage());
        assertFalse(Files.exists(file));
    }
}
