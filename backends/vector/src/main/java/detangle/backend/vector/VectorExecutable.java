package detangle.backend.vector;

import detangle.backend.BackendException;
import detangle.backend.Executable;
import detangle.backend.Plan;
import detangle.backend.Profile;
import detangle.backend.ShapeBinding;
import detangle.backend.vector.kernel.Warmup;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A program on the CPU. Shapes that were seen lately keep their memory and their kernels bound to it. */
final class VectorExecutable implements Executable {
    /** The property that bounds how many shapes are kept. */
    static final String SHAPES = "detangle.vector.shapes";

    private static final int MAX_SHAPES = Math.max(1, Integer.getInteger(SHAPES, 8));

    /**
     * What shapes may keep together. A server's batches are all of other shapes, and the memory of a large one costs little to get anew beside
     * the run that needs it.
     */
    private static final long MAX_BYTES = Math.min(Runtime.getRuntime().maxMemory() / 8, 256L << 20);

    /** Virtual threads hand their work over: a kernel would pin its carrier, and scratch memory is by platform thread. */
    private static final ExecutorService PLATFORM = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("detangle-run-", 0).factory());

    private final Plan plan;
    private final Selection selection;
    private final Constants constants;

    /** By their last use, the latest last. */
    private final List<BoundShape> shapes = new ArrayList<>();

    private volatile boolean closed;

    VectorExecutable(Plan plan) {
        checkBound(plan.program());
        Constants all = new Constants(plan.program());
        Program program = Selection.of(plan.program()).pack(all);
        // Of the program without the data that is packed, which would be kept in memory otherwise.
        this.selection = Selection.of(program);
        selection.logInterpreted();
        this.plan = new Plan(program, plan.memory());
        this.constants = all.of(program);
        // Most of what is folded when a model is compiled has no attention, which takes longest.
        boolean attends = program.nodes().stream()
                .anyMatch(n ->
                        n.op() instanceof KernelOp.DisentangledAttention || n.op() instanceof KernelOp.PackedAttention);
        (attends ? Warmup.ATTENTION : Warmup.PRODUCTS).await();
    }

    private static void checkBound(Program program) {
        for (Node node : program.nodes()) {
            if (node.op() instanceof TensorOp.Param(String name, TensorType type)) {
                throw new BackendException("the parameter '" + name + "' is not bound");
            }
        }
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        return run(inputs, Optional.empty());
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs, Profile profile) {
        return run(inputs, Optional.of(profile));
    }

    private Map<String, Tensor> run(Map<String, Tensor> inputs, Optional<Profile> profile) {
        if (closed) {
            throw new IllegalStateException("the executable is closed");
        }
        BoundShape shape = shape(inputs);
        if (!Thread.currentThread().isVirtual()) {
            return shape.run(inputs, profile);
        }
        Future<Map<String, Tensor>> result = PLATFORM.submit(() -> shape.run(inputs, profile));
        try {
            return result.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompletionException("interrupted while a program ran", e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                default -> throw new CompletionException(e.getCause());
            }
        }
    }

    /** Inputs like some that were seen lately are neither checked nor bound again. */
    private BoundShape shape(Map<String, Tensor> inputs) {
        synchronized (shapes) {
            for (int i = shapes.size() - 1; i >= 0; i--) {
                BoundShape shape = shapes.get(i);
                if (shape.fits(inputs)) {
                    if (i < shapes.size() - 1) {
                        shapes.add(shapes.remove(i));
                    }
                    return shape;
                }
            }
            BoundShape shape = new BoundShape(plan, selection, constants, ShapeBinding.bind(plan.program(), inputs));
            shapes.add(shape);
            long bytes = shapes.stream().mapToLong(BoundShape::bytes).sum();
            while (shapes.size() > MAX_SHAPES || !shapes.isEmpty() && bytes > MAX_BYTES) {
                bytes -= shapes.removeFirst().bytes();
            }
            return shape;
        }
    }

    @Override
    public void close() {
        closed = true;
        synchronized (shapes) {
            shapes.clear();
        }
    }
}
