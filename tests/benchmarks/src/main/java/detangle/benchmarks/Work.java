package detangle.benchmarks;

import detangle.backend.vector.kernel.PackedMatrix;
import detangle.backend.vector.kernel.TileShape;
import detangle.backend.vector.kernel.WorkerPool;
import java.util.Arrays;

/**
 * What one call of a benchmark does.
 *
 * @param flops of its products
 * @param bytes read and written once
 * @param threads that share it
 */
record Work(double flops, double bytes, int threads) {
    /** @param parameter its only one, empty where it has none */
    static Work of(String benchmark, String parameter) {
        int all = WorkerPool.SHARED.threads();
        double plane = 4.0 * RowBenchmark.ROWS * RowBenchmark.SIZE;
        return switch (benchmark) {
            case "gemm", "gemmGelu", "gemmWeightGrad", "gemmInputGrad" -> {
                int[] s = sizes(parameter);
                double m = s[0];
                double k = s[1];
                double n = s[2];
                yield new Work(2 * m * k * n, 4 * (m * k + k * n + m * n), all);
            }
            case "tile" -> {
                double rows = TileShape.parse(parameter).rows();
                double k = 768;
                yield new Work(2 * rows * k * PackedMatrix.WIDTH, 4 * k * (rows + PackedMatrix.WIDTH), 1);
            }
            case "attention" -> {
                double length = Integer.parseInt(parameter);
                double hidden = AttentionBenchmark.HEADS * AttentionBenchmark.SIZE;
                double positions = Math.min(AttentionBenchmark.POSITIONS, 2 * length - 1);
                double products = 2 * length * hidden * (2 * length + 2 * positions);
                yield new Work(products, 4 * hidden * (4 * length + 2 * positions), all);
            }
            case "layerNorm", "embedding" -> new Work(0, 2 * plane, all);
            case "layerNormResidual", "layerNormGrad", "layerNormGradDx" -> new Work(0, 3 * plane, all);
            case "softmax", "gelu", "tanh" -> new Work(0, 2 * plane, 1);
            default -> throw new IllegalArgumentException("it is not said what the benchmark " + benchmark + " does");
        };
    }

    /** {@code 512x768x3072}. */
    static int[] sizes(String shape) {
        return Arrays.stream(shape.split("x")).mapToInt(Integer::parseInt).toArray();
    }
}
