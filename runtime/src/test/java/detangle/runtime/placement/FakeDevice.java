package detangle.runtime.placement;

import detangle.backend.BackendException;
import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.HostVariables;
import detangle.backend.Peaks;
import detangle.backend.Plan;
import detangle.backend.Profile;
import detangle.backend.Variables;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** A device that interprets, counts what is loaded, and fails or takes its time when it is told to. */
final class FakeDevice implements Device {
    int open;
    int loaded;
    boolean fails;
    boolean failsToLoad;
    Predicate<Node> runs = node -> true;
    Optional<DType> activations = Optional.empty();

    /** By the number of operations of a program that are run. */
    int millisPerOperation;

    @Override
    public String name() {
        return "fake:0";
    }

    @Override
    public String description() {
        return "a fake";
    }

    @Override
    public boolean runs(Node node) {
        return runs.test(node);
    }

    @Override
    public Optional<DType> activations() {
        return activations;
    }

    @Override
    public Optional<Peaks> measurePeaks() {
        return Optional.empty();
    }

    @Override
    public Variables variables(Map<String, Tensor> values) {
        return new HostVariables(values);
    }

    @Override
    public Executable load(Plan plan, Variables variables) {
        if (failsToLoad) {
            throw new BackendException("out of memory");
        }
        open++;
        loaded++;
        int operations =
                plan.program().eachRun().size() - plan.program().inputs().size();
        return new Executable() {
            @Override
            public Map<String, Tensor> run(Map<String, Tensor> inputs) {
                if (fails) {
                    throw new BackendException("the device is gone");
                }
                sleep((long) millisPerOperation * operations);
                Map<String, Tensor> results = new LinkedHashMap<>();
                Map<String, Tensor> parameters = HostVariables.of(variables).values();
                new Interpreter(Precision.F64)
                        .run(plan.program(), inputs, parameters)
                        .outputs()
                        .forEach((name, value) -> {
                            Node node = plan.program().output(name);
                            results.put(name, Tensor.ofDoubles(node.type().dtype(), value.toDoubles(), value.shape()));
                        });
                return results;
            }

            @Override
            public Map<String, Tensor> run(Map<String, Tensor> inputs, Profile profile) {
                profile.add("fake", "program", operations);
                return run(inputs);
            }

            @Override
            public void close() {
                open--;
            }
        };
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
