package detangle.train.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Values that follow from the definitions by hand. */
final class MetricsTest {
    private static final double NEAR = 1e-7;

    @Test
    void classesOfEightRows() {
        ConfusionMatrix matrix =
                ConfusionMatrix.of(new int[] {0, 1, 1, 0, 1, 0, 1, 1}, new int[] {0, 1, 0, 0, 1, 1, 1, 0}, 2);
        assertEquals(0.625, matrix.accuracy());
        assertEquals(2.0 / 3, matrix.of(1).f1(), NEAR);
        assertEquals(0.2581989, matrix.matthews(), NEAR);
        assertEquals(0.625, matrix.microF1(), NEAR);
    }

    @Test
    void aClassWithoutRowsDoesNotCountInTheMean() {
        ConfusionMatrix matrix = ConfusionMatrix.of(new int[] {0, 0, 2}, new int[] {0, 2, 2}, 4);
        assertEquals(2.0 / 3, matrix.macroF1(), NEAR);
        assertEquals(2.0 / 3, matrix.weightedF1(), NEAR);
    }

    @Test
    void thePredictionOfOneClassForAllRowsDoesNotCorrelate() {
        assertEquals(
                0, ConfusionMatrix.of(new int[] {0, 1}, new int[] {1, 1}, 2).matthews());
    }

    @Test
    void equalNumbersShareTheirRanks() {
        double[] a = {0, 1.5, 1.5, 3, 5};
        double[] b = {0.2, 1, 2, 2, 4.4};
        assertEquals(0.9531697, Correlation.pearson(a, b), NEAR);
        assertEquals(0.9210526, Correlation.spearman(a, b), NEAR);
        assertEquals(0.38, Correlation.meanSquaredError(a, b), NEAR);
    }

    @Test
    void rowsWithAnyNumberOfLabels() {
        boolean[][] labels = {{true, false, false}, {true, true, false}};
        boolean[][] predictions = {{true, false, false}, {false, true, false}};
        LabelSets sets = new LabelSets(labels, predictions);
        assertEquals(0.5, sets.exact());
        assertEquals(0.8, sets.microF1(), NEAR);
        assertEquals((2.0 / 3 + 1 + 0) / 3, sets.macroF1(), NEAR);
    }

    @Test
    void tagsWithoutTypesAreOneType() {
        assertEquals(List.of(new EntitySpan("_", 0, 1)), EntitySpan.of(List.of("B", "I", "O")));
        assertEquals(List.of(new EntitySpan("a-b", 1, 1)), EntitySpan.of(List.of("O", "B-a-b")));
    }

    @Test
    void anAnswerThatIsWithdrawnIsRightWhereThereIsNone() {
        Map<String, List<String>> truths = Map.of("q", List.of(), "r", List.of("blue"));
        Map<String, String> predictions = Map.of("q", "red", "r", "blue");
        Map<String, Double> noAnswer = Map.of("q", 0.9, "r", 0.1);
        assertEquals(
                50, AnswerMetrics.of(truths, predictions, noAnswer, 1).all().exact());
        assertEquals(
                100, AnswerMetrics.of(truths, predictions, noAnswer, 0.5).all().exact());
    }

    @Test
    void bothSidesHaveAsManyRows() {
        assertThrows(IllegalArgumentException.class, () -> ConfusionMatrix.of(new int[] {0}, new int[] {0, 1}, 2));
    }
}
