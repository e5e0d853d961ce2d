package detangle.benchmarks;

import detangle.backend.vector.kernel.AttentionOperands;
import detangle.backend.vector.kernel.PackedMatrix;
import detangle.backend.vector.kernel.RelativeTable;
import detangle.backend.vector.kernel.VectorAttention;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Attention of one layer of deberta-v3-base with both position terms, on all threads of the pool. */
@State(Scope.Benchmark)
public class AttentionBenchmark {
    static final int HEADS = 12;
    static final int SIZE = 64;
    static final int POSITIONS = 512;

    @Param({"16", "128", "512"})
    public int length;

    private final VectorAttention kernel = new VectorAttention();
    private float[] out;

    @Setup
    public void setup() {
        int n = length * HEADS * SIZE;
        out = new float[n];
        AttentionOperands operands = kernel.operands();
        operands.q().set(Floats.random(n), 0);
        operands.k().set(Floats.random(n), 0);
        operands.v().set(Floats.random(n), 0);
        operands.out().set(out, 0);
        operands.queries().set(1, length);
        operands.keys().set(1, length);
        operands.mask().setNone();
        int[] rows = IntStream.range(0, 2 * length - 1)
                .map(i -> Math.clamp(i - length + 1 + POSITIONS / 2, 0, POSITIONS - 1))
                .toArray();
        RelativeTable table = new RelativeTable();
        table.set(rows, 0, rows.length, length - 1, POSITIONS);
        operands.positions().set(tables(), tables(), table);
    }

    private static PackedMatrix[] tables() {
        PackedMatrix[] heads = new PackedMatrix[HEADS];
        Arrays.setAll(heads, i -> PackedMatrix.ofRows(Floats.random(POSITIONS * SIZE), 0, POSITIONS, SIZE));
        return heads;
    }

    @Benchmark
    public float[] attention() {
        kernel.run(1, HEADS, SIZE, 1 / Math.sqrt(3.0 * SIZE));
        return out;
    }
}
