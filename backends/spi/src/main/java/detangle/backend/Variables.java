package detangle.backend;

import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.interpreter.InputBinding;
import detangle.ir.interpreter.InterpreterException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * The values that parameters have on a device, between runs and from one executable to the next: all that are loaded
 * with the same variables read and replace the same memory. Any number of threads may use them at once. A run sees the
 * values of one moment: runs that only read go side by side, and a run that replaces some waits for the others and is
 * alone.
 */
public abstract class Variables {
    private final Map<String, TensorType> types = new TreeMap<>();

    /** Fair, so that a run with updates is not kept waiting by runs that read. */
    private final ReadWriteLock lock = new ReentrantReadWriteLock(true);

    /** Tells whether a replacement of values has ended half-way. */
    private volatile boolean isTorn;

    /** The turn of a run: it begins when no other run forbids it, and forbids others until it ends. */
    @FunctionalInterface
    public interface Turn {
        /** Waits for the turn, and runs. */
        <T> T take(Supplier<T> run);
    }

    /** @param values the first value of each, from which the types are taken */
    protected Variables(Map<String, Tensor> values) {
        values.forEach((name, value) -> {
            checkTruthValues(name, value);
            types.put(name, value.type());
        });
    }

    /** Returns a copy of a value, while nobody replaces it. */
    protected abstract Tensor copy(String name);

    /** Replaces a value by a copy of one of its type, while nobody reads. */
    protected abstract void replace(String name, Tensor value);

    /** Returns the names and types. */
    public final Map<String, TensorType> types() {
        return Map.copyOf(types);
    }

    /**
     * Returns a copy of a value.
     *
     * @throws InputException if there is no variable of that name
     */
    public final Tensor read(String name) {
        checkName(name);
        return reading(() -> copy(name));
    }

    /**
     * Replaces a value by a copy of another one, once the runs that go on have ended.
     *
     * @throws InputException if there is no variable of that name, or its type is another
     */
    public final void write(String name, Tensor value) {
        write(Map.of(name, value));
    }

    /**
     * Replaces several values together, so that no run sees only some of them replaced.
     *
     * @throws InputException as {@link #write(String, Tensor)} does; then none of the values is replaced
     */
    public final void write(Map<String, Tensor> values) {
        if (values.isEmpty()) {
            // A run that only reads has nothing to write, and could not wait for the write lock while it reads.
            return;
        }
        values.forEach((name, value) -> {
            checkName(name);
            if (!value.type().equals(types.get(name))) {
                throw new InputException(
                        "the variable '" + name + "' is " + types.get(name) + " and cannot become " + value.type());
            }
            checkTruthValues(name, value);
        });
        locked(lock.writeLock(), () -> {
            boolean isWhole = !isTorn || values.keySet().equals(types.keySet());
            commit(() -> values.forEach(this::replace));
            isTorn = !isWhole;
            return null;
        });
    }

    /**
     * Returns how the runs of a program are to take turns with all others that use the variables.
     *
     * @throws BackendException if a parameter of the program is not among the variables, or is there with another type
     */
    public final Turn turn(Program program) {
        boolean reads = false;
        for (Node node : program.nodes()) {
            if (node.op() instanceof TensorOp.Param(String name, TensorType type)) {
                reads = true;
                require(name, type);
            }
        }
        return !reads ? Supplier::get : program.updates().isEmpty() ? this::reading : this::replacing;
    }

    private void require(String name, TensorType type) {
        TensorType there = types.get(name);
        if (there == null) {
            throw new BackendException("the parameter '" + name
                    + "' is not bound: it is neither a constant of the program nor one of its variables");
        }
        if (!there.equals(type)) {
            throw new BackendException(
                    "the parameter '" + name + "' is " + type + ", and the variable of that name is " + there);
        }
    }

    private <T> T reading(Supplier<T> run) {
        return locked(lock.readLock(), () -> {
            checkWhole();
            return run.get();
        });
    }

    private <T> T replacing(Supplier<T> run) {
        return locked(lock.writeLock(), () -> {
            checkWhole();
            return run.get();
        });
    }

    /** Tells that values are lost, so that no variable can be read before all are written. */
    protected final void tear() {
        isTorn = true;
    }

    /**
     * Replaces values at the end of a run that has its turn to itself. What throws here leaves no variable that can be
     * read.
     */
    protected final void commit(Runnable replacements) {
        isTorn = true;
        replacements.run();
        isTorn = false;
    }

    private static <T> T locked(Lock lock, Supplier<T> work) {
        lock.lock();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Refuses values of which only some were replaced: only a lack of memory, or a device that is gone, leaves such.
     */
    private void checkWhole() {
        if (isTorn) {
            throw new BackendException("a run failed while it replaced variables, so that their values do not belong"
                    + " together: write all of them before the next run");
        }
    }

    private void checkName(String name) {
        if (!types.containsKey(name)) {
            throw new InputException("there is no variable '" + name + "'; the variables are " + types.keySet());
        }
    }

    private static void checkTruthValues(String name, Tensor value) {
        try {
            InputBinding.checkTruthValues(name, value);
        } catch (InterpreterException e) {
            throw new InputException(e.getMessage());
        }
    }
}
