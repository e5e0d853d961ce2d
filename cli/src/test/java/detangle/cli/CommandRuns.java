package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs commands in tests as a terminal does. */
final class CommandRuns {
    /** The status of a command, and what it wrote to standard output and to standard error. */
    record Result(int status, String out, String err) {}

    /** Runs a command. */
    static Result result(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
        return new Result(status, out.toString(), err.toString());
    }

    /** Runs a command that succeeds without a word on standard error, and returns its output. */
    static String run(String... arguments) {
        Result result = result(arguments);
        assertEquals(0, result.status(), result.err());
        assertEquals("", result.err());
        return result.out();
    }

    /** Runs a command with {@code --format json}, and returns its output. */
    static JsonNode json(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--format", "json"));
        return JsonMapper.shared().readTree(run(all.toArray(String[]::new)));
    }

    /** Returns the names of an object's properties in order. */
    static List<String> names(JsonNode object) {
        return List.copyOf(object.propertyNames());
    }

    /** Returns arguments with more behind them. */
    static String[] with(String[] arguments, String... last) {
        return Stream.concat(Stream.of(arguments), Stream.of(last)).toArray(String[]::new);
    }

    private CommandRuns() {}
}
