package detangle.benchmarks;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** Every benchmark runs and has its line, whatever the numbers are after so short a time. */
class KernelBenchmarksTest {
    @Test
    void everyBenchmarkHasItsLine() throws Exception {
        Collection<RunResult> results = new Runner(new OptionsBuilder()
                        .mode(Mode.AverageTime)
                        .timeUnit(TimeUnit.MICROSECONDS)
                        .forks(0)
                        .warmupIterations(0)
                        .measurementIterations(1)
                        .measurementTime(TimeValue.milliseconds(20))
                        .build())
                .run();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        KernelBenchmarks.print(results, new PrintStream(bytes, true, StandardCharsets.UTF_8));

        String table = bytes.toString(StandardCharsets.UTF_8);
        assertTrue(table.lines().count() == results.size() + 2L, table);
        for (String kernel : new String[] {"gemm", "gemmGelu", "tile", "attention", "layerNorm", "softmax", "gelu"}) {
            assertTrue(table.lines().anyMatch(line -> line.startsWith(kernel + " ")), kernel + " is missing: " + table);
        }
    }
}
