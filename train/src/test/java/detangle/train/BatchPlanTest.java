package detangle.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.train.BatchPlan.Range;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchPlanTest {
    @Test
    void huggingFaceGathersMicroBatches() {
        BatchPlan plan = new BatchPlan(Recipe.HUGGINGFACE, 17, 4, 2);
        assertEquals(3, plan.updates());
        assertEquals(List.of(new Range(0, 4), new Range(4, 8)), plan.microBatches(0));
        assertEquals(List.of(new Range(8, 12), new Range(12, 16)), plan.microBatches(1));
        assertEquals(List.of(new Range(16, 17)), plan.microBatches(2));
    }

    @Test
    void microsoftCutsTheBatch() {
        BatchPlan plan = new BatchPlan(Recipe.MICROSOFT, 17, 8, 3);
        assertEquals(3, plan.updates());
        assertEquals(List.of(new Range(0, 3), new Range(3, 6), new Range(6, 8)), plan.microBatches(0));
        assertEquals(List.of(new Range(16, 17)), plan.microBatches(2));
    }

    /** Four rows in three parts are two and two, as a part has two rows. */
    @Test
    void microsoftMayMakeFewerParts() {
        BatchPlan plan = new BatchPlan(Recipe.MICROSOFT, 4, 4, 3);
        assertEquals(List.of(new Range(0, 2), new Range(2, 4)), plan.microBatches(0));
    }

    @Test
    void everyRowIsTakenOnce() {
        for (Recipe recipe : Recipe.values()) {
            for (int rows = 1; rows < 30; rows++) {
                for (int batch = 1; batch < 9; batch++) {
                    for (int accumulation = 1; accumulation < 5; accumulation++) {
                        BatchPlan plan = new BatchPlan(recipe, rows, batch, accumulation);
                        List<Range> all = new ArrayList<>();
                        for (int update = 0; update < plan.updates(); update++) {
                            all.addAll(plan.microBatches(update));
                        }
                        int at = 0;
                        for (Range range : all) {
                            assertEquals(at, range.from(), plan.toString());
                            at = range.to();
                        }
                        assertEquals(rows, at, plan.toString());
                    }
                }
            }
        }
    }

    @Test
    void refusesNothing() {
        assertThrows(TrainingException.class, () -> new BatchPlan(Recipe.HUGGINGFACE, 0, 8, 1));
        assertThrows(TrainingException.class, () -> new BatchPlan(Recipe.HUGGINGFACE, 8, 0, 1));
        assertThrows(TrainingException.class, () -> new BatchPlan(Recipe.HUGGINGFACE, 8, 8, 0));
    }
}
