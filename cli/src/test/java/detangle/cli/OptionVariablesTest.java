package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Options of the server from variables of the environment. */
class OptionVariablesTest {
    private static CommandLine parsed(Map<String, String> environment, String... args) {
        CommandLine line = Main.commands(environment);
        line.parseArgs(serve(args));
        return line.getSubcommands().get("serve");
    }

    private static String[] serve(String... args) {
        return Stream.concat(Stream.of("serve"), Stream.of(args)).toArray(String[]::new);
    }

    private static Object value(CommandLine serve, String option) {
        return serve.getCommandSpec().findOption(option).getValue();
    }

    private static String refused(Map<String, String> environment, String... args) {
        StringWriter err = new StringWriter();
        int status =
                Main.run(new PrintWriter(new StringWriter()), new PrintWriter(err, true), environment, serve(args));
        assertTrue(status == 1 || status == 2, err.toString());
        return err.toString();
    }

    /** Returns a value that is not the default one. */
    private static String another(Iterable<String> candidates, Object before) {
        for (String candidate : candidates) {
            if (!candidate.equals(before)) {
                return candidate;
            }
        }
        throw new AssertionError(before + " is the only value");
    }

    /** A new option gets its variable, and help names it, without another line of code. */
    @Test
    void everyOptionHasAVariable() {
        CommandLine serve = Main.commands(Map.of()).getSubcommands().get("serve");
        String help = serve.getUsageMessage().replaceAll("\\s+", " ");
        int count = 0;
        for (OptionSpec option : serve.getCommandSpec().options()) {
            if (option.usageHelp() || option.versionHelp() || option.inherited()) {
                continue;
            }
            String variable = "DETANGLE_"
                    + option.longestName().substring(2).toUpperCase(Locale.ROOT).replace('-', '_');
            assertTrue(help.contains(variable + ",") || help.contains(variable + ";"), variable + " is not in " + help);
            Class<?> type = option.typeInfo().isOptional() || option.isMultiValue()
                    ? option.auxiliaryTypes()[0]
                    : option.type();
            Object before = value(parsed(Map.of()), option.longestName());
            String given = type == boolean.class
                    ? "true"
                    : option.completionCandidates() == null ? "7" : another(option.completionCandidates(), before);
            Object after = value(parsed(Map.of(variable, given)), option.longestName());
            assertFalse(after.equals(before), variable + " leaves " + before);
            count++;
        }
        assertTrue(count > 20, "there are " + count);
        assertTrue(help.contains("DETANGLE_MODEL"), help);
        assertFalse(Main.commands(Map.of())
                .getSubcommands()
                .get("classify")
                .getUsageMessage()
                .contains("DETANGLE_"));
    }

    @Test
    void theOptionWins() {
        assertEquals(80, value(parsed(Map.of("DETANGLE_PORT", "80")), "--port"));
        assertEquals(81, value(parsed(Map.of("DETANGLE_PORT", "80"), "--port", "81"), "--port"));
        // What nobody asks for may be wrong.
        assertEquals(81, value(parsed(Map.of("DETANGLE_PORT", "x"), "--port", "81"), "--port"));
        assertEquals(Optional.of("a"), value(parsed(Map.of("DETANGLE_API_KEY", "a")), "--api-key"));
        assertEquals(Optional.of("b"), value(parsed(Map.of("DETANGLE_API_KEY", "a"), "--api-key", "b"), "--api-key"));
        Map<String, String> hosts = Map.of("DETANGLE_ALLOWED_HOSTS", "a,b");
        assertEquals(List.of("a", "b"), value(parsed(hosts), "--allowed-hosts"));
        assertEquals(List.of("c"), value(parsed(hosts, "--allowed-hosts", "c"), "--allowed-hosts"));
    }

    /** A flag of the command line and the same one of the environment are one flag, and not none. */
    @Test
    void flagsAreTrueOrFalse() {
        String flag = "--auto-truncate";
        Map<String, String> yes = Map.of("DETANGLE_AUTO_TRUNCATE", "true");
        Map<String, String> no = Map.of("DETANGLE_AUTO_TRUNCATE", "false");
        assertEquals(false, value(parsed(Map.of()), flag));
        assertEquals(true, value(parsed(Map.of(), flag), flag));
        assertEquals(true, value(parsed(yes), flag));
        assertEquals(true, value(parsed(yes, flag), flag));
        assertEquals(false, value(parsed(no), flag));
        assertEquals(true, value(parsed(no, flag), flag));
    }

    @Test
    void anEmptyVariableIsNone() {
        assertEquals(8080, value(parsed(Map.of("DETANGLE_PORT", "")), "--port"));
        assertEquals(Optional.empty(), value(parsed(Map.of("DETANGLE_API_KEY", "")), "--api-key"));
    }

    @ParameterizedTest
    @CsvSource({
        "DETANGLE_PORT, eighty, 'DETANGLE_PORT must be a whole number, not ''eighty'''",
        "DETANGLE_PORT, tcp://10.0.0.1:8080, 'DETANGLE_PORT must be a whole number, not ''tcp://10.0.0.1:8080'''",
        "DETANGLE_PORT, 70000, DETANGLE_PORT must be a number from 0 to 65535",
        "DETANGLE_DEADLINE, 0, DETANGLE_DEADLINE must be at least 1",
        "DETANGLE_PAYLOAD_LIMIT, -1, DETANGLE_PAYLOAD_LIMIT must be at least 1",
        "DETANGLE_MAX_LENGTH, 0, DETANGLE_MAX_LENGTH must be at least 1",
        "DETANGLE_AUTO_TRUNCATE, yes, 'DETANGLE_AUTO_TRUNCATE must be true or false, not ''yes'''",
        "DETANGLE_THREADS, many, DETANGLE_THREADS is 'many'",
        "DETANGLE_TASK, poetry, DETANGLE_TASK must be one of",
        "DETANGLE_TRUNCATE_DIM, x, DETANGLE_TRUNCATE_DIM must be a whole number",
        "DETANGLE_BACKEND, none, 'DETANGLE_BACKEND of the environment: there is no backend ''none'''",
        "DETANGLE_MODEL, /nowhere/at/all, DETANGLE_MODEL of the environment: "
    })
    void aBadValueNamesItsVariable(String variable, String value, String message) {
        String err = refused(Map.of(variable, value, "DETANGLE_HOST", "127.0.0.1"));
        assertTrue(err.contains(message), err);
        assertFalse(
                err.contains(
                        "--" + variable.substring(9).toLowerCase(Locale.ROOT).replace('_', '-')),
                err);
    }

    @Test
    void aBadValueOfTheCommandLineNamesTheOption() {
        String err = refused(Map.of("DETANGLE_PORT", "80"), "--port", "x");
        assertTrue(err.contains("--port must be a whole number, not 'x'"), err);
        err = refused(Map.of("DETANGLE_PORT", "80"), "--port", "70000");
        assertTrue(err.contains("--port must be a number from 0 to 65535"), err);
    }

    @Test
    void theModelsMayBeVariablesToo() {
        assertEquals(List.of("a", "org/b"), OptionVariables.models(parsed(Map.of("DETANGLE_MODEL", "a, org/b,"))));
        assertEquals(List.of(), OptionVariables.models(parsed(Map.of())));
        String err = refused(Map.of("DETANGLE_MODEL", "/nowhere"), "/elsewhere");
        assertTrue(err.contains("/elsewhere") && !err.contains("DETANGLE_MODEL"), err);
    }

    @Test
    void aMisspeltVariableIsToldOf() {
        CommandLine serve = parsed(Map.of(
                "DETANGLE_PROT", "1",
                "DETANGLE_MAX_LENGHT", "1",
                "DETANGLE_JAVA_OPTS", "1",
                "DETANGLE_HASH_KEY", "1",
                "DETANGLE_PORT_8080_TCP", "1",
                "DETANGLE_SERVICE_HOST", "1",
                "PORT", "1"));
        assertEquals(
                List.of(
                        "DETANGLE_MAX_LENGHT of the environment is not an option: did you mean DETANGLE_MAX_LENGTH?",
                        "DETANGLE_PROT of the environment is not an option: did you mean DETANGLE_PORT?"),
                OptionVariables.misspelt(serve));
    }
}
