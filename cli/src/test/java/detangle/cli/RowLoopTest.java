package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import detangle.cli.Failures.CliException;
import detangle.pipelines.NotFiniteException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Rows that the model has no answer for, among rows that it has one for. */
class RowLoopTest {
    private final List<String> messages = new ArrayList<>();
    private final List<String> handed = new ArrayList<>();

    private void run(OnError onError, int batch, String... texts) {
        List<List<String>> given = new ArrayList<>();
        for (String text : texts) {
            given.add(List.of(text));
        }
        RowLoop loop = new RowLoop(
                new GivenRows(given),
                new TextColumns(List.of("0"), Optional.empty(), false, true),
                batch,
                onError,
                messages::add);
        loop.begin();
        loop.run(
                (rows, listener) -> {
                    if (rows.stream().anyMatch(row -> row.getFirst().equals("nan"))) {
                        throw new NotFiniteException("what the model says is NaN");
                    }
                    return IntStream.range(0, rows.size())
                            .mapToObj(i -> new Result(
                                    i,
                                    "",
                                    Result.object(),
                                    List.of(),
                                    rows.get(i).getFirst()))
                            .toList();
                },
                rows -> rows.forEach(row -> handed.add(
                        row.fault().isPresent()
                                ? "null"
                                : row.results().getFirst().text())),
                done -> {});
    }

    /** A long text that is tokenized with a stride has a result for each window. */
    @Test
    void theResultsOfARowTakeTimeInProportion() {
        int windows = 300_000;
        RowLoop loop = new RowLoop(
                new GivenRows(List.of(List.of("a"), List.of("b"))),
                new TextColumns(List.of("0"), Optional.empty(), false, true),
                2,
                OnError.FAIL,
                messages::add);
        List<Integer> counts = new ArrayList<>();
        assertTimeout(
                Duration.ofSeconds(10),
                () -> loop.run(
                        (rows, listener) -> IntStream.rangeClosed(0, windows)
                                .mapToObj(i -> new Result(i / windows, "", Result.object(), List.of(), ""))
                                .toList(),
                        rows -> rows.forEach(row -> counts.add(row.results().size())),
                        done -> {}));
        assertEquals(List.of(windows, 1), counts);
    }

    @Test
    void oneRowWithoutAnAnswerIsItsOwnFault() {
        run(OnError.SKIP, 4, "a", "b", "nan", "d", "e", "nan");
        assertEquals(List.of("a", "b", "d", "e"), handed);
        assertEquals(
                List.of("2 rows left out: text 3: what the model says is NaN", "text 6: what the model says is NaN"),
                messages);
    }

    @Test
    void itIsWrittenWithNullAndEndsTheRunWhereThatIsAsked() {
        run(OnError.NULL, 4, "a", "nan", "c");
        assertEquals(List.of("a", "null", "c"), handed);
        handed.clear();
        CliException e = assertThrows(CliException.class, () -> run(OnError.FAIL, 4, "a", "nan", "c"));
        assertEquals("text 2: what the model says is NaN", e.getMessage());
        assertEquals(List.of("a"), handed);
    }

    @Test
    void whereNoRowHasAnAnswerTheModelIsAtFault() {
        for (OnError onError : OnError.values()) {
            assertThrows(NotFiniteException.class, () -> run(onError, 4, "nan", "nan", "nan"));
        }
        assertThrows(NotFiniteException.class, () -> run(OnError.FAIL, 1, "nan"));
        assertEquals(List.of(), handed);
    }
}
