package detangle.backend.vector;

import detangle.backend.BackendException;
import detangle.backend.InputException;
import detangle.backend.MemoryPlan.Layout;
import detangle.backend.Plan;
import detangle.backend.Profile;
import detangle.backend.vector.kernel.WorkerPool;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program.Output;
import detangle.ir.SizeException;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.interpreter.InputBinding;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.InterpreterException;
import detangle.ir.interpreter.Precision;
import detangle.ir.text.Printer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A program at given sizes: offsets, the values that depend on sizes alone, and frames of memory with kernels bound to
 * them, as many as there have been runs at once.
 */
final class BoundShape {
    /** What everything else needs of the Java heap. */
    private static final long SPARED = 64L << 20;

    private static final long MOST_BYTES =
            Math.max(Runtime.getRuntime().maxMemory() / 4, Runtime.getRuntime().maxMemory() - SPARED);

    /** The most elements that every JVM gives to an array. */
    private static final int MOST_ELEMENTS = Integer.MAX_VALUE - 8;

    private final Plan plan;
    private final Selection selection;
    private final Constants constants;
    private final Map<String, Long> bindings;
    private final Map<Node, int[]> shapes;
    private final Layout layout;
    private final List<Given> given;
    private final Map<Node, View> fixed;
    private final ArrayDeque<Frame> idle = new ArrayDeque<>();
    private final AtomicInteger frames = new AtomicInteger();

    /** An input at these sizes. */
    private record Given(String name, DType dtype, int[] shape) {
        boolean fits(Tensor tensor) {
            boolean fits = tensor != null && tensor.dtype() == dtype && tensor.rank() == shape.length;
            for (int axis = 0; fits && axis < shape.length; axis++) {
                fits = tensor.dim(axis) == shape[axis];
            }
            return fits;
        }
    }

    /** An {@link InputException} if the program has no values of these sizes, or needs more memory at them than there is. */
    BoundShape(Plan plan, Selection selection, Constants constants, Map<String, Long> bindings) {
        this.plan = plan;
        this.selection = selection;
        this.constants = constants;
        this.bindings = bindings;
        try {
            this.shapes = shapes();
            this.layout = plan.memory().layout(bindings);
            checkMemory();
            this.given = plan.program().inputs().stream().map(this::given).toList();
            this.fixed = evaluateFixed();
        } catch (SizeException | InterpreterException e) {
            throw new InputException(e.getMessage() + " at sizes " + bindings);
        }
    }

    /** The sizes of what lives in the memory of a run. */
    private Map<Node, int[]> shapes() {
        Map<Node, int[]> shapes = new IdentityHashMap<>();
        for (Node node : plan.program().nodes()) {
            if (node.op() instanceof TensorOp.Input || plan.memory().slot(node).isPresent()) {
                long[] sizes = node.shape().evaluate(bindings);
                if (Arrays.stream(sizes).anyMatch(size -> size < 0 || size > Integer.MAX_VALUE)
                        || node.op() instanceof TensorOp.Input && Tensor.elements(sizes) > MOST_ELEMENTS) {
                    throw new SizeException(node + " would have the sizes " + Arrays.toString(sizes));
                }
                shapes.put(node, Arrays.stream(sizes).mapToInt(Math::toIntExact).toArray());
            }
        }
        return shapes;
    }

    private void checkMemory() {
        layout.arenaElements().forEach((dtype, n) -> {
            if (n > MOST_ELEMENTS) {
                throw new InputException("at " + bindings + " the program needs " + n + " elements of " + dtype.text()
                        + " at once, more than an array holds: use a smaller batch");
            }
        });
        if (layout.bytes() > MOST_BYTES) {
            throw new InputException(String.format(
                    Locale.ROOT,
                    "at %s the program needs %.3f GB at once, more than the %.3f GB of the Java heap that may be used:"
                            + " use a smaller batch, or raise -Xmx",
                    bindings,
                    layout.bytes() / 1e9,
                    MOST_BYTES / 1e9));
        }
    }

    private Given given(Node input) {
        return new Given(((TensorOp.Input) input.op()).name(), input.type().dtype(), shapes.get(input));
    }

    /** Of all frames, of which there is one at least once it runs. */
    long bytes() {
        return layout.bytes() * Math.max(1, frames.get());
    }

    /** Whether these are all inputs and have these sizes. */
    boolean fits(Map<String, Tensor> inputs) {
        boolean fits = inputs.size() == given.size();
        for (int i = 0; fits && i < given.size(); i++) {
            fits = given.get(i).fits(inputs.get(given.get(i).name()));
        }
        return fits;
    }

    /** Constant values that some operation reads as memory. */
    private Map<Node, View> evaluateFixed() {
        Map<Node, View> views = new IdentityHashMap<>();
        new Interpreter(Precision.F64)
                .evaluate(selection.fixedRoots(), bindings, plan.program().constants())
                .forEach((node, tensor) ->
                        views.put(node, View.of(rounded(tensor, node.type().dtype()))));
        return views;
    }

    private static Tensor rounded(Tensor tensor, DType dtype) {
        return tensor.dtype() == dtype ? tensor : Tensor.ofDoubles(dtype, tensor.toDoubles(), tensor.shape());
    }

    Map<String, Tensor> run(Map<String, Tensor> inputs, Optional<Profile> profile) {
        boolean isKept = false;
        try {
            Frame frame = take();
            Map<String, Tensor> outputs = frame.run(inputs, profile);
            synchronized (idle) {
                idle.push(frame);
            }
            isKept = true;
            return outputs;
        } catch (SizeException e) {
            throw new InputException(e.getMessage() + " at sizes " + bindings);
        } catch (InterpreterException e) {
            throw new InputException(e.getMessage());
        } catch (OutOfMemoryError e) {
            // What others hold of the heap, and what kernels need beside the values, is not known before.
            throw new BackendException(
                    "there is no room in the Java heap for a run at sizes " + bindings
                            + ": use a smaller batch, fewer requests at once, or raise -Xmx",
                    e);
        } finally {
            if (!isKept) {
                frames.decrementAndGet(); // A run that has failed leaves no memory behind.
            }
        }
    }

    private Frame take() {
        synchronized (idle) {
            if (!idle.isEmpty()) {
                return idle.pop();
            }
        }
        frames.incrementAndGet();
        return new Frame();
    }

    /** Memory for one run at a time. */
    private final class Frame {
        private final View[] inputs = new View[given.size()];
        private final Map<String, View> outputs = new LinkedHashMap<>();
        private final List<Step> steps = new ArrayList<>();

        /** What each step runs, as the IR writes it. */
        private final List<String> operations = new ArrayList<>();

        Frame() {
            Map<DType, Object> arenas = new EnumMap<>(DType.class);
            layout.arenaElements().forEach((dtype, n) -> arenas.put(dtype, View.newArray(dtype, Math.toIntExact(n))));
            Map<Node, View> views = new IdentityHashMap<>(fixed);
            StepBuilder builder = new StepBuilder(selection, fixed.keySet(), views, constants, bindings);
            for (int i = 0; i < inputs.length; i++) {
                inputs[i] = View.allocate(given.get(i).dtype(), given.get(i).shape());
                views.put(plan.program().inputs().get(i), inputs[i]);
            }
            for (List<Node> results : plan.program().operations()) {
                if (plan.memory().slot(results.getFirst()).isPresent()) {
                    List<View> outs =
                            results.stream().map(node -> view(node, arenas)).toList();
                    for (int i = 0; i < outs.size(); i++) {
                        views.put(results.get(i), outs.get(i));
                    }
                    add(builder.step(results, outs), operation(results.getFirst()));
                }
            }
            for (Output output : plan.program().outputs()) {
                outputs.put(output.name(), views.get(output.node()));
            }
        }

        private View view(Node node, Map<DType, Object> arenas) {
            DType dtype = node.type().dtype();
            long offset = layout.offsets().get(plan.memory().slot(node).getAsInt());
            return new View(dtype, arenas.get(dtype), Math.toIntExact(offset), shapes.get(node));
        }

        /** As the IR writes it, and whether the interpreter runs it. */
        private String operation(Node node) {
            String operation = Printer.mnemonic(node.op());
            return selection.kernel(node).isPresent() ? operation : operation + " (interpreted)";
        }

        /** A value's memory is taken for the time between its steps, so only neighbours may become one step. */
        private void add(Step step, String operation) {
            if (step == Step.NOTHING) {
                return;
            }
            if (!steps.isEmpty() && steps.getLast() instanceof LinearStep last && step instanceof LinearStep next) {
                Optional<LinearStep> both = last.with(next);
                if (both.isPresent()) {
                    steps.set(steps.size() - 1, both.get());
                    return;
                }
            }
            steps.add(step);
            operations.add(operation);
        }

        Map<String, Tensor> run(Map<String, Tensor> values, Optional<Profile> profile) {
            for (int i = 0; i < inputs.length; i++) {
                String name = given.get(i).name();
                InputBinding.checkTruthValues(name, values.get(name));
                inputs[i].copyFrom(values.get(name));
            }
            WorkerPool.SHARED.enter();
            try {
                if (profile.isPresent()) {
                    run(profile.get());
                } else {
                    for (Step step : steps) {
                        step.run();
                    }
                }
            } finally {
                WorkerPool.SHARED.leave();
            }
            Map<String, Tensor> results = new LinkedHashMap<>();
            outputs.forEach((name, view) -> results.put(name, view.toTensor()));
            return results;
        }

        private void run(Profile profile) {
            for (int i = 0; i < steps.size(); i++) {
                long begin = System.nanoTime();
                steps.get(i).run();
                profile.add(VectorBackend.NAME, operations.get(i), System.nanoTime() - begin);
            }
        }
    }
}
