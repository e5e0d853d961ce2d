package detangle.backend.tornado;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Optional;

/**
 * Work that stops in the middle and goes on later, on the thread that runs it: the JDK's continuation, which virtual
 * threads are made of. Thousands of them stop in the time in which one thread wakes another, and they always run in the
 * same order. The JVM needs {@code --add-exports java.base/jdk.internal.vm=ALL-UNNAMED}.
 */
final class Coroutine {
    private static final MethodHandle NEW;
    private static final MethodHandle RUN;
    private static final MethodHandle STOP;
    private static final MethodHandle IS_DONE;

    static {
        try {
            Class<?> type = Class.forName("jdk.internal.vm.Continuation");
            Class<?> scopeType = Class.forName("jdk.internal.vm.ContinuationScope");
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            Object scope = lookup.findConstructor(scopeType, MethodType.methodType(void.class, String.class))
                    .invoke("coroutine");
            NEW = MethodHandles.insertArguments(
                            lookup.findConstructor(type, MethodType.methodType(void.class, scopeType, Runnable.class)),
                            0,
                            scope)
                    .asType(MethodType.methodType(Object.class, Runnable.class));
            MethodType ofObject = MethodType.methodType(void.class, Object.class);
            RUN = lookup.findVirtual(type, "run", MethodType.methodType(void.class))
                    .asType(ofObject);
            IS_DONE = lookup.findVirtual(type, "isDone", MethodType.methodType(boolean.class))
                    .asType(ofObject.changeReturnType(boolean.class));
            STOP = MethodHandles.insertArguments(
                            lookup.findStatic(type, "yield", MethodType.methodType(boolean.class, scopeType)), 0, scope)
                    .asType(MethodType.methodType(void.class));
        } catch (Throwable e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Object continuation;
    private Optional<Throwable> failure = Optional.empty();

    Coroutine(Runnable work) {
        continuation = call(() -> (Object) NEW.invokeExact((Runnable) () -> {
            try {
                work.run();
            } catch (Throwable e) {
                failure = Optional.of(e);
            }
        }));
    }

    /** Goes on until the work stops or ends. */
    void run() {
        call(() -> {
            RUN.invokeExact(continuation);
            return null;
        });
        if (failure.isPresent()) {
            throw new AssertionError(failure.get().toString(), failure.get());
        }
    }

    /** Stops the coroutine that calls this until it is run again. */
    static void stop() {
        call(() -> {
            STOP.invokeExact();
            return null;
        });
    }

    boolean isDone() {
        return call(() -> (boolean) IS_DONE.invokeExact(continuation));
    }

    private interface Call<T> {
        T call() throws Throwable;
    }

    private static <T> T call(Call<T> call) {
        try {
            return call.call();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
