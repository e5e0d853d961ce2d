package detangle.train;

import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.testing.SoakReport;
import detangle.testing.SoakSample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Trainings in one process, one after the other: each saves a checkpoint after every update, is interrupted, goes on
 * from the newest checkpoint, and ends with the bits of the first one. {@code -Ddetangle.soak.minutes=60} repeats them
 * for an hour, and what the process holds must stay flat. Without the property two of them show that it works.
 */
class TrainingSoakTest {
    private static final int MINUTES = Integer.getInteger("detangle.soak.minutes", 0);
    private static final long MINUTE_NANOS = 60_000_000_000L;
    private static final int STEPS = 6;
    private static final int CUT = 3;
    private static final TrainingOptions OPTIONS =
            TrainingOptions.DEFAULT.withMaxSteps(STEPS).with(OptimizerOptions.HUGGINGFACE.withLearningRate(0.01));

    @TempDir
    private Path folder;

    private TrainingResult trainInTwoParts() throws IOException {
        Path output = folder.resolve("output");
        TrainingOptions options = OPTIONS.with(
                SavingOptions.in(output).withStrategy(Moment.STEPS, 1).withSaveTotalLimit(2));
        new Trainer(Toy.model(), Toy.batches(options), options)
                .with(new Toy.Recorder(CUT))
                .train();
        TrainingOptions rest = options.with(options.saving().withResume(true));
        TrainingResult result = new Trainer(Toy.model(), Toy.batches(rest), rest).train();
        remove(output);
        return result;
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            List<Path> deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
            for (Path path : deepestFirst) {
                Files.delete(path);
            }
        }
    }

    @Test
    void memoryAndHandlesStayFlat() throws IOException, InterruptedException {
        TrainingResult first = trainInTwoParts();
        SoakReport report = new SoakReport();
        long begin = System.nanoTime();
        int trainings = 1;
        for (int sample = 1; sample <= Math.max(1, MINUTES); sample++) {
            do {
                TrainerTest.assertSameBits(first.parameters(), trainInTwoParts().parameters());
                trainings++;
            } while (MINUTES > 0 && System.nanoTime() < begin + sample * MINUTE_NANOS);
            report.add((System.nanoTime() - begin) / (double) MINUTE_NANOS, SoakSample.ofThisProcess());
            System.out.printf(Locale.ROOT, "%s; %d trainings%n", report.line(), trainings);
        }
        System.out.println(report.table());
        assertTrue(!report.isLongEnough() || report.isFlat(), "training collects something");
    }
}
