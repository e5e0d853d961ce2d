package detangle.export;

import detangle.compiler.Compiler;
import detangle.compiler.Pass;
import detangle.compiler.Passes;
import detangle.export.onnx.OnnxExporter;
import detangle.export.torchscript.TorchScriptExporter;
import detangle.ir.DType;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.peer.djl.DjlModel;
import detangle.peer.onnxruntime.OrtModel;
import detangle.testing.EveryFunction;
import detangle.testing.RandomPrograms.Sample;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Every scalar function, comparison, conversion, reduction and activation, exported, in ONNX Runtime and in PyTorch.
 */
class EveryFunctionTest {
    /** Other runtimes approximate erf and tanh by other polynomials. */
    private static final double MARGIN = 1000;

    /** Those that the runtimes have most operators for. */
    private static final List<DType> TYPES = List.of(DType.F32, DType.I32, DType.I64, DType.I1);

    @TempDir
    Path folder;

    @ParameterizedTest
    @FieldSource("TYPES")
    void onnxRuntimeAgreesWithTheInterpreter(DType dtype) throws Exception {
        Sample sample = EveryFunction.of(dtype, TYPES);
        for (List<Pass> passes : List.of(List.<Pass>of(), Passes.export(Map.of()))) {
            Program program = Compiler.run(sample.program(), passes, (pass, p) -> {});
            Path file = folder.resolve("every.onnx");
            new OnnxExporter("test", Map.of(), false).write(program, file);
            try (OrtModel model = OrtModel.load(file, 1)) {
                EveryFunction.check(sample, model.run(sample.inputs()), MARGIN);
            }
        }
    }

    @ParameterizedTest
    @FieldSource("TYPES")
    void pytorchAgreesWithTheInterpreter(DType dtype) throws Exception {
        Sample sample = EveryFunction.of(dtype, TYPES);
        for (List<Pass> passes : List.of(List.<Pass>of(), Passes.export(Map.of()))) {
            Program program = Compiler.run(sample.program(), passes, (pass, p) -> {});
            Path file = folder.resolve("every.pt");
            TorchScriptExporter.write(program, file);
            List<Tensor> inputs = program.inputs().stream()
                    .map(n -> sample.inputs().get(((TensorOp.Input) n.op()).name()))
                    .toList();
            try (DjlModel model = DjlModel.load(file, 1)) {
                EveryFunction.check(sample, model.run(inputs), MARGIN);
            }
        }
    }
}
