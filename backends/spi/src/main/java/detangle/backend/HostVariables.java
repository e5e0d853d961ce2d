package detangle.backend;

import detangle.ir.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;

/** Variables of a device that reads them anew at each run, or of none: tensors on the host. */
public final class HostVariables extends Variables {
    /** Nobody changes one of these tensors: another one takes its place. */
    private final Map<String, Tensor> values = new HashMap<>();

    /** @param values the first value of each, which is copied */
    public HostVariables(Map<String, Tensor> values) {
        super(values);
        values.forEach(this::replace);
    }

    /** The values as they are, for a run that has its {@link Variables.Turn}. */
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

    private static Tensor copy(Tensor tensor) {
        byte[] bytes = new byte[Math.toIntExact(tensor.data().byteSize())];
        MemorySegment.copy(tensor.data(), 0, MemorySegment.ofArray(bytes), 0, bytes.length);
        return new Tensor(tensor.dtype(), tensor.shape(), MemorySegment.ofArray(bytes));
    }

    /** These variables as a device's own, or a {@link BackendException} if they are another device's. */
    public static HostVariables of(Variables variables) {
        if (variables instanceof HostVariables own) {
            return own;
        }
        throw new BackendException("the variables belong to another device");
    }
}
