package detangle.conformance;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.RandomWeights;
import detangle.models.deberta.TrainingModel;
import detangle.models.deberta.TrainingModelOptions;
import detangle.train.Batch;
import detangle.train.Batches;
import detangle.train.OptimizerOptions;
import detangle.train.TrainableModel;
import detangle.train.Trainer;
import detangle.train.TrainingOptions;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * A process of {@link TrainingThreadsTest}: trains two layers of the shipped model for two updates, and prints a
 * checksum.
 */
final class TrainingBits {
    private static final int LAYERS = 2;
    private static final int ROWS = 12;
    private static final int LENGTH = 40;
    private static final int SHORTEST = 5;

    private TrainingBits() {}

    public static void main(String[] arguments) {
        DebertaConfig config = DebertaConfig.read(DetangleProcess.HOME.resolve("models/pretrained/banking77-small"))
                .withLayers(LAYERS);
        Architecture head = Architecture.SEQUENCE_CLASSIFICATION;
        Program program = TrainingModel.build(config, head, TrainingModelOptions.of(head));
        TrainingOptions options =
                TrainingOptions.DEFAULT.withBackend("vector").with(OptimizerOptions.HUGGINGFACE.withLearningRate(1e-3));
        Map<String, Tensor> parameters = new Trainer(
                        TrainableModel.of(program, RandomWeights.of(program), LAYERS),
                        batches(config),
                        options.withNumTrainEpochs(1))
                .train()
                .parameters();
        CRC32 checksum = new CRC32();
        new TreeMap<>(parameters).forEach((name, value) -> {
            for (float element : value.toFloats()) {
                int bits = Float.floatToRawIntBits(element);
                checksum.update(bits);
                checksum.update(bits >>> 8);
                checksum.update(bits >>> 16);
                checksum.update(bits >>> 24);
            }
        });
        System.out.println("checksum " + checksum.getValue());
    }

    private static Batches batches(DebertaConfig config) {
        return new Batches() {
            @Override
            public int updates() {
                return 2;
            }

            @Override
            public List<Batch> update(int epoch, int update) {
                return List.of(batch(config, new Random(update)));
            }

            @Override
            public long rows() {
                return 2 * ROWS;
            }
        };
    }

    private static Batch batch(DebertaConfig config, Random random) {
        long[] ids = new long[ROWS * LENGTH];
        long[] mask = new long[ids.length];
        long[] labels = new long[ROWS];
        for (int row = 0; row < ROWS; row++) {
            int tokens = random.nextInt(SHORTEST, LENGTH + 1);
            for (int i = 0; i < tokens; i++) {
                ids[row * LENGTH + i] = random.nextInt(1, config.vocabSize());
                mask[row * LENGTH + i] = 1;
            }
            labels[row] = random.nextInt(config.numLabels());
        }
        Map<String, Tensor> inputs = Map.of(
                "input_ids", Tensor.of(ids, ROWS, LENGTH),
                "attention_mask", Tensor.of(mask, ROWS, LENGTH),
                "token_type_ids", Tensor.of(new long[ids.length], ROWS, LENGTH),
                "labels", Tensor.of(labels, ROWS));
        return new Batch(inputs, ROWS, ROWS);
    }
}
