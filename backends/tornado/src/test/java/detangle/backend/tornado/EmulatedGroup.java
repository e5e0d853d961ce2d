package detangle.backend.tornado;

import detangle.backend.tornado.Launch.Work;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.vectors.Half2;

/**
 * Runs the kernel of a launch, one group after another. The threads of a group run one after another from barrier to
 * barrier. A device may run them in any order, so a kernel whose result depends on the order has a race: one thread
 * reads or writes what another one writes without a barrier between them. Any two threads, and any two groups, meet in
 * both orders when a launch runs forward and backward.
 *
 * <p>Memory that a group shares holds NaN, or integers that are no index, until a thread writes it.
 */
final class EmulatedGroup {
    private final int threads;
    private final List<EmulatedContext> contexts;
    private final Method kernel;
    private final Object[] arguments;
    private final List<Object> shared = new ArrayList<>();

    private EmulatedGroup(KernelTask task, int threads, Work work, List<Object> arguments) {
        this.threads = threads;
        this.contexts = IntStream.range(0, threads)
                .mapToObj(thread -> new EmulatedContext(this, thread, threads, work))
                .toList();
        this.kernel = KernelCopy.of(task);
        this.arguments = arguments.toArray();
    }

    /**
     * Runs a launch.
     *
     * @param arguments the kernel's arguments after the context
     * @param backward whether the last group is the first to run, and the last thread of a group
     * @throws AssertionError if the kernel fails, or some threads end while others wait at a barrier
     */
    static void run(KernelTask task, int threads, Work work, List<Object> arguments, boolean backward) {
        EmulatedGroup group = new EmulatedGroup(task, threads, work, arguments);
        int count = work.x() * work.y() * work.z();
        for (int i = 0; i < count; i++) {
            int number = backward ? count - 1 - i : i;
            group.run(number % work.x(), number / work.x() % work.y(), number / work.x() / work.y(), backward);
        }
    }

    private void run(int x, int y, int z, boolean backward) {
        shared.clear();
        List<Coroutine> running = new ArrayList<>(threads);
        for (int i = 0; i < threads; i++) {
            EmulatedContext context = contexts.get(backward ? threads - 1 - i : i);
            context.begin(x, y, z);
            running.add(new Coroutine(() -> call(context)));
        }
        while (!running.isEmpty()) {
            running.forEach(Coroutine::run);
            int before = running.size();
            running.removeIf(Coroutine::isDone);
            if (!running.isEmpty() && running.size() < before) {
                throw new AssertionError(running.size() + " of " + threads + " threads wait at a barrier, and "
                        + (before - running.size()) + " have ended");
            }
        }
    }

    private void call(EmulatedContext context) {
        Object[] all = new Object[arguments.length + 1];
        all[0] = context;
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        try {
            kernel.invoke(null, all);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        } catch (InvocationTargetException e) {
            throw new AssertionError(e.getCause().toString(), e.getCause());
        }
    }

    /**
     * Returns an array that the threads of a group share.
     *
     * @param number of the allocation, which each thread makes in the same order
     */
    <T> T shared(int number, Class<T> type, int size) {
        if (number == shared.size()) {
            shared.add(unwritten(type, size));
        }
        T array = type.cast(shared.get(number));
        if (Array.getLength(array) != size) {
            throw new AssertionError("threads of a group allocate " + Array.getLength(array) + " and " + size
                    + " elements of the same array");
        }
        return array;
    }

    private static Object unwritten(Class<?> type, int size) {
        Object array = Array.newInstance(type.getComponentType(), size);
        switch (array) {
            case float[] floats -> Arrays.fill(floats, Float.NaN);
            case int[] ints -> Arrays.fill(ints, Unwritten.INT);
            case byte[] bytes -> Arrays.fill(bytes, Unwritten.BYTE);
            case HalfFloat[] halves -> Arrays.setAll(halves, i -> new HalfFloat(Float.NaN));
            case Half2[] pairs -> Arrays.setAll(pairs, i -> Half2.fromFloats(Float.NaN, Float.NaN));
            default -> throw new AssertionError(type);
        }
        return array;
    }
}
