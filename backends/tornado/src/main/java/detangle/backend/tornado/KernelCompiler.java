package detangle.backend.tornado;

import detangle.backend.BackendException;
import detangle.backend.ComputePrecision;
import detangle.backend.KernelCode;
import detangle.backend.Plan;
import detangle.backend.tornado.cublaslt.CublasLtSession;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid3D;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** Compiles kernels to be read. TornadoVM gives their text to nobody, but writes it to a file. */
final class KernelCompiler {
    /** TornadoVM adds each text to it. The name cannot be guessed, as others may write to the folder. */
    static final Path TEXTS = Path.of(System.getProperty("java.io.tmpdir"), "detangle-kernels-" + UUID.randomUUID());

    /** The code of kernels does not depend on sizes, as long as there are some. */
    private static final long ANY_SIZE = 16;

    private KernelCompiler() {}

    /**
     * Returns the kernels of a program for a device.
     *
     * @param libraries for each way to compute products, the precision of the matrix library, whose code cannot be
     *     shown, or nothing where kernels compute them
     * @param hasMatrixUnits whether the device has those that one kernel for attention uses
     * @param suffix the ending of files in the device's language
     */
    static List<KernelCode> compile(
            Plan plan,
            TornadoDevice device,
            List<Optional<ComputePrecision>> libraries,
            boolean hasMatrixUnits,
            String suffix) {
        Map<String, Long> sizes = plan.program().inputs().stream()
                .flatMap(input -> input.shape().dims().stream())
                .flatMap(dim -> dim.symbols().stream())
                .distinct()
                .collect(Collectors.toMap(Function.identity(), symbol -> ANY_SIZE));
        List<KernelCode> kernels = new ArrayList<>();
        Set<Object> seen = new HashSet<>();
        for (Optional<ComputePrecision> library : libraries) {
            Buffers buffers = new Buffers(plan, List.of(sizes));
            for (Launch launch : Launcher.of(plan, buffers, library, Products.attention(library, hasMatrixUnits))
                    .launches()) {
                switch (launch.call()) {
                    case KernelTask task -> {
                        if (seen.add(code(launch))) {
                            kernels.add(new KernelCode(
                                    launch.operation(),
                                    task.name(),
                                    Optional.of(task.classFile()),
                                    Optional.of(new KernelCode.Source(suffix, compile(launch, task, device)))));
                        }
                    }
                    case LibraryCall call ->
                        CublasLtSession.kernels(
                                        call.function(),
                                        call.tuning(),
                                        launch.work().apply(sizes).sizes())
                                .filter(seen::add)
                                .map(text -> new KernelCode(
                                        "packed_attention",
                                        CublasLtSession.ATTENTION,
                                        Optional.empty(),
                                        Optional.of(new KernelCode.Source("ptx", text))))
                                .forEach(kernels::add);
                }
            }
        }
        return kernels;
    }

    /** Equal for launches with equal code: arrays are not part of it, and numbers are constants. */
    private static Object code(Launch launch) {
        List<Object> code = new ArrayList<>(List.of(launch.operation(), launch.call()));
        launch.arguments().stream()
                .filter(a -> !(a instanceof TornadoNativeArray))
                .forEach(code::add);
        return code;
    }

    private static String compile(Launch launch, KernelTask task, TornadoDevice device) {
        TaskGraph graph = new TaskGraph("detangle");
        List<Object> arguments = new ArrayList<>(List.of(new KernelContext(), new IntArray(1), new IntArray(2)));
        arguments.addAll(launch.arguments());
        TaskCalls.add(graph, task.name(), task, arguments.toArray());
        WorkerGrid3D grid = new WorkerGrid3D(launch.threads(), 1, 1);
        grid.setLocalWork(launch.threads(), 1, 1);
        GridScheduler scheduler = new GridScheduler("detangle." + task.name(), grid);
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            plan.withDevice(device)
                    .withGridScheduler(scheduler)
                    .withPrintKernel()
                    .withPreCompilation();
            return Files.readString(TEXTS);
        } catch (TornadoExecutionPlanException | RuntimeException e) {
            throw new BackendException(
                    "the kernel " + task.name() + " of " + launch.operation() + " cannot be compiled for the device: "
                            + e.getMessage(),
                    e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            delete();
        }
    }

    private static void delete() {
        try {
            Files.deleteIfExists(TEXTS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
