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
import detangle.ir.interpreter.Interpreter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
    private final Set<Object> unchanging = Collections.newSetFromMap(new IdentityHashMap<>());
    private final FakeCublasLt fake = new FakeCublasLt();
    private final CublasLtSession session = new CublasLtSession(fake.library(), CONTEXT);

    EmulatedGraph(Plan plan, List<Map<String, Long>> shapes, Optional<ComputePrecision> library, boolean backward) {
        this.program = plan.program();
        this.buffers = new Buffers(plan, shapes);
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
    public Interpreter.Results run(
            Map<String, Tensor> inputs,
            Map<String, Tensor> parameters,
            Map<String, Long> bindings,
            Optional<Profile> profile) {
        List<Launch> launches = launcher.launches();
        forget();
        buffers.bind(bindings);
        List<Work> works =
                launches.stream().map(launch -> launch.work().apply(bindings)).toList();
        for (int i = 0; i < launches.size(); i++) {
            for (int at = 0; at < works.get(i).sizes().length; at++) {
                sizes.set(begins[i] + at, works.get(i).sizes()[at]);
            }
        }
        buffers.inputs().forEach((node, array) -> array.copyFrom(inputs.get(((TensorOp.Input) node.op()).name())));
        buffers.parameters().forEach((name, array) -> array.copyFrom(parameters.get(name)));
        launcher.faults().init(0);
        for (int i = 0; i < launches.size(); i++) {
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
        DeviceGraph.requireIds(launcher, bindings);
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        program.outputs().forEach(o -> outputs.put(o.name(), DeviceGraph.value(buffers, o.node(), bindings)));
        Map<String, Tensor> updates = new LinkedHashMap<>();
        program.updates().forEach(u -> updates.put(u.name(), DeviceGraph.value(buffers, u.value(), bindings)));
        return new Interpreter.Results(outputs, updates);
    }

    /** Overwrites all that an earlier run has left. */
    private void forget() {
        Set<Object> written = Collections.newSetFromMap(new IdentityHashMap<>());
        launcher.launches().forEach(launch -> written.addAll(launch.arguments()));
        buffers.inputs().values().forEach(array -> written.add(array.array()));
        buffers.parameters().values().forEach(array -> written.add(array.array()));
        buffers.computedOnce().values().forEach(array -> written.add(array.array()));
        written.removeAll(unchanging);
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
