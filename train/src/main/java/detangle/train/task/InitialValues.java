package detangle.train.task;

import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.models.deberta.DebertaConfig;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32C;

/**
 * What parameters begin with: matrices and tables are normal with the configuration's {@code initializer_range}, biases are 0 and scales of
 * norms are 1. A value follows from the seed and the name of its parameter.
 */
final class InitialValues {
    private InitialValues() {}

    static Tensor of(DebertaConfig config, String name, TensorType type, long seed) {
        long[] shape = type.shape().sizes();
        float[] values = new float[Math.toIntExact(Tensor.elements(shape))];
        if (name.endsWith("LayerNorm.weight")) {
            Arrays.fill(values, 1);
        } else if (name.endsWith("weight")) {
            CRC32C hash = new CRC32C();
            hash.update(name.getBytes(StandardCharsets.UTF_8));
            Random random = new Random(seed * 0x9E3779B97F4A7C15L + hash.getValue());
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (config.initializerRange() * random.nextGaussian());
            }
        }
        return Tensor.of(values, shape);
    }
}
