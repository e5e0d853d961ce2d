package detangle.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.models.deberta.ProblemType;
import detangle.train.data.ClassificationData.LabelRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ClassificationDataTest {
    private static final List<String> TEXT_AND_LABEL = List.of("text", "label");

    private static ClassificationData read(LabelRule rule, List<DataRow> rows) {
        return ClassificationData.read(rows, "t.csv", DataColumns.DEFAULT, Rows.encoder(32), rule);
    }

    private static ClassificationData read(Object... values) {
        return read(LabelRule.FROM_DATA, Rows.of(TEXT_AND_LABEL, values));
    }

    private static String fault(LabelRule rule, List<DataRow> rows) {
        return assertThrows(DataException.class, () -> read(rule, rows)).getMessage();
    }

    private static List<Target> targets(ClassificationData data) {
        return data.examples().stream().map(Example::target).toList();
    }

    @Test
    void labelsAreSortedByTheirCharacters() {
        ClassificationData data = read("a card", "lost", "a pin", "Blocked", "a fee", "lost");
        assertEquals(ProblemType.SINGLE_LABEL_CLASSIFICATION, data.problem());
        assertEquals(List.of("Blocked", "lost"), data.labels().names());
        assertEquals(List.of(new Target.OneClass(1), new Target.OneClass(0), new Target.OneClass(1)), targets(data));
    }

    @Test
    void wholeNumbersAreSortedBySize() {
        assertEquals(List.of("2", "10"), read("a", "10", "b", "2").labels().names());
        assertEquals(List.of("2", "10"), read("a", 10, "b", 2L).labels().names());
    }

    @Test
    void numbersWithFractionsAreLearnedAsNumbers() {
        ClassificationData data = read("a", "3.5", "b", "2");
        assertEquals(ProblemType.REGRESSION, data.problem());
        assertArrayEquals(new float[] {3.5f}, ((Target.Numbers) targets(data).getFirst()).values());
    }

    @Test
    void listsAreAnyNumberOfLabels() {
        ClassificationData data = read("a", List.of("x", "y"), "b", List.of(), "c", List.of("z"));
        assertEquals(ProblemType.MULTI_LABEL_CLASSIFICATION, data.problem());
        assertArrayEquals(new float[] {1, 1, 0}, ((Target.Numbers) targets(data).getFirst()).values());
        assertArrayEquals(new float[3], ((Target.Numbers) targets(data).get(1)).values());
    }

    @Test
    void aDelimiterDividesLabels() {
        LabelRule rule = new LabelRule(Optional.empty(), Optional.empty(), Optional.of("|"));
        ClassificationData data = read(rule, Rows.of(TEXT_AND_LABEL, "a", "x| y", "b", ""));
        assertEquals(List.of("x", "y"), data.labels().names());
    }

    @Test
    void pairsHaveASecondColumn() {
        List<DataRow> rows =
                Rows.of(List.of("premise", "hypothesis", "label"), "a card", "a pin", "yes", "a", "b", "no");
        TokenIds pair =
                read(LabelRule.FROM_DATA, rows).examples().getFirst().texts().getFirst();
        assertEquals(Rows.TOKENIZER.encode("a card").length(), pair.pairStart());
        assertArrayEquals(Rows.TOKENIZER.encode("a card", "a pin").ids(), pair.ids());
    }

    @Test
    void labelsThatAreKnownMayBeGivenByNumber() {
        LabelRule rule =
                new LabelRule(Optional.empty(), Optional.of(LabelMap.of(List.of("no", "yes"))), Optional.empty());
        assertEquals(
                List.of(new Target.OneClass(1), new Target.OneClass(0)),
                targets(read(rule, Rows.of(TEXT_AND_LABEL, "a", "1", "b", "no"))));
    }

    /** The number of a class would be taken for another label. */
    @Test
    void namesThatAreNumbersAreNotTheNumbersOfClasses() {
        LabelRule rule = new LabelRule(Optional.empty(), Optional.of(LabelMap.of(List.of("1", "2"))), Optional.empty());
        assertEquals(List.of(new Target.OneClass(0)), targets(read(rule, Rows.of(TEXT_AND_LABEL, "a", "1"))));
        assertEquals(
                "t.csv, row 1 has the label '0', which is not among the 2: 1, 2",
                fault(rule, Rows.of(TEXT_AND_LABEL, "a", "0")));
    }

    /** Sorted labels would give the classes of the model's head other names. */
    @Test
    void theLabelsOfTheModelKeepItsOrder() {
        List<DataRow> rows = Rows.of(TEXT_AND_LABEL, "a", "no", "b", "yes");
        ClassificationData data = read(LabelRule.FROM_DATA.withLabelsOfModel(List.of("yes", "no")), rows);
        assertEquals(List.of("yes", "no"), data.labels().names());
        assertEquals(List.of(new Target.OneClass(1), new Target.OneClass(0)), targets(data));
        LabelRule other = LabelRule.FROM_DATA.withLabelsOfModel(List.of("yes", "maybe"));
        assertEquals(List.of("no", "yes"), read(other, rows).labels().names());
    }

    /** HuggingFace's datasets say -1 where there is no label, as SNLI does where annotators differ. */
    @Test
    void rowsWithoutALabelAreLeftOut() {
        ClassificationData data = read("a", 0, "b", 1, "c", -1, "d", 2);
        assertEquals(List.of("0", "1", "2"), data.labels().names());
        assertEquals(List.of(new Target.OneClass(0), new Target.OneClass(1), new Target.OneClass(2)), targets(data));
        assertEquals(
                List.of("1 of 4 rows of t.csv have the label -1, which stands for no label, and are left out; if -1 is"
                        + " a class, give classes names"),
                data.notices());
        LabelRule known =
                new LabelRule(Optional.empty(), Optional.of(LabelMap.of(List.of("no", "yes"))), Optional.empty());
        assertEquals(List.of(new Target.OneClass(1)), targets(read(known, Rows.of(TEXT_AND_LABEL, "a", 1, "b", "-1"))));
        assertEquals(
                "no row of t.csv has a label: all labels are -1", fault(known, Rows.of(TEXT_AND_LABEL, "a", "-1")));
        assertEquals(List.of("-1", "1"), read("a", 1, "b", -1).labels().names());
    }

    @Test
    void minusOneIsAClassWhereOthersAreNegativeOrTheModelHasIt() {
        ClassificationData scale = read("a", -2, "b", -1, "c", 0, "d", 1, "e", 2);
        assertEquals(List.of("-2", "-1", "0", "1", "2"), scale.labels().names());
        assertEquals(5, scale.examples().size());
        LabelRule rule = LabelRule.FROM_DATA.withLabelsOfModel(List.of("-1", "0", "1"));
        ClassificationData polarity = read(rule, Rows.of(TEXT_AND_LABEL, "a", -1, "b", 0, "c", 1));
        assertEquals(List.of("-1", "0", "1"), polarity.labels().names());
        assertEquals(
                List.of(new Target.OneClass(0), new Target.OneClass(1), new Target.OneClass(2)), targets(polarity));
        assertEquals(List.of(), polarity.notices());
    }

    @Test
    void numbersForEachClassAreRefused() {
        assertEquals(
                "t.csv, row 1 has the label '0' twice: 0 or 1 for each class is not read, write a list of the row's"
                        + " labels",
                fault(LabelRule.FROM_DATA, Rows.of(TEXT_AND_LABEL, "a", List.of(1.0, 0.0, 0.0), "b", List.of())));
        String two = "all rows of t.csv have the labels '0' and '1': 0 or 1 for each class is not read, write a list of"
                + " the row's labels";
        List<DataRow> rows = Rows.of(TEXT_AND_LABEL, "a", List.of(1, 0), "b", List.of(0, 1));
        assertEquals(two, fault(LabelRule.FROM_DATA, rows));
        LabelRule known =
                new LabelRule(Optional.empty(), Optional.of(LabelMap.of(List.of("no", "yes"))), Optional.empty());
        assertEquals(two, fault(known, rows));
        List<Object> lacking = new ArrayList<>();
        lacking.add(null);
        assertEquals(
                "t.csv, row 1 has null among its labels",
                fault(LabelRule.FROM_DATA, Rows.of(TEXT_AND_LABEL, "a", lacking)));
    }

    @Test
    void listsOfNumbersOfClassesAreRead() {
        ClassificationData data = read("a", List.of(1, 1, 5), "b", List.of(0));
        assertEquals(List.of("0", "1", "5"), data.labels().names());
        assertArrayEquals(new float[] {0, 1, 1}, ((Target.Numbers) targets(data).getFirst()).values());
        LabelRule divided = new LabelRule(Optional.empty(), Optional.empty(), Optional.of(";"));
        assertEquals(
                List.of("1", "5"),
                read(divided, Rows.of(TEXT_AND_LABEL, "a", "1;1;5")).labels().names());
        assertEquals(2, read("a", List.of(1, 0), "b", List.of(0)).examples().size());
    }

    @Test
    void aLabelThatIsNotKnownIsToldWithItsRow() {
        LabelRule rule =
                new LabelRule(Optional.empty(), Optional.of(LabelMap.of(List.of("no", "yes"))), Optional.empty());
        assertEquals(
                "t.csv, row 2 has the label 'maybe', which is not among the 2: no, yes",
                fault(rule, Rows.of(TEXT_AND_LABEL, "a", "no", "b", "maybe")));
    }

    @Test
    void aLabelWithoutRowsIsTold() {
        LabelRule rule =
                new LabelRule(Optional.empty(), Optional.of(LabelMap.of(List.of("no", "yes"))), Optional.empty());
        assertEquals(
                List.of("t.csv has no rows of the label yes"),
                read(rule, Rows.of(TEXT_AND_LABEL, "a", "no")).notices());
    }

    @Test
    void whatCannotBeLearnedIsRefused() {
        LabelRule rule = LabelRule.FROM_DATA;
        assertEquals("t.csv has no rows", fault(rule, List.of()));
        assertEquals(
                "all rows of t.csv have the label 'x': there is nothing to learn",
                fault(rule, Rows.of(TEXT_AND_LABEL, "a", "x", "b", "x")));
        assertEquals("t.csv, row 2 has an empty label", fault(rule, Rows.of(TEXT_AND_LABEL, "a", "x", "b", " ")));
        assertEquals("t.csv, row 1, column 'text' is empty", fault(rule, Rows.of(TEXT_AND_LABEL, " ", "x")));
        assertEquals("t.csv, row 2, column 'label' is null", fault(rule, Rows.of(TEXT_AND_LABEL, "a", "x", "b", null)));
        assertEquals(
                "t.csv, row 1 has no column of labels that is called label, labels, category or the like; it has text,"
                        + " kind: name the column",
                fault(rule, Rows.of(List.of("text", "kind"), "a", "x")));
    }

    @Test
    void longRowsAreCutAndCounted() {
        String text = "I am still waiting on my card";
        ClassificationData data = ClassificationData.read(
                Rows.of(TEXT_AND_LABEL, "a", "x", text, "y"),
                "t.csv",
                DataColumns.DEFAULT,
                Rows.encoder(5),
                LabelRule.FROM_DATA);
        assertEquals(5, data.examples().get(1).length());
        int tokens = Rows.TOKENIZER.encode(text).length();
        assertEquals(
                List.of("1 of 2 rows have more than 5 tokens and are cut; the longest, t.csv, row 2, has " + tokens),
                data.notices());
    }

    @Test
    void longRowsAreRefusedWhereNothingIsCut() {
        ExampleEncoder refusing = new ExampleEncoder(Rows.TOKENIZER, 5, false);
        String fault = assertThrows(
                        DataException.class,
                        () -> ClassificationData.read(
                                Rows.of(TEXT_AND_LABEL, "I am still waiting on my card", "x"),
                                "t.csv",
                                DataColumns.DEFAULT,
                                refusing,
                                LabelRule.FROM_DATA))
                .getMessage();
        assertEquals(true, fault.startsWith("t.csv, row 1 has ") && fault.contains("and 5 are taken"));
    }
}
