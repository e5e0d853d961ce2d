package detangle.backend.tornado;

import detangle.backend.BackendException;
import detangle.backend.Executable;
import detangle.backend.Plan;
import detangle.backend.ShapeBinding;
import detangle.ir.Program;
import detangle.ir.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import uk.ac.manchester.tornado.api.common.TornadoDevice;

/** A program on a device, one run at a time. Shapes that were seen lately keep their memory and their compiled graphs. */
final class TornadoExecutable implements Executable {
    private static final int MAX_SHAPES = 8;

    private final Program program;
    private final TornadoDevice device;
    private final LinkedHashMap<Map<String, Long>, BoundProgram> shapes = new LinkedHashMap<>(16, 0.75f, true);
    private boolean closed;

    TornadoExecutable(Plan plan, TornadoDevice device) {
        this.program = plan.program();
        this.device = device;
    }

    @Override
    public synchronized Map<String, Tensor> run(Map<String, Tensor> inputs) {
        if (closed) {
            throw new IllegalStateException("the executable is closed");
        }
        Map<String, Long> bindings = ShapeBinding.bind(program, inputs);
        BoundProgram bound = shapes.computeIfAbsent(bindings, b -> new BoundProgram(program, device, b));
        if (shapes.size() > MAX_SHAPES) {
            shapes.pollFirstEntry().getValue().close();
        }
        try {
            return bound.run(inputs);
        } catch (BackendException e) {
            // What a device was doing when it failed is not known.
            shapes.remove(bindings).close();
            throw e;
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        shapes.values().forEach(BoundProgram::close);
        shapes.clear();
    }
}
