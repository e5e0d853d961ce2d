package detangle.backend.vector.kernel;

import detangle.ir.Activation;
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

    private int m;
    private int k;
    private int n;
    private float[] a;
    private float[] bias;
    private float[] c;
    private PackedMatrix b;

    @Setup
    public void setup() {
        int[] sizes = Work.sizes(shape);
        m = sizes[0];
        k = sizes[1];
        n = sizes[2];
        a = Floats.random(m * k);
        bias = Floats.random(n);
        c = new float[m * n];
        b = PackedMatrix.ofRows(Floats.random(n * k), 0, n, k);
    }

    @Benchmark
    public float[] gemm() {
        Gemm.run(a, 0, k, m, b, bias, Activation.NONE, c, 0, n);
        return c;
    }

    @Benchmark
    public float[] gemmGelu() {
        Gemm.run(a, 0, k, m, b, bias, Activation.GELU, c, 0, n);
        return c;
    }
}
