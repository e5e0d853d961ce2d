package detangle.benchmarks;

import detangle.backend.vector.kernel.PackedMatrix;
import detangle.backend.vector.kernel.Tile;
import detangle.backend.vector.kernel.TileCompiler;
import detangle.backend.vector.kernel.TileShape;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** One tile of a product, in the cache, on one thread: what the micro-kernel does at best. */
@State(Scope.Benchmark)
public class TileBenchmark {
    private static final int K = 768;

    /** Shapes as {@link TileShape} writes them. */
    @Param({"14", "12", "8", "6", "6f"})
    public String shape;

    private float[] a;
    private float[] c;
    private Tile tile;
    private final float[] b = Floats.random(PackedMatrix.WIDTH * K);
    private final float[] bias = new float[PackedMatrix.WIDTH];

    @Setup
    public void setup() {
        TileShape parsed = TileShape.parse(shape);
        tile = TileCompiler.compile(parsed.rows(), parsed.fence());
        a = Floats.random(parsed.rows() * K);
        c = new float[parsed.rows() * PackedMatrix.WIDTH];
    }

    @Benchmark
    public float[] tile() {
        tile.run(a, 0, b, 0, K, bias, 0, 0, c, 0, PackedMatrix.WIDTH);
        return c;
    }
}
