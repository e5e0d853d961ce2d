package detangle.benchmarks;

import detangle.backend.vector.kernel.Gemm;
import detangle.backend.vector.kernel.PackedMatrix;
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

    private final Gemm gemm = new Gemm();
    private int[] sizes;
    private float[] a;
    private PackedMatrix b;
    private float[] bias;
    private float[] c;

    @Setup
    public void setup() {
        sizes = Work.sizes(shape);
        int m = sizes[0];
        int k = sizes[1];
        int n = sizes[2];
        a = Floats.random(m * k);
        b = PackedMatrix.ofRows(Floats.random(n * k), 0, n, k);
        bias = Floats.random(n);
        c = new float[m * n];
    }

    private float[] run(Activation activation) {
        gemm.left(a, 0, sizes[1], sizes[0], sizes[1]);
        gemm.product(b, bias, activation, c, 0, sizes[2]);
        gemm.run();
        return c;
    }

    @Benchmark
    public float[] gemm() {
        return run(Activation.NONE);
    }

    @Benchmark
    public float[] gemmGelu() {
        return run(Activation.GELU);
    }
}
