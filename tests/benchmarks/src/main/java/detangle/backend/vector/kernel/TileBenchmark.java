package detangle.backend.vector.kernel;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** One tile of a product, in the cache, on one thread: what the micro-kernel does at best. */
@State(Scope.Benchmark)
public class TileBenchmark {
    private static final int K = 768;

    @Param({"6", "4", "2", "1"})
    public int rows;

    private final float[] a = Floats.random(MicroKernel.ROWS * K);
    private final float[] b = Floats.random(PackedMatrix.WIDTH * K);
    private final float[] bias = new float[PackedMatrix.WIDTH];
    private final float[] c = new float[MicroKernel.ROWS * PackedMatrix.WIDTH];

    @Setup
    public void setup() {
        MicroKernel.packRows(Floats.random(MicroKernel.ROWS * K), 0, K, rows, K, a, 0);
    }

    @Benchmark
    public float[] tile() {
        MicroKernel.run(rows, a, 0, b, 0, K, bias, 0, c, 0, PackedMatrix.WIDTH);
        return c;
    }
}
