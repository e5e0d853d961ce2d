package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Options of SiFT change the loss as they say, and are refused where they have no effect. */
class TrainSiftTest extends TrainCommandCase {
    /** Returns the loss of the first update, whose dropout and noise are always the same. */
    private double loss(Path rows, String... options) {
        List<String> all = new ArrayList<>(List.of("--max-steps=1", "--overwrite-output-dir"));
        all.addAll(List.of(options));
        assertEquals(0, train(rows, all.toArray(String[]::new)), err.toString());
        return json(output.resolve("train_results.json")).get("train_loss").asDouble();
    }

    /** The loss is that of the task and lambda times another, which has its own dropout. */
    @Test
    void theAdversarialLossIsWeighted() throws IOException {
        Path rows = file("rows.csv", ROWS);
        double task = loss(rows);
        double once = loss(rows, "--vat_lambda=1");
        assertTrue(once > task + 0.1, once + " and " + task);
        assertEquals(task + 3 * (once - task), loss(rows, "--vat-lambda=3"), 1e-5 * once);
        double far = loss(rows, "--vat-lambda=1", "--vat-init-perturbation=0.5", "--vat-learning-rate=2");
        assertTrue(Math.abs(far - once) > 1e-3, far + " and " + once);
        double other = loss(rows, "--vat-lambda=1", "--vat-learning-rate=2", "--vat-loss-fn=mse");
        assertTrue(Math.abs(other - once) > 1e-3, other + " and " + once);
    }

    /** Numbers are compared by their squares, and by microsoft's recipe as a distribution over the batch. */
    @Test
    void numbers() throws IOException {
        Path rows = file("numbers.csv", "text,score\na cat,1.5\na dog,0.5\na tree,2.25\n");
        double task = loss(rows);
        assertTrue(loss(rows, "--vat-lambda=1") > task);
        loss(rows, "--vat-lambda=1", "--vat-loss-fn=kl", "--recipe=microsoft", "--warmup-ratio=0");
        String told = fault(rows, "--overwrite-output-dir", "--vat-lambda=1", "--vat-loss-fn=kl");
        assertTrue(
                told.contains("vat_loss_fn is kl, which compares distributions, and regression gives numbers"), told);
    }

    @Test
    void whatHasNoEffectIsRefused() throws IOException {
        Path rows = file("rows.csv", ROWS);
        assertTrue(fault(rows, "--vat-loss-fn", "kl").contains("options of SiFT go with --vat-lambda above 0"));
        assertTrue(fault(rows, "--vat-lambda", "-1").contains("vat_lambda is -1.0"));
        assertTrue(fault(rows, "--vat-lambda=1", "--vat-loss-fn=l1").contains("symmetric-kl, kl, mse"), err.toString());
        Path words = file("words.conll", "Anna NAME\nsleeps O\n");
        String told = fault(words, "--vat-lambda", "5");
        assertTrue(told.contains("token-classification has a loss of its own: leave it out"), told);
    }
}
