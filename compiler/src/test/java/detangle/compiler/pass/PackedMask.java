package detangle.compiler.pass;

import detangle.compiler.PackedInputs;
import detangle.ir.Tensor;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** What packed programs of tests are told of a mask, straight from the definitions in {@link PackedInputs}. */
public final class PackedMask {
    private PackedMask() {}

    /** @param mask {@code [B,S]}, 0 at padding */
    public static Map<String, Tensor> inputs(PackedInputs packed, Tensor mask) {
        int batch = Math.toIntExact(mask.dim(0));
        long length = mask.dim(1);
        long[] rows = LongStream.range(0, mask.elements())
                .filter(row -> mask.getLong(row) != 0)
                .toArray();
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put(PackedInputs.ROWS, Tensor.of(rows, rows.length));
        inputs.put(
                PackedInputs.SEGMENTS,
                Tensor.of(
                        IntStream.rangeClosed(0, batch)
                                .map(b -> before(rows, b * length))
                                .toArray(),
                        batch + 1));
        if (packed.looksUp()) {
            inputs.put(
                    PackedInputs.TOKENS,
                    Tensor.of(
                            IntStream.range(0, Math.toIntExact(mask.elements()))
                                    .map(row -> mask.getLong(row) != 0 ? before(rows, row) : -1)
                                    .toArray(),
                            mask.elements()));
        }
        return inputs;
    }

    private static int before(long[] rows, long row) {
        return (int) LongStream.of(rows).filter(r -> r < row).count();
    }
}
