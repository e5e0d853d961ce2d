package detangle.backend.vector.kernel;

import detangle.ir.Activation;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Products with packed weights, at the shapes of deberta-v3-base, on all threads of the pool. */
@State(Scope.Benchmark)
public class GemmBenchmark {
    @Param({"1x768x3072", "16x768x768", "128x768x768", "512x768x768", "512x768x3072", "512x3072x768"})
    public String shape;

    private float[] c;
    private Gemm gemm;
    private List<Gemm.Target> plain;
    private List<Gemm.Target> gelu;

    @Setup
    public void setup() {
        int[] sizes = Work.sizes(shape);
        int m = sizes[0];
        int k = sizes[1];
        int n = sizes[2];
        float[] bias = Floats.random(n);
        c = new float[m * n];
        PackedMatrix b = PackedMatrix.ofRows(Floats.random(n * k), 0, n, k);
        gemm = new Gemm(Floats.random(m * k), 0, k, m, k);
        plain = List.of(new Gemm.Target(b, bias, Activation.NONE, c, 0, n));
        gelu = List.of(new Gemm.Target(b, bias, Activation.GELU, c, 0, n));
    }

    @Benchmark
    public float[] gemm() {
        gemm.run(plain);
        return c;
    }

    @Benchmark
    public float[] gemmGelu() {
        gemm.run(gelu);
        return c;
    }
}
