package detangle.runtime.placement;

import detangle.backend.Executable;
import detangle.backend.OutOfRangeException;
import detangle.ir.DType;
import detangle.ir.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for results that are not finite after values of 16 bits have been computed with. Where there is one, the host
 * computes the same in fp32, and tells whether the range of the type was exceeded or the model has such results.
 */
final class RangeCheck implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RangeCheck.class);

    /** The bits of a float of which none is 0 in infinities and NaN alone: its exponent. */
    private static final int EXPONENT = 0x7F800000;

    private final String device;
    private final DType dtype;
    private final Supplier<Executable> loader;
    private final RareWarnings warnings = new RareWarnings(System::nanoTime);
    private Optional<Executable> exact = Optional.empty();

    /**
     * @param device the name of the device whose results are looked at
     * @param dtype the type of its values
     * @param loader loads the program on the host
     */
    RangeCheck(String device, DType dtype, Supplier<Executable> loader) {
        this.device = device;
        this.dtype = dtype;
        this.loader = loader;
    }

    /**
     * Checks the results of a run.
     *
     * @throws OutOfRangeException if a result is not finite that is in fp32
     */
    void of(Map<String, Tensor> inputs, Map<String, Tensor> results) {
        String wrong = results.entrySet().stream()
                .filter(result -> !isFinite(result.getValue()))
                .map(Map.Entry::getKey)
                .sorted()
                .collect(Collectors.joining(", "));
        if (wrong.isEmpty()) {
            return;
        }
        warnings.next()
                .ifPresent(runs -> LOG.warn(
                        "{} in {} gives outputs that are not finite: {}. They are compared with the CPU's in fp32,"
                                + " slowly{}",
                        device,
                        dtype.text(),
                        wrong,
                        runs == 1 ? "" : " (" + runs + " runs since the last such line)"));
        Map<String, Tensor> expected = exact().run(inputs);
        results.forEach((name, result) -> {
            if (!isFinite(result) && exceeds(result, expected.get(name))) {
                throw new OutOfRangeException("the output " + name + " is not finite, as values on " + device
                        + " pass the range of " + dtype.text() + (dtype == DType.F16 ? ", which ends at 65504" : "")
                        + ": use --precision " + (dtype == DType.F16 ? "bf16 or fp32" : "fp32"));
            }
        });
    }

    private synchronized Executable exact() {
        if (exact.isEmpty()) {
            exact = Optional.of(loader.get());
        }
        return exact.get();
    }

    /** Integers are compared, as the JIT compiler makes vectors of that loop. */
    private static boolean isFinite(Tensor tensor) {
        if (tensor.dtype() != DType.F32) {
            return true;
        }
        MemorySegment data = tensor.data();
        int most = 0;
        for (long i = 0; i < tensor.elements(); i++) {
            most = Math.max(most, data.getAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i) & EXPONENT);
        }
        return most < EXPONENT;
    }

    private static boolean exceeds(Tensor result, Tensor expected) {
        for (long i = 0; i < result.elements(); i++) {
            if (!Double.isFinite(result.getDouble(i)) && Double.isFinite(expected.getDouble(i))) {
                return true;
            }
        }
        return false;
    }

    @Override
    public synchronized void close() {
        exact.ifPresent(Executable::close);
    }
}
