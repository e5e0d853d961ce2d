package detangle.backend.tornado;

import detangle.backend.BackendException;
import detangle.backend.Executable;
import detangle.backend.HostVariables;
import detangle.backend.Plan;
import detangle.backend.Profile;
import detangle.backend.ShapeBinding;
import detangle.backend.Variables;
import detangle.ir.Node;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.interpreter.Interpreter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/** A program on a device, one run at a time. */
final class TornadoExecutable implements Executable {
    private static final int MAX_SHAPES = 8;

    /** A program with room for some shapes on a device. */
    interface Graph extends AutoCloseable {
        /** Returns whether there is room for these sizes. */
        boolean fits(Map<String, Long> bindings);

        /**
         * Runs the program.
         *
         * @param parameters values by name, which stay as they are
         * @throws BackendException if the device fails, after which the graph is only to be closed
         */
        Interpreter.Results run(
                Map<String, Tensor> inputs,
                Map<String, Tensor> parameters,
                Map<String, Long> bindings,
                Optional<Profile> profile);

        /**
         * Runs the program as {@link #run} does, and leaves its outputs on the device where the graph has one.
         *
         * @throws BackendException as there
         */
        default void runOnDevice(
                Map<String, Tensor> inputs, Map<String, Tensor> parameters, Map<String, Long> bindings) {
            run(inputs, parameters, bindings, Optional.empty());
        }

        @Override
        void close();
    }

    private final Plan plan;
    private final HostVariables variables;
    private final Variables.Turn turn;
    /** Makes graphs; none is made of a closed executable, which gives the weights free that its graphs share. */
    private Function<List<Map<String, Long>>, Graph> graphs;

    /**
     * TornadoVM compiles for one thread at a time: it finds the wrong kernel now and then where two programs are
     * compiled at once. Nothing is lost by it, as a device does one thing after another.
     */
    private static final Object TORNADO = new Object();

    /** Does something with TornadoVM while nobody else does. */
    static <T> T alone(Supplier<T> work) {
        synchronized (TORNADO) {
            return work.get();
        }
    }

    /** Shapes that were seen lately, for which a graph makes room. */
    private final List<Map<String, Long>> shapes = new ArrayList<>();

    private Optional<Graph> graph = Optional.empty();
    private boolean closed;

    /** @param graphs makes a graph with room for some shapes */
    TornadoExecutable(Plan plan, HostVariables variables, Function<List<Map<String, Long>>, Graph> graphs) {
        this.plan = plan;
        this.variables = variables;
        this.turn = variables.turn(plan.program());
        this.graphs = graphs;
        Set<Node> eachRun = plan.program().eachRun();
        for (Node node : plan.program().nodes()) {
            if (eachRun.contains(node)
                    && !(node.op() instanceof TensorOp.Input)
                    && !(node.op() instanceof TensorOp.Param
                            && DeviceArray.covers(node.type().dtype()))
                    && DeviceKernels.of(node).isEmpty()) {
                throw new BackendException("the device has no kernel for " + node);
            }
        }
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        return run(inputs, Optional.empty());
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs, Profile profile) {
        return run(inputs, Optional.of(profile));
    }

    @Override
    public void runOnDevice(Map<String, Tensor> inputs) {
        if (!plan.program().updates().isEmpty()) {
            run(inputs);
            return;
        }
        Map<String, Long> bindings = ShapeBinding.bind(plan.program(), inputs);
        turn.take(() -> onGraph(bindings, graph -> {
            graph.runOnDevice(inputs, variables.values(), bindings);
            return bindings;
        }));
    }

    private Map<String, Tensor> run(Map<String, Tensor> inputs, Optional<Profile> profile) {
        Map<String, Long> bindings = ShapeBinding.bind(plan.program(), inputs);
        return turn.take(() -> {
            Interpreter.Results results =
                    onGraph(bindings, graph -> graph.run(inputs, variables.values(), bindings, profile));
            variables.write(results.updates());
            return results.outputs();
        });
    }

    private <T> T onGraph(Map<String, Long> bindings, Function<Graph, T> run) {
        return alone(() -> {
            if (closed) {
                throw new IllegalStateException("the executable is closed");
            }
            shapes.remove(bindings);
            shapes.add(bindings);
            if (shapes.size() > MAX_SHAPES) {
                shapes.removeFirst();
            }
            try {
                if (graph.isEmpty() || !graph.get().fits(bindings)) {
                    free();
                    graph = Optional.of(graphs.apply(shapes));
                }
                return run.apply(graph.get());
            } catch (BackendException e) {
                // The state of a device that failed is unknown, so the next run makes a new graph.
                shapes.remove(bindings);
                free();
                throw e;
            }
        });
    }

    private void free() {
        Optional<Graph> old = graph;
        graph = Optional.empty();
        old.ifPresent(Graph::close);
    }

    @Override
    public void close() {
        synchronized (TORNADO) {
            closed = true;
            free();
            graphs = shapes -> {
                throw new IllegalStateException("the executable is closed");
            };
        }
    }
}
