package detangle.benchmarks;

import detangle.backend.vector.kernel.Gemm;
import detangle.backend.vector.kernel.MatMul;
import detangle.backend.vector.kernel.MatMul.Matrices;
import detangle.backend.vector.kernel.PackedMatrix;
import detangle.backend.vector.kernel.Places;
import detangle.ir.Activation;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Products with packed weights and those of their gradients, at the shapes of deberta-v3-base, on all threads of the
 * pool.
 */
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
    private float[] weight;
    private float[] input;
    private final Places one = new Places();

    @Setup
    public void setup() {
        sizes = Work.sizes(shape);
        int m = sizes[0];
        int k = sizes[1];
        int n = sizes[2];
        a = Floats.random(m * k);
        weight = Floats.random(n * k);
        b = PackedMatrix.ofRows(weight, 0, n, k);
        bias = Floats.random(n);
        c = new float[m * n];
        input = Floats.random(m * k);
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

    /** The gradient of the weight: the transpose of that of the result by the input. */
    @Benchmark
    public float[] gemmWeightGrad() {
        Matrices dy = new Matrices(c, 0, one, true);
        new MatMul(dy, new Matrices(a, 0, one, false), sizes[2], sizes[0], sizes[1], weight, 0).run(1);
        return weight;
    }

    /** The gradient of the input: that of the result by the weight, which stands packed. */
    @Benchmark
    public float[] gemmInputGrad() {
        Matrices dy = new Matrices(c, 0, one, false);
        new MatMul(dy, new MatMul.Transpose(b), sizes[0], sizes[2], sizes[1], input, 0).run(1);
        return input;
    }
}
