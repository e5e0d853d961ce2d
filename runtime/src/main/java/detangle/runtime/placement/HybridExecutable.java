package detangle.runtime.placement;

import detangle.backend.BackendException;
import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.MeasurementFile;
import detangle.backend.Plan;
import detangle.backend.Profile;
import detangle.backend.ShapeBinding;
import detangle.ir.Node;
import detangle.ir.Tensor;
import detangle.ir.text.Printer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Runs a program as it is fastest for the shape: all on the host, all that the device can on the device, or the latter
 * with some kinds of operations moved to the host. The first run at a shape measures these.
 */
final class HybridExecutable implements Executable {
    private static final int TIMED_RUNS = 5;

    /** Code that the JVM still interprets would lose against a device that it beats later. */
    private static final long WARMUP_NANOS = 300_000_000L;

    /** The largest time of the device, in times of the host, at which operations are moved to the host to help it. */
    private static final double MAX_TIMES_OF_HOST = 4;

    /** The largest ratio of the times of two divisions, new to old, that counts as a gain: what is closer is noise. */
    private static final double MAX_RATIO_OF_GAIN = 0.97;

    private final Plan plan;
    private final Device device;
    private final Device host;
    private final MeasurementFile memory;
    private final Set<String> kinds;

    /** The executable for each set of kinds of operations that the host runs. */
    private final Map<Set<String>, Executable> executables = new HashMap<>();

    private final Map<Map<String, Long>, Set<String>> chosen = new HashMap<>();
    private boolean closed;

    HybridExecutable(Plan plan, Device device, Device host, MeasurementFile memory) {
        this.plan = plan;
        this.device = device;
        this.host = host;
        this.memory = memory;
        Set<Node> eachRun = plan.program().eachRun();
        this.kinds = plan.program().nodes().stream()
                .filter(n -> eachRun.contains(n) && device.runs(n))
                .map(n -> n.op().mnemonic())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        return executable(inputs).run(inputs);
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs, Profile profile) {
        return executable(inputs).run(inputs, profile);
    }

    @Override
    public void runOnDevice(Map<String, Tensor> inputs) {
        executable(inputs).runOnDevice(inputs);
    }

    private synchronized Executable executable(Map<String, Tensor> inputs) {
        if (closed) {
            throw new IllegalStateException("the executable is closed");
        }
        Map<String, Long> bindings = ShapeBinding.bind(plan.program(), inputs);
        Set<String> onHost = chosen.computeIfAbsent(bindings, b -> {
            String key = key(b);
            return memory.get(key).map(HybridExecutable::parse).orElseGet(() -> {
                Set<String> fastest = fastest(inputs);
                memory.put(key, String.join(",", new TreeSet<>(fastest)));
                return fastest;
            });
        });
        return load(onHost);
    }

    private static Set<String> parse(String kinds) {
        return kinds.isEmpty() ? Set.of() : Set.of(kinds.split(","));
    }

    /** Returns a key that is equal for equal programs at equal sizes on equal devices. */
    private String key(Map<String, Long> bindings) {
        return device.description() + ", " + host.description() + ", "
                + plan.program().name() + " "
                + Integer.toHexString(Printer.print(plan.program()).hashCode()) + ", " + new TreeMap<>(bindings);
    }

    private Executable load(Set<String> onHost) {
        return executables.computeIfAbsent(
                onHost,
                kindsOnHost -> kindsOnHost.containsAll(kinds)
                        ? host.load(plan)
                        : new PlacedDevice(device, host, n -> !kindsOnHost.contains(n.op().mnemonic())).load(plan));
    }

    private Set<String> fastest(Map<String, Tensor> inputs) {
        Set<String> best = Set.copyOf(kinds);
        double onHost = seconds(best, inputs);
        double bestSeconds = onHost;
        double onDevice = seconds(Set.of(), inputs);
        if (onDevice < bestSeconds * MAX_RATIO_OF_GAIN) {
            best = Set.of();
            bestSeconds = onDevice;
        }
        if (onDevice < onHost * MAX_TIMES_OF_HOST) {
            Set<String> current = Set.of();
            double currentSeconds = onDevice;
            for (String kind : kinds) {
                Set<String> moved = new TreeSet<>(current);
                moved.add(kind);
                double seconds = moved.containsAll(kinds) ? onHost : seconds(moved, inputs);
                if (seconds < currentSeconds * MAX_RATIO_OF_GAIN) {
                    current = Set.copyOf(moved);
                    currentSeconds = seconds;
                }
            }
            if (currentSeconds < bestSeconds * MAX_RATIO_OF_GAIN) {
                best = current;
            }
        }
        Set<String> kept = best;
        executables.entrySet().removeIf(e -> {
            boolean unused = !e.getKey().equals(kept) && !chosen.containsValue(e.getKey());
            if (unused) {
                e.getValue().close();
            }
            return unused;
        });
        return best;
    }

    /** Returns the median of some runs after others that compile; a division that fails is never the fastest. */
    private double seconds(Set<String> onHost, Map<String, Tensor> inputs) {
        try {
            return median(load(onHost), inputs);
        } catch (BackendException e) {
            return Double.POSITIVE_INFINITY;
        }
    }

    private static double median(Executable executable, Map<String, Tensor> inputs) {
        long end = System.nanoTime() + WARMUP_NANOS;
        do {
            executable.run(inputs);
        } while (System.nanoTime() < end);
        double[] seconds = new double[TIMED_RUNS];
        for (int i = 0; i < TIMED_RUNS; i++) {
            long begin = System.nanoTime();
            executable.run(inputs);
            seconds[i] = (System.nanoTime() - begin) / 1e9;
        }
        Arrays.sort(seconds);
        return seconds[TIMED_RUNS / 2];
    }

    @Override
    public synchronized void close() {
        closed = true;
        executables.values().forEach(Executable::close);
        executables.clear();
    }
}
