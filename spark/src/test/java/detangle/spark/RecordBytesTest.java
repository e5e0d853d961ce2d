package detangle.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.DropoutChange;
import detangle.models.deberta.ProblemType;
import detangle.train.EvaluationOptions;
import detangle.train.OptimizerOptions;
import detangle.train.SavingOptions;
import detangle.train.TrainingOptions;
import detangle.train.data.Example;
import detangle.train.data.Order;
import detangle.train.data.Target;
import detangle.train.data.TokenIds;
import detangle.train.optimizer.LossScaler;
import detangle.train.optimizer.XAdam;
import detangle.train.task.Task;
import detangle.train.task.TaskModelOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is sent to other machines comes to them as it was. */
class RecordBytesTest {
    @Test
    void aJobComesAsItWas() {
        TrainingOptions options = TrainingOptions.MICROSOFT
                .withDataSeed(7)
                .withBackend("vector")
                .with(OptimizerOptions.MICROSOFT
                        .with(XAdam.DEFAULT)
                        .withSchedule("cosine", Map.of("num_cycles", "2"))
                        .withFrozen(List.of("deberta.embeddings"))
                        .withLossScaler(new LossScaler.Torch(8, 2000, 1)))
                .with(EvaluationOptions.everyEpoch())
                .with(SavingOptions.in(Path.of("/shared/out")).withResumeFrom(Path.of("/shared/then/checkpoint-4")));
        TaskModelOptions model =
                TaskModelOptions.of(Architecture.SEQUENCE_CLASSIFICATION).with(DropoutChange.NONE.withHidden(0.2));
        Task task = Task.classification(ProblemType.SINGLE_LABEL_CLASSIFICATION, List.of("no", "yes"));
        Example example = Example.of(new TokenIds(new int[] {1, 5, 2}, 3), new Target.OneClass(1));
        TrainingJob job = new TrainingJob(
                "name",
                new byte[] {1, 2},
                "model",
                task,
                model,
                options,
                8,
                Order.GROUPED_BY_LENGTH,
                4,
                Duration.ofSeconds(9),
                List.of(example),
                List.of());
        TrainingJob read = RecordBytes.read(RecordBytes.write(job), TrainingJob.class);
        assertEquals(options, read.options());
        assertEquals(model, read.modelOptions());
        assertEquals(task, read.task());
        assertEquals(Order.GROUPED_BY_LENGTH, read.order());
        assertEquals(Duration.ofSeconds(9), read.timeout());
        assertArrayEquals(
                new int[] {1, 5, 2},
                read.training().getFirst().texts().getFirst().ids());
        assertEquals(new Target.OneClass(1), read.training().getFirst().target());
        assertEquals(List.of(), read.validation());
    }

    private record Counted(AtomicInteger count, Thread thread) {}

    private record Positive(int number) {
        Positive {
            if (number < 1) {
                throw new IllegalArgumentException(number + " is not positive");
            }
        }
    }

    @Test
    void whatCannotBeSentIsTold() {
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> RecordBytes.write(new Counted(new AtomicInteger(), Thread.currentThread())));
        assertTrue(e.getMessage().startsWith("Counted holds what cannot be sent: java.lang.Thread"), e.getMessage());
    }

    /** A record that comes is made by its constructor. */
    @Test
    void recordsAreChecked() {
        byte[] bytes = RecordBytes.write(new Positive(77));
        bytes[lastOf(bytes, (byte) 77)] = 0;
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> RecordBytes.read(bytes, Positive.class));
        assertTrue(e.getMessage().contains("0 is not positive"), e.getMessage());
    }

    private static int lastOf(byte[] bytes, byte value) {
        for (int i = bytes.length - 1; i >= 0; i--) {
            if (bytes[i] == value) {
                return i;
            }
        }
        throw new AssertionError("there is no " + value);
    }
}
