package detangle.backend.tornado;

import detangle.backend.BackendException;
import detangle.backend.Executable;
import detangle.backend.Plan;
import detangle.backend.Profile;
import detangle.backend.ShapeBinding;
import detangle.backend.Variables;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** A program on a device, one run at a time. */
final class TornadoExecutable implements Executable {
    private static final int MAX_SHAPES = 8;

    /** A program with room for some shapes on a device. */
    interface Graph extends AutoCloseable, DeviceVariables.Keeper {
        /** Returns whether there is room for these sizes. */
        boolean fits(Map<String, Long> bindings);

        /**
         * Runs the program, but for what updates alone need and {@link #update} computes.
         *
         * @param parameters gives values by name, which stay as they are
         * @throws BackendException if the device fails, after which the graph is only to be closed
         */
        void run(
                Map<String, Tensor> inputs,
                Function<String, Tensor> parameters,
                Map<String, Long> bindings,
                Optional<Profile> profile);

        /**
         * Computes the rest of a {@link #run} of a program with updates: the next values of variables, in the place of
         * the present ones where the graph keeps them.
         *
         * @return the next values of the others
         * @throws BackendException as there
         */
        Map<String, Tensor> update(Map<String, Long> bindings, Optional<Profile> profile);

        /**
         * Returns copies of the outputs of the last {@link #run}. Those of a program with updates are there after {@link
         * #update}, as it may read them too.
         */
        Map<String, Tensor> outputs(Map<String, Long> bindings);

        /**
         * Runs the program as {@link #run} does, and leaves its outputs on the device where the graph has one.
         *
         * @throws BackendException as there
         */
        default void runOnDevice(
                Map<String, Tensor> inputs, Function<String, Tensor> parameters, Map<String, Long> bindings) {
            run(inputs, parameters, bindings, Optional.empty());
        }

        @Override
        void close();
    }

    /** Makes graphs of a program. */
    @FunctionalInterface
    interface Graphs {
        /**
         * Makes a graph.
         *
         * @param shapes sizes of the symbols to make room for
         * @param kept the variables that the graph may keep on the device
         */
        Graph with(List<Map<String, Long>> shapes, Predicate<String> kept);
    }

    private final Plan plan;
    private final DeviceVariables variables;
    private final Variables.Turn turn;

    /** The variables that the program updates. */
    private final Set<String> updated;

    /** Makes graphs; none is made of a closed executable, which gives the weights free that its graphs share. */
    private Graphs graphs;

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

    TornadoExecutable(Plan plan, DeviceVariables variables, Graphs graphs) {
        this.plan = plan;
        this.variables = variables;
        this.turn = variables.turn(plan.program());
        this.graphs = graphs;
        this.updated =
                plan.program().updates().stream().map(Program.Update::name).collect(Collectors.toUnmodifiableSet());
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
        variables.loaded(updated);
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
            graph.runOnDevice(inputs, variables::value, bindings);
            return bindings;
        }));
    }

    private Map<String, Tensor> run(Map<String, Tensor> inputs, Optional<Profile> profile) {
        Map<String, Long> bindings = ShapeBinding.bind(plan.program(), inputs);
        return turn.take(() -> onGraph(bindings, graph -> {
            graph.run(inputs, variables::value, bindings, profile);
            if (!updated.isEmpty()) {
                variables.update(graph, () -> graph.update(bindings, profile));
            }
            return graph.outputs(bindings);
        }));
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
                if (graph.isEmpty() || !canRun(graph.get(), bindings)) {
                    free();
                    graph = Optional.of(graphs.with(shapes, variables::canBeKept));
                    variables.take(graph.get());
                }
                return run.apply(graph.get());
            } catch (BackendException e) {
                // The state of a device that failed is unknown, so the next run makes a new graph.
                shapes.remove(bindings);
                try {
                    free();
                } catch (BackendException lost) {
                    e.addSuppressed(lost);
                }
                throw e;
            }
        });
    }

    private boolean canRun(Graph made, Map<String, Long> bindings) {
        return made.fits(bindings) && made.kept().stream().allMatch(variables::canBeKept);
    }

    private void free() {
        if (graph.isEmpty()) {
            return;
        }
        try (Graph old = graph.get()) {
            graph = Optional.empty();
            variables.release(old);
        }
    }

    @Override
    public void close() {
        synchronized (TORNADO) {
            if (!closed) {
                closed = true;
                variables.closed(updated);
            }
            free();
            graphs = (shapes, kept) -> {
                throw new IllegalStateException("the executable is closed");
            };
        }
    }
}
