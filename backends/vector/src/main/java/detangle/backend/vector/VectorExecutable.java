package detangle.backend.vector;

import detangle.backend.ComputePrecision;
import detangle.backend.Executable;
import detangle.backend.InputException;
import detangle.backend.Plan;
import detangle.backend.Profile;
import detangle.backend.Variables;
import detangle.backend.vector.kernel.Warmup;
import detangle.backend.vector.kernel.WorkerPool;
import detangle.ir.KernelOp;
import detangle.ir.Program;
import detangle.ir.Tensor;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A program on the CPU. Its kernels are bound once, for all sizes; each run has a frame of memory while it runs. */
final class VectorExecutable implements Executable {
    /**
     * Virtual threads hand their work over: a kernel would pin its carrier, and scratch memory is by platform thread.
     */
    private static final ExecutorService PLATFORM = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("detangle-run-", 0).factory());

    private final Variables.Turn turn;
    private final BoundProgram bound;
    private final FramePool frames;

    private volatile boolean hasRun;
    private volatile boolean closed;

    /** @param precision of the products with constant matrices, fp32 or bf16 */
    VectorExecutable(Plan plan, VectorVariables variables, ComputePrecision precision) {
        this.turn = variables.turn(plan.program());
        Constants all = new Constants(plan.program(), variables, precision);
        Program program = Selection.of(plan.program()).pack(all);
        // Of the program without the data that is packed, which would be kept in memory otherwise.
        Selection selection = Selection.of(program);
        selection.logInterpreted();
        this.bound = new BoundProgram(new Plan(program, plan.memory()), selection, all.of(program), variables);
        this.frames = new FramePool(bound::newFrame);
        // Most of what is folded when a model is compiled has no attention, which takes longest.
        boolean attends = program.nodes().stream()
                .anyMatch(n ->
                        n.op() instanceof KernelOp.DisentangledAttention || n.op() instanceof KernelOp.PackedAttention);
        if (!Warmup.isDeferred()) {
            (attends ? Warmup.ATTENTION : Warmup.PRODUCTS).await();
            all.completeTables(); // No request is to wait for it.
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
        if (hasRun && Warmup.isDeferred()) {
            Warmup.begin(); // There is more to come than one answer.
        }
        hasRun = true;
        if (!Thread.currentThread().isVirtual()) {
            return runHere(inputs, profile);
        }
        return await(PLATFORM.submit(() -> runHere(inputs, profile)));
    }

    /**
     * Waits as a platform thread would compute: an interrupt ends no run, and the caller finds it when the run has
     * ended.
     */
    private static Map<String, Tensor> await(Future<Map<String, Tensor>> result) {
        boolean isInterrupted = false;
        try {
            while (true) {
                try {
                    return result.get();
                } catch (InterruptedException e) {
                    isInterrupted = true;
                }
            }
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                default -> throw new CompletionException(e.getCause());
            }
        } finally {
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Map<String, Tensor> runHere(Map<String, Tensor> inputs, Optional<Profile> profile) {
        return turn.take(() -> {
            // Before a frame is taken, so that there are no more frames than threads, whatever the number of callers.
            WorkerPool.SHARED.enter();
            try {
                return run(frames.take(), inputs, profile);
            } finally {
                WorkerPool.SHARED.leave();
            }
        });
    }

    private Map<String, Tensor> run(FramePool.Lease lease, Map<String, Tensor> inputs, Optional<Profile> profile) {
        try {
            Map<String, Tensor> outputs = bound.run(lease.frame(), inputs, profile);
            lease.giveBack();
            return outputs;
        } catch (InputException e) {
            // Requests that are refused must not cost the others their memory. After any other failure it is let go of.
            lease.giveBack();
            throw e;
        }
    }

    @Override
    public void close() {
        closed = true;
        frames.close();
    }
}
