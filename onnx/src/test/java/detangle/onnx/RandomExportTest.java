package detangle.onnx;

import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.compiler.Compiler;
import detangle.compiler.Pass;
import detangle.compiler.Pipeline;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.testing.Closeness;
import detangle.ir.testing.RandomPrograms.Sample;
import detangle.ir.testing.RandomRun;
import detangle.peer.onnxruntime.OrtModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random programs, exported, in ONNX Runtime: a judge that shares no code with the interpreter. */
class RandomExportTest {
    private static final double NMSE = 1e-10;

    /** ONNX Runtime approximates erf and tanh by other polynomials. */
    private static final double ROUNDING = 1000;

    @TempDir
    Path folder;

    @Test
    void onnxRuntimeAgreesWithTheInterpreter() {
        RandomRun.run("exports", true, 300, (seed, sample) -> {
            Map<String, Tensor> exact = new Interpreter(Precision.F64).run(sample.program(), sample.inputs());
            Map<String, Tensor> single = new Interpreter(Precision.F32).run(sample.program(), sample.inputs());
            double tolerance = Math.max(NMSE, ROUNDING * Closeness.nmse(exact, single));
            check("as written", List.of(), sample, exact, tolerance);
            check("for export", Pipeline.export(Map.of()), sample, exact, tolerance);
        });
    }

    private void check(String how, List<Pass> passes, Sample sample, Map<String, Tensor> expected, double tolerance)
            throws Exception {
        Path file = folder.resolve("random.onnx");
        new OnnxExporter("test", Map.of(), false).write(Compiler.run(sample.program(), passes, (pass, p) -> {}), file);
        try (OrtModel model = OrtModel.load(file, 1)) {
            double error = Closeness.nmse(expected, model.run(sample.inputs()));
            assertTrue(error <= tolerance, how + " it is off by " + error + ", with " + tolerance + " allowed");
        }
    }
}
