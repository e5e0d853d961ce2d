package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.models.text.Truncation.Strategy;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

class TruncationOptionTest {
    private final StringWriter err = new StringWriter();

    private ParseResult parsed(String... line) {
        CommandLine commands = Main.commands().setErr(new PrintWriter(err, true));
        return commands.parseArgs(line).subcommand();
    }

    private static Optional<Strategy> strategy(ParseResult parsed) {
        return parsed.commandSpec().findOption("--truncation").getValue();
    }

    private static List<String> texts(ParseResult parsed) {
        return parsed.matchedPositionals().getLast().getValue();
    }

    @Test
    void aloneItIsLongestFirstAndTakesNoWord() {
        ParseResult parsed = parsed("classify", "--truncation", "only_first");

        assertEquals(Optional.of(Strategy.LONGEST_FIRST), strategy(parsed));
        assertEquals(List.of("only_first"), texts(parsed));
        assertEquals("", err.toString());
    }

    @Test
    void lastOnTheLineItIsLongestFirst() {
        assertEquals(Optional.of(Strategy.LONGEST_FIRST), strategy(parsed("classify", "text", "--truncation")));
    }

    @Test
    void behindAnEqualsSignStandsTheStrategy() {
        ParseResult parsed = parsed("classify", "--truncation=only_second", "text");

        assertEquals(Optional.of(Strategy.ONLY_SECOND), strategy(parsed));
        assertEquals(List.of("text"), texts(parsed));
    }

    @Test
    void withoutItNothingIsCut() {
        assertEquals(Optional.empty(), strategy(parsed("classify", "text")));
    }

    @Test
    void tokenizeStillTakesTheNextWordWhereItIsAStrategy() {
        ParseResult parsed = parsed("tokenize", "--truncation", "only_first", "model", "text");

        assertEquals(Optional.of(Strategy.ONLY_FIRST), strategy(parsed));
        assertEquals(List.of("text"), texts(parsed));
        assertEquals(
                "detangle: --truncation only_first is the old spelling of --truncation=only_first\n", err.toString());
        assertEquals(
                Optional.of(Strategy.LONGEST_FIRST), strategy(parsed("tokenize", "--truncation", "model", "text")));
    }
}
