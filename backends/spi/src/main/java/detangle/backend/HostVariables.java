package detangle.backend;

import detangle.ir.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;

/** Variables of a device that reads them anew at each run, or of none: tensors on the host. */
public final class HostVariables extends Variables {
    /** The most that every JVM gives to an array. */
    private static final int MAX_BYTES = Integer.MAX_VALUE - 8;

    /** A tensor in this map is never changed: a new value is a new tensor. */
    private final Map<String, Tensor> values = new HashMap<>();

    /** @param values the first value of each, which is copied */
    public HostVariables(Map<String, Tensor> values) {
        super(values);
        values.forEach(this::replace);
    }

    /** Returns the values as they are, for a run that has its {@link Variables.Turn}. */
    public Map<String, Tensor> values() {
        return Collections.unmodifiableMap(values);
    }

    @Override
    protected Tensor copy(String name) {
        return copy(values.get(name));
    }

    @Override
    protected void replace(String name, Tensor value) {
        values.put(name, copy(value));
    }

    /**
     * Returns a copy of a tensor in an array of the heap.
     *
     * @throws InputException if an array cannot hold it
     */
    public static Tensor copy(Tensor tensor) {
        long bytes = tensor.data().byteSize();
        if (bytes > MAX_BYTES) {
            throw new InputException("a variable takes " + bytes + " bytes, more than the " + MAX_BYTES
                    + " that a Java array holds: divide it into several");
        }
        byte[] copy = new byte[(int) bytes];
        MemorySegment.copy(tensor.data(), 0, MemorySegment.ofArray(copy), 0, bytes);
        return new Tensor(tensor.dtype(), tensor.shape(), MemorySegment.ofArray(copy));
    }

    /** Returns these variables as a device's own, or a {@link BackendException} if they are another device's. */
    public static HostVariables of(Variables variables) {
        if (variables instanceof HostVariables own) {
            return own;
        }
        throw belongToAnotherDevice();
    }

    /** Returns what a device throws that is given variables of another one. */
    public static BackendException belongToAnotherDevice() {
        return new BackendException(
                "the variables belong to another device: load the program with variables of the device that runs it");
    }
}
