package detangle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.DType;
import detangle.train.lora.LoraOptions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A process is told of a step by words, and does that step. */
class TrainingStepTest {
    private static void assertRead(List<String> words, TrainingStep step) {
        assertEquals(words, step.words());
        assertEquals(step, TrainingStep.of(words));
    }

    @Test
    void wordsTellOfAStep() {
        LoraOptions lora = LoraOptions.DEFAULT.withRank(16).withDropout(0.1);
        assertRead(List.of(), new TrainingStep(Optional.empty(), false));
        assertRead(List.of("gradient_checkpointing"), new TrainingStep(Optional.empty(), true));
        assertRead(List.of("16", "0.1"), new TrainingStep(Optional.of(lora), false));
        assertRead(
                List.of("gradient_checkpointing", "16", "0.1", "bf16"),
                new TrainingStep(Optional.of(lora.withFrozenType(DType.BF16)), true));
    }
}
