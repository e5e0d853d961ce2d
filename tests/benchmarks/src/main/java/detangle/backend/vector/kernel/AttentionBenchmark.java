package detangle.backend.vector.kernel;

import detangle.backend.vector.kernel.VectorAttention.Heads;
import detangle.backend.vector.kernel.VectorAttention.Positions;
import detangle.backend.vector.kernel.VectorAttention.Rows;
import java.util.Arrays;
import java.util.Optional;
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

    private VectorAttention kernel;
    private Heads q;
    private Heads k;
    private Heads v;
    private Heads out;
    private Optional<Positions> positions;

    @Setup
    public void setup() {
        int n = length * HEADS * SIZE;
        q = new Heads(Floats.random(n), 0);
        k = new Heads(Floats.random(n), 0);
        v = new Heads(Floats.random(n), 0);
        out = new Heads(new float[n], 0);
        Rows rows = Rows.of(1, length);
        kernel = new VectorAttention(1, HEADS, SIZE, 1 / Math.sqrt(3.0 * SIZE), rows, rows, Optional.empty());
        int[] table = IntStream.range(0, 2 * length - 1)
                .map(i -> Math.clamp(i - length + 1 + POSITIONS / 2, 0, POSITIONS - 1))
                .toArray();
        positions = Optional.of(new Positions(
                Optional.of(tables()), Optional.of(tables()), new RelativeTable(table, length - 1, POSITIONS)));
    }

    private static PackedMatrix[] tables() {
        PackedMatrix[] heads = new PackedMatrix[HEADS];
        Arrays.setAll(heads, i -> PackedMatrix.ofRows(Floats.random(POSITIONS * SIZE), 0, POSITIONS, SIZE));
        return heads;
    }

    @Benchmark
    public Heads attention() {
        kernel.run(q, k, v, positions, out);
        return out;
    }
}
