package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import detangle.backend.BackendException;
import detangle.backend.ComputePrecision;
import detangle.backend.Device;
import detangle.backend.KernelCode;
import detangle.backend.Plan;
import detangle.compiler.Compiler;
import detangle.compiler.MemoryPlanner;
import detangle.compiler.Passes;
import detangle.ir.DType;
import detangle.ir.Program;
import detangle.ir.text.Parser;
import detangle.runtime.Backends;
import detangle.testing.RandomRun;
import detangle.train.OptimizerOptions;
import detangle.train.Recipe;
import detangle.train.TrainingPrograms;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The CUDA C of kernels is compiled by nvcc for an H100, on a device of TornadoVM's CUDA driver, which may be a
 * virtual one: docs/BACKENDS.md says how.
 */
class CudaCodeTest {
    private static final Set<String> KERNELS = Set.of(
            "elements",
            "reduce",
            "product",
            "attention",
            "attentionDropout",
            "attentionGrad",
            "attentionSoftmax",
            "fusedAttention",
            "positionSums",
            "sequenceProduct",
            "scatterLast",
            "sumOfSquares",
            "activation",
            "layerNorm",
            "layerNormGrad",
            "rowSums",
            "softmax",
            "convolution",
            "scatter");

    /** What was compiled already, and the name of its kernel. */
    private static final Map<String, String> COMPILED = new HashMap<>();

    private static Device cuda;

    @TempDir
    private Path folder;

    @BeforeAll
    static void find() {
        boolean nvcc = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(p -> Files.isExecutable(Path.of(p, "nvcc")));
        Optional<String> why = nvcc ? Optional.empty() : Optional.of("nvcc is not on the PATH");
        try {
            cuda = Backends.device(Optional.of("tornado:cuda"), Set.of());
        } catch (BackendException e) {
            why = Optional.of(e.getMessage());
        }
        why.ifPresent(reason -> System.out.println("CUDA C is not compiled: " + reason));
        assumeTrue(why.isEmpty());
    }

    static Stream<Fixture> fixtures() {
        return DeviceTest.fixtures();
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void compiles(Fixture fixture) {
        assertTrue(compile(fixture.compiled(Optional.empty())) > 0, "no kernel was compiled");
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F16", "BF16"})
    void compilesWithNarrowWeights(DType weightType) {
        compile(Fixture.named("v3-tokcls").compiled(Optional.of(weightType)));
    }

    /** Kernels that keep values in 16 bits. */
    @ParameterizedTest
    @EnumSource(
            value = ComputePrecision.class,
            names = {"FP16", "BF16"})
    void compilesInHalfPrecision(ComputePrecision precision) {
        Device fp32 = cuda;
        try {
            cuda = fp32.withPrecision(precision);
            for (String name : List.of("v3-tokcls", "v2-conv-mlm-emd")) {
                assertTrue(compile(Fixture.named(name).compiled(Optional.empty())) > 0, "no kernel was compiled");
            }
        } finally {
            cuda = fp32;
        }
    }

    /** Whole updates: forward with dropout, backward, clipping and the optimizer. */
    @ParameterizedTest
    @ValueSource(strings = {"seqcls-v3-dropout", "seqcls-v2conv-dropout", "mlm-emd-v2"})
    void compilesSteps(String name) {
        TrainingFixture fixture = TrainingFixture.named(name);
        TrainingPrograms programs = TrainingPrograms.of(
                fixture.program(),
                OptimizerOptions.HUGGINGFACE.plan(
                        Recipe.HUGGINGFACE, fixture.config().numHiddenLayers()),
                true);
        assertTrue(compile(programs.step().program()) > 0, "no kernel was compiled");
    }

    /** What no fixture has, and few random programs. */
    @ParameterizedTest
    @ValueSource(strings = {"conv1d", "layer_norm_grad", "masked_softmax"})
    void compilesOperations(String operation) {
        Path file = DetangleProcess.HOME.resolve("tests/programs/operations/" + operation + ".dtir");
        compile(Parser.parse(operation, read(file)));
    }

    @Test
    void compilesRandomPrograms() {
        RandomRun.run(
                "cuda",
                false,
                20,
                (seed, sample) ->
                        compile(Compiler.run(sample.program(), Passes.optimisations(), (pass, program) -> {})));
    }

    /** Kernels that neither fixtures nor random programs have would be compiled by nobody. */
    @AfterAll
    static void sawAll() {
        if (cuda != null) {
            assertEquals(new TreeSet<>(KERNELS), new TreeSet<>(COMPILED.values()));
            System.out.println("nvcc compiled " + COMPILED.size() + " kernels");
        }
    }

    private int compile(Program program) {
        int kernels = 0;
        for (KernelCode kernel : cuda.kernels(new Plan(program, MemoryPlanner.plan(program)))) {
            if (kernel.source().isPresent()) {
                kernels++;
                String text = kernel.source().get().text();
                if (COMPILED.put(text, kernel.name()) == null) {
                    nvcc(kernel, text);
                }
            }
        }
        return kernels;
    }

    private void nvcc(KernelCode kernel, String text) {
        Path source =
                folder.resolve(COMPILED.size() + "." + kernel.source().get().suffix());
        Path log = folder.resolve("log");
        try {
            Files.writeString(source, text);
            Process process = new ProcessBuilder(
                            "nvcc", "-arch=sm_90", "-cubin", "-o", "kernel.cubin", source.toString())
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            assertTrue(process.waitFor(2, TimeUnit.MINUTES), "nvcc does not end");
            assertEquals(
                    0,
                    process.exitValue(),
                    () -> kernel.operation() + ", " + kernel.name() + ":\n" + read(log) + "\n" + text);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static String read(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
