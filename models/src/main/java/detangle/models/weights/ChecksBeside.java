package detangle.models.weights;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Checks of mapped bytes on a thread of their own, beside work that reads the same bytes. */
final class ChecksBeside {
    private final Consumer<BooleanSupplier> checks;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private boolean isBegun;
    private volatile boolean isStopped;

    /** @param checks the checks, which end early once they are told that nobody needs them any more */
    ChecksBeside(Consumer<BooleanSupplier> checks) {
        this.checks = checks;
    }

    /** Begins the checks, unless that has been done. */
    synchronized void begin() {
        if (!isBegun) {
            isBegun = true;
            Thread thread = new Thread(this::run, "detangle-checksums");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void run() {
        try {
            checks.accept(() -> isStopped);
            done.complete(null);
        } catch (RuntimeException | Error e) {
            done.completeExceptionally(e);
        }
    }

    /** Waits until all is checked, and throws what was found, each time that it is called. */
    void await() {
        begin();
        try {
            done.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) e.getCause();
        }
    }

    /** Ends the checks early, and waits until they read no bytes any more. */
    synchronized void stop() {
        isStopped = true;
        if (isBegun) {
            done.handle((_, _) -> null).join();
        }
    }
}
