package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Model.OptionSpec;

/** The bench refuses options that do not go together before it makes or measures anything. */
class BenchTrafficFaultsTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    2 | --requests 5                              | go with --traffic
                    2 | --max-batch-requests 5                    | go with --traffic
                    2 | --seed 5                                  | go with --traffic
                    2 | --traffic uniform:8-256 --shape 1x8       | batches of its own
                    2 | --traffic uniform:8-256 --cold            | exclude each other
                    2 | --busy 1 --ops                            | --busy goes with
                    2 | --no-data-transfers --ops                 | --no-data-transfers goes with
                    2 | --resume folder                           | --resume goes with --suite
                    2 | --random-weights gliner_small-v2.1        | models that extract are measured by themselves
                    2 | --suite traffic                           | --suite has models
                    2 | --busy -1                                 | --busy at least 0
                    2 | --batch 4 --shape 1x8                     | --batch goes with --seq
                    2 | --traffic uniform:8-256 --batch 4         | batches of its own
                    2 | --traffic uniform:8-256 --iterations 4    | --iterations has no effect on --traffic
                    2 | --ops --peer onnxruntime                  | --peer has no effect on --ops
                    2 | --ops --duration 1                        | --duration has no effect on --ops
                    2 | --ops --threads 1,2                       | one number of threads
                    2 | --verbose --ops --duration 1              | --duration has no effect on --ops
                    2 | --cold --warmup 4                         | --warmup has no effect on --cold
                    2 | --cold --seq 8                            | --seq has no effect on --cold
                    2 | --lengths 4-8 --processes 2               | --processes has no effect on --lengths
                    2 | --training --busy 1                       | --busy goes with
                    1 | --traffic uniform:9-8                     | lengths from 9 to 8 cannot be drawn
                    1 | --traffic nowhere.txt                     | there is no file nowhere.txt of lengths
                    1 | --traffic uniform:8-9 --requests 0        | requests are from 1 to
                    1 | --traffic uniform:8-9 --requests 5 --max-batch-requests 6 | at most all of them
                    """)
    void faultsAreToldInOneLine(int status, String options, String message) {
        assertFault(status, "bench models/pretrained/banking77-small " + options, message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--shape 1x8", "--seq 16", "--mix 8,16", "--batch 4", "--busy 1", "--cold"})
    void aSuiteRefusesWhatItDecidesItself(String option) {
        assertFault(2, "bench --suite traffic " + option, "--suite has models, heads, batches");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--threads 2", "--iterations 3", "--peer onnxruntime", "--backend vector", "--processes 2"})
    void aComparisonRefusesOptionsOfRuns(String option) {
        String name = option.substring(0, option.indexOf(' '));
        assertFault(2, "bench --compare a.json b.json " + option, name + " has no effect on --compare");
    }

    /** An option that no kind heeds would be refused always. */
    @Test
    void someKindHeedsEachOption() {
        Set<String> heeded = Arrays.stream(BenchKind.values())
                .flatMap(kind -> kind.heeded().stream())
                .collect(Collectors.toSet());
        for (OptionSpec option :
                Main.commands().getSubcommands().get("bench").getCommandSpec().options()) {
            assertTrue(
                    option.inherited()
                            || option.usageHelp()
                            || option.versionHelp()
                            || heeded.contains(option.longestName()),
                    option.longestName());
        }
    }

    /** The model would be made, or refused, next. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    --threads many   | --threads is 'many'
                    --precision bf17 | there is no precision 'bf17'
                    """)
    void threadsAndPrecisionsAreReadBeforeModels(String option, String message) {
        assertFault(2, "bench --random-weights nowhere " + option, message);
    }

    @Test
    void whatAutoTakesIsToldOnceBeforeModels() {
        StringWriter err = new StringWriter();
        Main.run(
                new PrintWriter(new StringWriter()),
                new PrintWriter(err, true),
                "bench",
                "--random-weights",
                "nowhere",
                "--precision",
                "auto");
        assertTrue(err.toString().startsWith("precision: "), err.toString());
        assertEquals(1, err.toString().split("precision: ", -1).length - 1, err.toString());
    }

    private static void assertFault(int status, String command, String message) {
        StringWriter err = new StringWriter();
        assertEquals(
                status, Main.run(new PrintWriter(new StringWriter()), new PrintWriter(err, true), command.split(" ")));
        assertTrue(err.toString().contains(message), err.toString());
    }
}
