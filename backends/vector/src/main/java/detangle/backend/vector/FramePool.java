package detangle.backend.vector;

import java.lang.ref.SoftReference;
import java.lang.ref.WeakReference;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * The frames of a program, one for each run at a time. Idle ones are kept for the next run, without a lock; memory that
 * no run has needed for a while is let go of, and all of it sooner where the heap is short.
 */
final class FramePool {
    /** Memory is let go of once it has been unused for so long, and at the latest after twice that. */
    private static final long KEPT_SECONDS = 20;

    private static final Executor LATER = CompletableFuture.delayedExecutor(KEPT_SECONDS, TimeUnit.SECONDS);

    private final Supplier<Frame> made;

    /** The one that was used last is first. */
    private final ConcurrentLinkedDeque<Idle> idle = new ConcurrentLinkedDeque<>();

    private final AtomicBoolean sweeps = new AtomicBoolean();

    private volatile boolean closed;

    /**
     * A frame that the garbage collector may take, and whether a run has used it since memory was last looked through.
     */
    private static final class Idle {
        private final SoftReference<Frame> frame;
        private boolean used = true;

        private Idle(Frame frame) {
            this.frame = new SoftReference<>(frame);
        }
    }

    /** A frame while a run has it. */
    final class Lease {
        private final Idle kept;
        private final Frame frame;

        private Lease(Idle kept, Frame frame) {
            this.kept = kept;
            this.frame = frame;
        }

        Frame frame() {
            return frame;
        }

        /** Gives the frame back. A run that failed for want of memory does not, so that the memory is let go of. */
        void giveBack() {
            kept.used = true;
            idle.addFirst(kept);
            if (closed) {
                idle.clear(); // The pool was closed during the run.
            } else {
                sweepLater();
            }
        }
    }

    FramePool(Supplier<Frame> made) {
        this.made = made;
    }

    Lease take() {
        for (Idle next = idle.pollFirst(); next != null; next = idle.pollFirst()) {
            Frame frame = next.frame.get();
            if (frame != null) {
                return new Lease(next, frame);
            }
        }
        Frame frame = made.get();
        return new Lease(new Idle(frame), frame);
    }

    /** Plans a later sweep. The plan keeps neither the pool nor the program behind it alive. */
    private void sweepLater() {
        if (!sweeps.get() && sweeps.compareAndSet(false, true)) {
            WeakReference<FramePool> reference = new WeakReference<>(this);
            LATER.execute(() -> {
                FramePool pool = reference.get();
                if (pool != null) {
                    pool.sweep();
                }
            });
        }
    }

    /**
     * Drops frames that no run has used since the last sweep, and memory that the other frames have not needed. Another
     * sweep follows as long as there are frames.
     */
    void sweep() {
        sweeps.set(false);
        boolean any = false;
        for (int left = idle.size(); left > 0; left--) {
            Idle next = idle.pollLast();
            if (next == null) {
                break;
            }
            Frame frame = next.frame.get();
            if (frame != null && next.used) {
                frame.trim();
                next.used = false;
                idle.addFirst(next);
                any = true;
            }
        }
        if (any) {
            sweepLater();
        }
    }

    /** Lets go of all that is idle, and of the rest when it is given back. */
    void close() {
        closed = true;
        idle.clear();
    }
}
