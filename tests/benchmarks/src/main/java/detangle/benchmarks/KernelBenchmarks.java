package detangle.benchmarks;

import detangle.backend.vector.kernel.PeakKernels;
import java.io.PrintStream;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs the benchmarks of kernels and prints a table with the rate of each and its share of what this machine can do.
 * Arguments are JMH's: a part of a name chooses benchmarks.
 */
public final class KernelBenchmarks {
    private KernelBenchmarks() {}

    public static void main(String[] args) throws CommandLineOptionException, RunnerException {
        CommandLineOptions given = new CommandLineOptions(args);
        ChainedOptionsBuilder options = new OptionsBuilder()
                .parent(given)
                .mode(Mode.AverageTime)
                .timeUnit(TimeUnit.MICROSECONDS)
                .forks(given.getForkCount().orElse(1))
                .warmupIterations(given.getWarmupIterations().orElse(3))
                .warmupTime(given.getWarmupTime().orElse(TimeValue.seconds(1)))
                .measurementIterations(given.getMeasurementIterations().orElse(5))
                .measurementTime(given.getMeasurementTime().orElse(TimeValue.seconds(1)))
                .jvmArgsAppend("--add-modules", "jdk.incubator.vector");
        print(new Runner(options.build()).run(), System.out);
    }

    static void print(Collection<RunResult> results, PrintStream out) {
        Map<Integer, double[]> peaks = new HashMap<>();
        out.printf(
                Locale.ROOT,
                "%n%-20s %-14s %8s %12s %10s %8s %12s %10s%n",
                "kernel",
                "",
                "threads",
                "us a call",
                "GFLOP/s",
                "of peak",
                "GB/s",
                "of peak");
        results.stream()
                .sorted(Comparator.comparing((RunResult r) -> r.getParams().getBenchmark()))
                .forEach(result -> {
                    String benchmark = result.getParams().getBenchmark();
                    String name = benchmark.substring(benchmark.lastIndexOf('.') + 1);
                    String parameter = result.getParams().getParamsKeys().stream()
                            .findFirst()
                            .map(result.getParams()::getParam)
                            .orElse("");
                    Work work = Work.of(name, parameter);
                    double[] peak = peaks.computeIfAbsent(
                            work.threads(), n -> new double[] {PeakKernels.flops(n), PeakKernels.bandwidth(n)});
                    double micros = result.getPrimaryResult().getScore();
                    double flops = work.flops() / micros * 1e6;
                    double bytes = work.bytes() / micros * 1e6;
                    out.printf(
                            Locale.ROOT,
                            "%-20s %-14s %8d %12.2f %10.1f %6.0f %% %12.1f %8.0f %%%n",
                            name,
                            parameter,
                            work.threads(),
                            micros,
                            flops / 1e9,
                            100 * flops / peak[0],
                            bytes / 1e9,
                            100 * bytes / peak[1]);
                });
    }
}
