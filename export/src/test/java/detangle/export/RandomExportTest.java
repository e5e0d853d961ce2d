package detangle.export;

import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.compiler.Compiler;
import detangle.compiler.Pass;
import detangle.compiler.Passes;
import detangle.export.onnx.OnnxExporter;
import detangle.export.torchscript.TorchScriptExporter;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.peer.djl.DjlModel;
import detangle.peer.onnxruntime.OrtModel;
import detangle.testing.Closeness;
import detangle.testing.RandomPrograms.Sample;
import detangle.testing.RandomRun;
import detangle.testing.Rounding;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random programs, exported, in ONNX Runtime and in PyTorch: judges that share no code with the interpreter. */
class RandomExportTest {
    private static final double NMSE = 1e-10;

    /** Other runtimes approximate erf and tanh by other polynomials. */
    private static final double ROUNDING = 1000;

    @TempDir
    Path folder;

    /** Runs a program elsewhere. */
    @FunctionalInterface
    private interface Judge {
        Map<String, Tensor> run(Program program, Map<String, Tensor> inputs) throws Exception;
    }

    @Test
    void onnxRuntimeAgreesWithTheInterpreter() {
        compare("exports to ONNX", 300, (program, inputs) -> {
            Path file = folder.resolve("random.onnx");
            new OnnxExporter("test", Map.of(), false).write(program, file);
            try (OrtModel model = OrtModel.load(file, 1)) {
                return model.run(inputs);
            }
        });
    }

    @Test
    void pytorchAgreesWithTheInterpreter() {
        compare("exports to TorchScript", 150, (program, inputs) -> {
            Path file = folder.resolve("random.pt");
            TorchScriptExporter.write(program, file);
            try (DjlModel model = DjlModel.load(file, 1)) {
                return model.run(program.inputs().stream()
                        .map(n -> inputs.get(((TensorOp.Input) n.op()).name()))
                        .toList());
            }
        });
    }

    /** PyTorch's kernel for channels that are not a multiple of its vectors reads a permuted batch wrongly. */
    @Test
    void pytorchConvolvesBatchesOfOddChannels() throws Exception {
        Builder b = new Builder();
        Node x = b.input("x", TensorType.of(DType.F32, Dim.symbol("B"), Dim.symbol("S"), Dim.of(31)));
        Node weight = b.constant(new Literal.Named("w"), TensorType.of(DType.F32, 2, 31, 3));
        Node y = b.op(new TensorOp.Conv1d(1, 1), x, weight);
        Map<String, Tensor> weights = Map.of("w", random(2, 31, 3));
        Program program = new Program("convolution", List.of(x), List.of(new Program.Output("y", y)), weights);
        Tensor values = random(2, 31, 31);
        Path file = folder.resolve("convolution.pt");
        TorchScriptExporter.write(program, file);
        try (DjlModel model = DjlModel.load(file, 1)) {
            Map<String, Tensor> expected = new Interpreter(Precision.F64).run(program, Map.of("x", values));
            assertTrue(Closeness.nmse(expected, model.run(List.of(values))) <= NMSE);
        }
    }

    private static Tensor random(long... shape) {
        Random random = new Random(1);
        float[] values = new float[Math.toIntExact(Tensor.elements(shape))];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.of(values, shape);
    }

    private static void compare(String name, int programs, Judge judge) {
        RandomRun.run(name, true, programs, (seed, sample) -> {
            Map<String, Tensor> exact = new Interpreter(Precision.F64).run(sample.program(), sample.inputs());
            double tolerance = Math.max(NMSE, ROUNDING * Rounding.of(sample));
            check("as written", List.of(), sample, judge, exact, tolerance);
            check("for export", Passes.export(Map.of()), sample, judge, exact, tolerance);
        });
    }

    private static void check(
            String how, List<Pass> passes, Sample sample, Judge judge, Map<String, Tensor> expected, double tolerance)
            throws Exception {
        Program program = Compiler.run(sample.program(), passes, (pass, p) -> {});
        double error = Closeness.nmse(expected, judge.run(program, sample.inputs()));
        assertTrue(error <= tolerance, how + " it is off by " + error + ", with " + tolerance + " allowed");
    }
}
