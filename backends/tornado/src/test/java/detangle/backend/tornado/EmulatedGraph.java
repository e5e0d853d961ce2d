package detangle.backend.tornado;

import detangle.backend.ComputePrecision;
import detangle.backend.Plan;
import detangle.backend.Profile;
import detangle.backend.tornado.Launch.Work;
import detangle.backend.tornado.cublaslt.CublasLtSession;
import detangle.backend.tornado.cublaslt.FakeCublasLt;
import detangle.ir.DType;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Runs the launches that {@link DeviceGraph} puts into graphs of TornadoVM, on the same arrays: kernels as Java code,
 * and products of the library by {@link FakeCublasLt}. What a run does not write is {@link Unwritten}.
 */
final class EmulatedGraph implements TornadoExecutable.Graph {
    private static final long CONTEXT = 5;
    private static final long STREAM = 9;

    private final Program program;
    private final Buffers buffers;
    private final Launcher launcher;
    private final boolean backward;
    private final int[] begins;
    private final IntArray sizes;
    private List<Work> works = List.of();
    private boolean hasKept;
    private final Set<Object> unchanging = Collections.newSetFromMap(new IdentityHashMap<>());
    private final FakeCublasLt fake = new FakeCublasLt();
    private final CublasLtSession session = new CublasLtSession(fake.library(), CONTEXT);

    EmulatedGraph(
            Plan plan,
            List<Map<String, Long>> shapes,
            Predicate<String> staying,
            Optional<ComputePrecision> library,
            boolean backward) {
        this.program = plan.program();
        this.buffers = new Buffers(plan, shapes, new HashMap<>(), staying);
        this.launcher = Launcher.of(plan, buffers, library, Products.attention(library, true));
        this.backward = backward;
        fake.backward = backward;
        List<Launch> launches = launcher.launches();
        this.begins = new int[launches.size() + 1];
        for (int i = 0; i < launches.size(); i++) {
            begins[i + 1] =
                    begins[i] + launches.get(i).work().apply(shapes.getLast()).sizes().length;
        }
        this.sizes = new IntArray(begins[launches.size()]);
        // Values that are only handed on have arrays too.
        program.roots().forEach(buffers::of);
        unchanging.addAll(buffers.unchanging());
    }

    @Override
    public boolean fits(Map<String, Long> bindings) {
        return buffers.fit(bindings);
    }

    @Override
    public Set<String> kept() {
        return buffers.inPlace();
    }

    @Override
    public Tensor fetch(String name) {
        return program.updates().stream()
                .filter(update -> update.name().equals(name))
                .map(update -> DeviceGraph.value(buffers, update.value(), Map.of()))
                .findFirst()
                .orElseThrow();
    }

    @Override
    public void run(
            Map<String, Tensor> inputs,
            Function<String, Tensor> parameters,
            Map<String, Long> bindings,
            Optional<Profile> profile) {
        List<Launch> launches = launcher.launches();
        forget();
        buffers.bind(bindings);
        works = launches.stream().map(launch -> launch.work().apply(bindings)).toList();
        for (int i = 0; i < launches.size(); i++) {
            for (int at = 0; at < works.get(i).sizes().length; at++) {
                sizes.set(begins[i] + at, works.get(i).sizes()[at]);
            }
        }
        buffers.inputs().forEach((node, array) -> array.copyFrom(inputs.get(((TensorOp.Input) node.op()).name())));
        buffers.parameters().forEach((name, array) -> {
            if (!hasKept || !kept().contains(name)) {
                array.copyFrom(parameters.apply(name));
            }
        });
        launcher.faults().init(0);
        execute(0, launches.size() - launcher.lateLaunches(), profile);
        DeviceGraph.requireIds(launcher, bindings);
    }

    @Override
    public Map<String, Tensor> outputs(Map<String, Long> bindings) {
        return DeviceGraph.outputs(program, buffers, bindings);
    }

    @Override
    public Map<String, Tensor> update(Map<String, Long> bindings, Optional<Profile> profile) {
        int end = launcher.launches().size();
        execute(end - launcher.lateLaunches(), end, profile);
        hasKept = true;
        return DeviceGraph.updates(program, buffers, bindings);
    }

    private void execute(int from, int to, Optional<Profile> profile) {
        List<Launch> launches = launcher.launches();
        for (int i = from; i < to; i++) {
            Launch launch = launches.get(i);
            List<Object> arguments = new ArrayList<>(List.of(sizes, IntArray.fromElements(begins[i], launch.fault())));
            arguments.addAll(launch.arguments());
            long start = System.nanoTime();
            try {
                switch (launch.call()) {
                    case KernelTask task ->
                        EmulatedGroup.run(task, launch.threads(), works.get(i), arguments, backward);
                    case LibraryCall call -> session.launch(call.function(), onHost(arguments), call.tuning(), STREAM);
                }
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("launch " + i + ", of " + launch.operation() + ": " + e.getMessage(), e);
            }
            long nanos = System.nanoTime() - start;
            profile.ifPresent(p -> p.add("emulator", launch.operation(), nanos));
        }
    }

    /** Overwrites all that an earlier run has left. */
    private void forget() {
        Set<Object> written = Collections.newSetFromMap(new IdentityHashMap<>());
        launcher.launches().forEach(launch -> written.addAll(launch.arguments()));
        buffers.inputs().values().forEach(array -> written.add(array.array()));
        buffers.parameters().values().forEach(array -> written.add(array.array()));
        buffers.computedOnce().values().forEach(array -> written.add(array.array()));
        written.removeAll(unchanging);
        if (hasKept) {
            kept().forEach(name -> written.remove(buffers.parameters().get(name).array()));
        }
        Arrays.stream(DType.values()).filter(DeviceArray::covers).forEach(dtype -> written.add(launcher.absent(dtype)));
        written.forEach(argument -> {
            if (argument instanceof TornadoNativeArray array) {
                Unwritten.fill(array);
            }
        });
    }

    /** Returns arguments whose arrays are on the host alone. */
    static CublasLtSession.Arguments onHost(List<Object> arguments) {
        return new CublasLtSession.Arguments() {
            @Override
            public Object onHost(int place) {
                return arguments.get(place);
            }

            @Override
            public long onDevice(int place) {
                return ((TornadoNativeArray) arguments.get(place)).getSegment().address();
            }
        };
    }

    @Override
    public void close() {
        session.close();
    }
}
