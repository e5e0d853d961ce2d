package detangle.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.backend.Device;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.RandomWeights;
import detangle.models.deberta.TrainingModel;
import detangle.models.deberta.TrainingModelOptions;
import detangle.runtime.Backends;
import detangle.train.optimizer.ParameterUpdates;
import detangle.train.parallel.DataParallel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class TrainingMemoryTest {
    private static final int LENGTH = 64;
    private static final int MASKED_OF_A_ROW = 9;

    private final DebertaConfig config = DebertaConfig.read(
            Path.of(System.getProperty("detangle.home", "..")).resolve("models/pretrained/banking77-small"));

    private Batch batch(int rows) {
        long[] mask = new long[rows * LENGTH];
        Arrays.fill(mask, 1);
        long[] masked = LongStream.range(0, (long) rows * MASKED_OF_A_ROW).toArray();
        Map<String, Tensor> inputs = Map.of(
                InputNames.IDS, Tensor.of(new long[rows * LENGTH], rows, LENGTH),
                InputNames.MASK, Tensor.of(mask, rows, LENGTH),
                InputNames.MASKED_ROWS, Tensor.of(masked, masked.length),
                InputNames.LABELS, Tensor.of(new long[masked.length], masked.length));
        return new Batch(inputs, rows, masked.length);
    }

    /** The tokens of a packed batch are counted by its positions alone, whatever other sizes its inputs have. */
    @Test
    void activationsOfAMaskedLanguageModelGrowWithItsRows() {
        Architecture head = Architecture.MASKED_LM;
        Program program = TrainingModel.build(config, head, TrainingModelOptions.of(head));
        ParameterUpdates.Plan updates = OptimizerOptions.HUGGINGFACE.plan(Recipe.HUGGINGFACE, config.numHiddenLayers());
        Device device = Backends.device(Optional.empty(), Set.of());
        DeviceModel model = DeviceModel.load(
                device,
                List.of(TrainingPrograms.of(program, updates, true)),
                Optional.empty(),
                RandomWeights.of(program),
                false,
                DataParallel.ALONE);
        double one = model.memory(batch(8)).activationBytes();
        double four = model.memory(batch(32)).activationBytes();
        assertEquals(4, four / one, 0.4);
    }
}
