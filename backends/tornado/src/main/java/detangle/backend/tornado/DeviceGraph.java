package detangle.backend.tornado;

import detangle.backend.BackendException;
import detangle.backend.InputException;
import detangle.backend.Plan;
import detangle.backend.Profile;
import detangle.backend.tornado.Launch.Work;
import detangle.ir.DType;
import detangle.ir.InternalException;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import uk.ac.manchester.tornado.api.DataRange;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.ImmutableTaskGraph;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.TornadoExecutionResult;
import uk.ac.manchester.tornado.api.TornadoProfilerResult;
import uk.ac.manchester.tornado.api.WorkerGrid3D;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.enums.ProfilerMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.exceptions.TornadoInternalError;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * A program as graphs of tasks. What never changes is copied to the device once; inputs and sizes are copied there at
 * each run, and of outputs what the shape has is copied back. Sizes are data: the graph runs any shape that its arrays
 * have room for.
 */
final class DeviceGraph implements TornadoExecutable.Graph {
    private static final AtomicLong NUMBERS = new AtomicLong();

    /** The number of arguments that each kernel takes before its own: the context, sizes, and where its own begin. */
    private static final int OWN_ARGUMENTS = 3;

    /** Bytes of arrays, for which room is made before a shape needs it. */
    private static final long MAX_EXPECTED_BYTES = 256 << 20;

    private final String device;
    private final String name;
    private final Program program;
    private final Buffers buffers;
    private final List<Launch> launches;
    private final List<GraphPart> parts;

    /** The first of the parts that updates alone need. */
    private final int late;

    private final Launcher launcher;

    /** The grid of threads of each launch; library calls have none. */
    private final List<Optional<WorkerGrid3D>> grids = new ArrayList<>();

    /** The arrays with results that no part behind this one uses, by part. */
    private final List<List<TornadoNativeArray>> left = new ArrayList<>();

    private final IntArray sizes;
    private final IntArray faults;
    private final Optional<TornadoExecutionPlan> plan;

    /** A result of the plan, by which arrays can be copied to the host later. */
    private Optional<TornadoExecutionResult> done = Optional.empty();

    /** Whether the device has the values of the variables that the graph keeps. */
    private boolean hasKept;

    private Map<String, Long> bound = Map.of();
    private boolean isBound;

    /** Elements of the results in each array for the sizes that are bound. */
    private final Map<Object, Long> lengths = new IdentityHashMap<>();

    /** The number of times that TornadoVM had written before this run, by part; it keeps all. */
    private final int[] logged;

    /**
     * Makes the graph.
     *
     * @param shapes sizes of the symbols to make room for
     * @param kept the arrays of constants, which graphs of one program share
     * @param staying whether the graph may keep a variable on the device
     */
    DeviceGraph(
            Plan plan,
            List<Map<String, Long>> shapes,
            Map<Buffers.Kept, DeviceArray> kept,
            Predicate<String> staying,
            Accelerator accelerator) {
        TornadoDevice device = accelerator.tornado();
        this.device = accelerator.name();
        this.program = plan.program();
        Buffers room = new Buffers(plan, shapes, kept, staying);
        Launcher all = Launcher.of(plan, room, accelerator.library(), accelerator.attention());
        Optional<Map<String, Long>> expected = room.expected(MAX_EXPECTED_BYTES);
        if (expected.isPresent()) {
            List<Map<String, Long>> more = new ArrayList<>(shapes);
            more.addFirst(expected.get());
            Buffers wide = new Buffers(plan, more, kept, staying);
            Launcher launcher = Launcher.of(plan, wide, accelerator.library(), accelerator.attention());
            if (DeviceMemory.holds(wide.bytes(), device)) {
                room = wide;
                all = launcher;
            }
        }
        if (all.attention().products() && !DeviceMemory.holds(room.bytes(), device)) {
            room = new Buffers(plan, shapes, kept, staying);
            all = Launcher.of(plan, room, accelerator.library(), all.attention().withoutProducts());
        }
        this.buffers = room;
        this.launcher = all;
        this.faults = launcher.faults();
        this.launches = launcher.launches();
        int[] begins = new int[launches.size() + 1];
        for (int i = 0; i < launches.size(); i++) {
            begins[i + 1] =
                    begins[i] + launches.get(i).work().apply(shapes.getLast()).sizes().length;
        }
        this.sizes = new IntArray(begins[launches.size()]);
        DeviceMemory.require(buffers.bytes(), device, plan.program().name());

        this.name = "detangle" + NUMBERS.incrementAndGet();
        Set<Object> once = identitySet(buffers.unchanging());
        Set<Object> eachRun = identitySet(List.of(sizes));
        buffers.inputs().values().forEach(a -> eachRun.add(a.array()));
        buffers.parameters().forEach((parameter, a) -> (kept().contains(parameter) ? once : eachRun).add(a.array()));
        buffers.computedOnce().values().forEach(a -> eachRun.add(a.array()));
        // What is given is on the host already, and would be freed twice.
        Set<Object> wanted = identitySet(List.of());
        for (Node root : program.roots()) {
            Object array = buffers.of(root).array();
            if (!once.contains(array) && !eachRun.contains(array)) {
                wanted.add(array);
            }
        }
        GridScheduler scheduler = new GridScheduler();
        // TornadoVM has no graphs without tasks. A program that only hands on what it is given needs no graph.
        this.parts = launches.isEmpty()
                ? List.of()
                : GraphPart.of(
                        launches,
                        OWN_ARGUMENTS,
                        launches.size() - launcher.lateLaunches(),
                        identitySet(List.of(sizes)),
                        identitySet(List.of(faults)));
        this.late = (int) parts.stream()
                .filter(part -> part.end() <= launches.size() - launcher.lateLaunches())
                .count();
        ImmutableTaskGraph[] graphs = new ImmutableTaskGraph[parts.size()];
        for (int p = 0; p < graphs.length; p++) {
            GraphPart part = parts.get(p);
            TaskGraph graph = new TaskGraph(name(p));
            if (p > 0) {
                graph.consumeFromDevice(name(p - 1), part.handed().toArray());
            }
            transfer(graph, DataTransferMode.FIRST_EXECUTION, part.enter(), once);
            transfer(graph, DataTransferMode.EVERY_EXECUTION, part.enter(), eachRun);
            // Each part adds its own, and hands them on by way of the host.
            graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, faults);
            KernelContext context = new KernelContext();
            for (int i = part.first(); i < part.end(); i++) {
                Launch launch = launches.get(i);
                IntArray own = IntArray.fromElements(begins[i], launch.fault());
                graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, own);
                switch (launch.call()) {
                    case KernelTask task -> {
                        List<Object> arguments = new ArrayList<>(List.of(context, sizes, own));
                        arguments.addAll(launch.arguments());
                        TaskCalls.add(graph, task(i), task, arguments.toArray());
                        WorkerGrid3D grid = new WorkerGrid3D(launch.threads(), 1, 1);
                        grid.setLocalWork(launch.threads(), 1, 1);
                        grids.add(Optional.of(grid));
                        scheduler.addWorkerGrid(name(p) + "." + task(i), grid);
                    }
                    case LibraryCall call -> {
                        call.add(graph, task(i), sizes, own, launch.arguments());
                        grids.add(Optional.empty());
                    }
                }
            }
            List<TornadoNativeArray> results = part.leave().stream()
                    .filter(wanted::contains)
                    .map(a -> (TornadoNativeArray) a)
                    .toList();
            left.add(results);
            if (!results.isEmpty()) {
                // No more of them than the shape has is copied, see copyBack().
                graph.transferToHost(DataTransferMode.UNDER_DEMAND, results.toArray());
            }
            graph.transferToHost(DataTransferMode.EVERY_EXECUTION, faults);
            // What is handed on stays without being told again. Results are the last, see close().
            List<Object> made = new ArrayList<>(part.made());
            made.sort(Comparator.comparing(wanted::contains));
            if (!made.isEmpty()) {
                graph.persistOnDevice(made.toArray());
            }
            graphs[p] = graph.snapshot();
        }
        this.logged = new int[graphs.length];
        this.plan = parts.isEmpty() ? Optional.empty() : Optional.of(plan(graphs, device, scheduler));
    }

    /**
     * Makes the plan. It has no scheduler where all launches are library calls, because TornadoVM refuses a scheduler
     * without tasks.
     */
    private static TornadoExecutionPlan plan(
            ImmutableTaskGraph[] graphs, TornadoDevice device, GridScheduler scheduler) {
        TornadoExecutionPlan plan = new TornadoExecutionPlan(graphs).withDevice(device);
        return scheduler.keySet().isEmpty() ? plan : plan.withGridScheduler(scheduler);
    }

    private static Set<Object> identitySet(List<?> elements) {
        Set<Object> set = Collections.newSetFromMap(new IdentityHashMap<>());
        set.addAll(elements);
        return set;
    }

    private static void transfer(TaskGraph graph, int mode, List<Object> arrays, Set<Object> which) {
        Object[] some = arrays.stream().filter(which::contains).toArray();
        if (some.length > 0) {
            graph.transferToDevice(mode, some);
        }
    }

    private String name(int part) {
        return name + "p" + part;
    }

    @Override
    public boolean fits(Map<String, Long> bindings) {
        return buffers.fit(bindings);
    }

    private void bind(Map<String, Long> bindings) {
        if (isBound && bound.equals(bindings)) {
            return;
        }
        // First, as the work of a launch may depend on values that depend on the sizes alone.
        buffers.bind(bindings);
        int at = 0;
        for (int i = 0; i < launches.size(); i++) {
            Launch launch = launches.get(i);
            Work work = launch.work().apply(bindings);
            for (int size : work.sizes()) {
                sizes.set(at++, size);
            }
            grids.get(i).ifPresent(grid -> grid.setGlobalWork((long) work.x() * launch.threads(), work.y(), work.z()));
        }
        lengths.clear();
        for (Node root : program.roots()) {
            long length = Tensor.elements(root.shape().evaluate(bindings));
            lengths.merge(buffers.of(root).array(), length, Math::max);
        }
        bound = Map.copyOf(bindings);
        isBound = true;
    }

    @Override
    public Set<String> kept() {
        return buffers.inPlace();
    }

    @Override
    public void run(
            Map<String, Tensor> inputs,
            Function<String, Tensor> parameters,
            Map<String, Long> bindings,
            Optional<Profile> profile) {
        begin(inputs, parameters, bindings);
        execute(0, late, true, profile);
        requireIds(launcher, bindings);
    }

    @Override
    public Map<String, Tensor> outputs(Map<String, Long> bindings) {
        return outputs(program, buffers, bindings);
    }

    /** Returns copies of the outputs. */
    static Map<String, Tensor> outputs(Program program, Buffers buffers, Map<String, Long> bindings) {
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        program.outputs().forEach(o -> outputs.put(o.name(), value(buffers, o.node(), bindings)));
        return outputs;
    }

    @Override
    public Map<String, Tensor> update(Map<String, Long> bindings, Optional<Profile> profile) {
        execute(late, parts.size(), true, profile);
        hasKept = true;
        return updates(program, buffers, bindings);
    }

    /** Returns copies of the next values of the variables that do not stay in their arrays. */
    static Map<String, Tensor> updates(Program program, Buffers buffers, Map<String, Long> bindings) {
        Map<String, Tensor> updates = new LinkedHashMap<>();
        program.updates().stream()
                .filter(u -> !buffers.inPlace().contains(u.name()))
                .forEach(u -> updates.put(u.name(), value(buffers, u.value(), bindings)));
        return updates;
    }

    @Override
    public void runOnDevice(
            Map<String, Tensor> inputs, Function<String, Tensor> parameters, Map<String, Long> bindings) {
        begin(inputs, parameters, bindings);
        execute(0, parts.size(), false, Optional.empty());
        requireIds(launcher, bindings);
    }

    /** Writes what a run is given into arrays of the host. */
    private void begin(Map<String, Tensor> inputs, Function<String, Tensor> parameters, Map<String, Long> bindings) {
        bind(bindings);
        buffers.inputs().forEach((node, array) -> array.copyFrom(inputs.get(((TensorOp.Input) node.op()).name())));
        buffers.parameters().forEach((parameter, array) -> {
            if (!hasKept || !kept().contains(parameter)) {
                array.copyFrom(parameters.apply(parameter));
            }
        });
        faults.init(0);
    }

    private void execute(int from, int to, boolean copiesBack, Optional<Profile> profile) {
        if (from == to) {
            return;
        }
        try {
            if (profile.isPresent()) {
                execute(plan.orElseThrow(), from, to, profile.get());
            } else {
                execute(plan.orElseThrow(), from, to, copiesBack);
            }
        } catch (RuntimeException e) {
            throw new BackendException("the device failed: " + e.getMessage(), e);
        }
    }

    /** Copies the value of a variable that stays on the device: the part where it came there has its memory. */
    @Override
    public Tensor fetch(String variable) {
        DeviceArray array = buffers.parameters().get(variable);
        for (int part = 0; part < parts.size(); part++) {
            if (parts.get(part).enter().contains(array.array())) {
                try {
                    plan.orElseThrow().withGraph(part);
                    done.orElseThrow().transferToHost(array.array());
                } catch (RuntimeException e) {
                    throw new BackendException("the device failed: " + e.getMessage(), e);
                }
            }
        }
        return array.toTensor(program.updates().stream()
                .filter(update -> update.name().equals(variable))
                .map(update -> update.value().shape().evaluate(Map.of()))
                .findFirst()
                .orElseThrow());
    }

    /**
     * Checks what kernels have told of ids.
     *
     * @throws InputException if an id is outside its table
     */
    static void requireIds(Launcher launcher, Map<String, Long> bindings) {
        List<Node> checked = launcher.checked();
        for (int i = 0; i < checked.size(); i++) {
            if (launcher.faults().get(i) != 0) {
                throw new InputException(
                        "an id is outside its table of " + tableRows(checked.get(i), bindings) + " rows");
            }
        }
    }

    /** Returns a copy of a node's value. */
    static Tensor value(Buffers buffers, Node node, Map<String, Long> bindings) {
        Tensor value = buffers.of(node).toTensor(node.shape().evaluate(bindings));
        DType dtype = node.type().dtype();
        // Constants in other float types are wider on the device.
        return value.dtype() == dtype ? value : Tensor.ofDoubles(dtype, value.toDoubles(), value.shape());
    }

    /** Returns when all has been done, as each part waits for the array of wrong ids. */
    private void execute(TornadoExecutionPlan plan, int from, int to, boolean copiesBack) {
        for (int part = from; part < to; part++) {
            TornadoExecutionResult result = plan.withGraph(part).execute();
            done = Optional.of(result);
            if (copiesBack) {
                copyBack(part, result);
            }
        }
    }

    /** Copies what the shape has of the results that a part leaves. The part must be the last that was executed. */
    private void copyBack(int part, TornadoExecutionResult done) {
        for (TornadoNativeArray array : left.get(part)) {
            long length = lengths.get(array);
            if (length > 0) {
                done.transferToHost(new DataRange(array).withSize(length));
            }
        }
    }

    /**
     * Times of tasks are the device's own, which TornadoVM has only in a text. It has none for results, whose copies
     * are timed here.
     */
    private void execute(TornadoExecutionPlan plan, int from, int to, Profile profile) {
        plan.withAllGraphs().withProfiler(ProfilerMode.SILENT);
        try {
            long transfers = 0;
            for (int p = from; p < to; p++) {
                TornadoExecutionResult result = plan.withGraph(p).execute();
                done = Optional.of(result);
                TornadoProfilerResult times = result.getProfilerResult();
                String log = times.getProfileLog();
                JsonNode tasks =
                        new JsonMapper().readTree(log.substring(logged[p])).path(name(p));
                for (int i = parts.get(p).first(); i < parts.get(p).end(); i++) {
                    String nanos = tasks.path(name(p) + "." + task(i))
                            .path("TASK_KERNEL_TIME")
                            .asString("0");
                    profile.add(device, launches.get(i).label(), Long.parseLong(nanos));
                }
                transfers += times.getDataTransfersTime();
                long begin = System.nanoTime();
                copyBack(p, result);
                transfers += System.nanoTime() - begin;
                // Each copy has added to the text.
                logged[p] = times.getProfileLog().length();
            }
            profile.add(device, "transfer", transfers);
        } finally {
            plan.withAllGraphs().withoutProfiler();
        }
    }

    private static String task(int launch) {
        return "t" + launch;
    }

    private static long tableRows(Node node, Map<String, Long> bindings) {
        return switch (node.op()) {
            case KernelOp.Embedding e -> node.input(1).type().dim(0).evaluate(bindings);
            case TensorOp.GatherLast g -> node.input(0).type().dim(-1).evaluate(bindings);
            case TensorOp.Gather g -> node.input(0).type().dim(0).evaluate(bindings);
            case TensorOp.ScatterAdd a -> node.input(0).type().dim(0).evaluate(bindings);
            case TensorOp.ScatterAddLast a -> node.input(0).type().dim(-1).evaluate(bindings);
            default -> throw new InternalException(node + " looks nothing up");
        };
    }

    @Override
    public void close() {
        for (int part = parts.size() - 1; part >= 0; part--) {
            try {
                // Only the chosen part is freed.
                plan.orElseThrow().withGraph(part).close();
            } catch (TornadoExecutionPlanException e) {
                throw new BackendException("the device did not free its memory: " + e.getMessage(), e);
            } catch (TornadoInternalError e) {
                // A result that this part made and handed on has been freed by the part that copied it to the host, and
                // so have all that come behind it.
            }
        }
    }
}
