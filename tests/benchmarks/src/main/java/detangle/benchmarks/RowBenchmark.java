package detangle.benchmarks;

import detangle.backend.vector.kernel.Activations;
import detangle.backend.vector.kernel.Elements;
import detangle.backend.vector.kernel.RowKernels;
import detangle.backend.vector.kernel.VectorLayerNorm;
import detangle.backend.vector.kernel.VectorLayerNormGrad;
import detangle.backend.vector.kernel.VectorSoftmax;
import detangle.ir.Activation;
import detangle.ir.Tensor;
import java.util.Optional;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Kernels that work on rows, 512 rows of 768 floats: bound by memory. */
@State(Scope.Benchmark)
public class RowBenchmark {
    static final int ROWS = 512;
    static final int SIZE = 768;
    private static final int WORDS = 4096;

    private final float[] x = Floats.random(ROWS * SIZE);
    private final float[] residual = Floats.random(ROWS * SIZE);
    private final float[] gamma = Floats.random(SIZE);
    private final float[] beta = Floats.random(SIZE);
    private final float[] out = new float[ROWS * SIZE];
    private final float[] mask = new float[SIZE];
    private final VectorLayerNorm kernel = new VectorLayerNorm();
    private final VectorLayerNormGrad allGradients = gradients(true);
    private final VectorLayerNormGrad dx = gradients(false);
    private final Tensor table = Tensor.of(Floats.random(WORDS * SIZE), WORDS, SIZE);
    private final long[] ids =
            IntStream.range(0, ROWS).mapToLong(i -> i * 37L % WORDS).toArray();

    @Benchmark
    public float[] layerNorm() {
        kernel.operands(x, 0, gamma, beta);
        kernel.run(1e-7f, out, 0, ROWS, SIZE);
        return out;
    }

    @Benchmark
    public float[] layerNormResidual() {
        kernel.operands(x, 0, gamma, beta);
        kernel.residual(residual, 0);
        kernel.run(1e-7f, out, 0, ROWS, SIZE);
        return out;
    }

    /** @param ofParameters whether dgamma and dbeta are read beside dx */
    private VectorLayerNormGrad gradients(boolean ofParameters) {
        Optional<Elements> dgamma = Optional.of(new Elements(new float[SIZE], 0));
        Optional<Elements> dbeta = Optional.of(new Elements(new float[SIZE], 0));
        return new VectorLayerNormGrad(
                new Elements(x, 0),
                Optional.empty(),
                new Elements(residual, 0),
                1e-7f,
                Optional.of(new Elements(out, 0)),
                ofParameters ? dgamma : Optional.empty(),
                ofParameters ? dbeta : Optional.empty(),
                ROWS,
                SIZE);
    }

    @Benchmark
    public float[] layerNormGrad() {
        allGradients.run(gamma);
        return out;
    }

    @Benchmark
    public float[] layerNormGradDx() {
        dx.run(gamma);
        return out;
    }

    @Benchmark
    public float[] embedding() {
        RowKernels.embedding(ids, 0, ROWS, table, gamma, beta, 1e-7f, new byte[0], -1, out, 0);
        return out;
    }

    /** On one thread, in place, as attention calls it; a softmax of probabilities stays one of small numbers. */
    @Benchmark
    public float[] softmax() {
        for (int row = 0; row < ROWS; row++) {
            VectorSoftmax.row(out, row * SIZE, SIZE, mask, 0);
        }
        return out;
    }

    /** On one thread, in place, as the product calls it. */
    @Benchmark
    public float[] gelu() {
        Activations.apply(Activation.GELU, out, 0, SIZE, ROWS, SIZE);
        return out;
    }

    /** On one thread, in place, as the product calls it. */
    @Benchmark
    public float[] tanh() {
        Activations.apply(Activation.TANH, out, 0, SIZE, ROWS, SIZE);
        return out;
    }
}
