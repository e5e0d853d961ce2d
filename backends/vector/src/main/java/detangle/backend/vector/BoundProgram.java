package detangle.backend.vector;

import detangle.backend.BackendException;
import detangle.backend.InputException;
import detangle.backend.MemoryPlan;
import detangle.backend.Plan;
import detangle.backend.Profile;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Program.Update;
import detangle.ir.SizeException;
import detangle.ir.Tensor;
import detangle.ir.interpreter.InputBinding;
import detangle.ir.interpreter.InterpreterException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A program whose kernels are bound: to values and to places in a table of sizes, which each run fills. It is made
 * once, when the program is loaded, and does not change; whatever a run changes is in its {@link Frame}. So no size is
 * prepared, and no run waits for another.
 */
final class BoundProgram {
    /** Bytes of the Java heap that are left to everything else. */
    private static final long RESERVED_BYTES = 64L << 20;

    private static final long MAX_BYTES =
            Math.max(Runtime.getRuntime().maxMemory() / 4, Runtime.getRuntime().maxMemory() - RESERVED_BYTES);

    /** The most elements that every JVM gives to an array. */
    private static final int MAX_ELEMENTS = Integer.MAX_VALUE - 8;

    private static final DType[] TYPES = DType.values();

    private final SizeTable sizes = new SizeTable();
    private final ProgramInputs inputs;
    private final Layout layout;
    private final Map<Node, FrameValue> values = new IdentityHashMap<>();
    private final Map<Node, Integer> slotOf = new IdentityHashMap<>();
    private final Map<FrameValue, Integer> slots = new LinkedHashMap<>();
    private int valueCount;
    private final List<Placed> placed = new ArrayList<>();
    private final FrameValue[] inputValues;
    private final LengthTables tables;
    private final List<Bound> steps = new ArrayList<>();

    /** The steps that may overwrite parameters: see {@link MemoryPlan#late}. */
    private final List<Bound> lateSteps = new ArrayList<>();

    private final VectorVariables variables;
    private final Updates updates = new Updates();

    /** Steps that bring the packed forms of parameters up to date before a run. */
    private final List<Runnable> packings;

    private final List<Step> checks;
    private final Map<String, FrameValue> outputs = new LinkedHashMap<>();
    private final int relativeTables;
    private final int packedForms;
    private final boolean attendsOnTiles;

    /** The array of each value that is the same at each run, and of each parameter. */
    private final Object[] constants;

    /** A value in a slot of memory. */
    private record Placed(Node node, FrameValue value, int slot) {}

    /**
     * A step.
     *
     * @param elements the places of sizes: where all of them are 0, there is nothing to do; none for a step that runs
     *     always
     * @param operation as the IR writes it
     */
    private record Bound(Step step, int[] elements, String operation) {
        boolean isNeeded(Frame frame) {
            boolean needed = elements.length == 0;
            for (int i = 0; !needed && i < elements.length; i++) {
                needed = frame.size(elements[i]) != 0;
            }
            return needed;
        }
    }

    BoundProgram(Plan plan, Selection selection, Constants data, VectorVariables variables) {
        this.variables = variables;
        this.attendsOnTiles = data.attendsOnTiles();
        Program program = plan.program();
        Sources sources = selection.sources();
        inputs = new ProgramInputs(program, sizes);
        layout = new Layout(sizes, plan.memory());
        Map<FrameValue, Object> lasting = new LinkedHashMap<>();
        for (Node node : program.nodes()) {
            if (sources.steps().contains(node)) {
                int slot = slot(node, plan.memory());
                slotOf.put(node, slot);
                FrameValue value = value(node);
                slots.put(value, slot);
                Optional<String> parameter = parameter(slot, plan.memory());
                if (parameter.isPresent()) {
                    lasting.put(value, variables.get(parameter.get()).array());
                } else {
                    placed.add(new Placed(node, value, slot));
                }
            }
        }
        inputValues = program.inputs().stream().map(values::get).toArray(FrameValue[]::new);
        sources.tables().keySet().forEach(this::value);
        data.evaluate(sources.constants());
        sources.constants().forEach(node -> lasting.put(value(node), data.evaluated(node)));
        tables = new LengthTables(sources.tables(), values, program.constants(), sizes);
        TileResiduals residuals = new TileResiduals(program, plan.operations(), selection, data);
        StepBuilder builder =
                new StepBuilder(selection, values, data, sizes, residuals, value -> slots.getOrDefault(value, -1));
        Set<Node> late = Collections.newSetFromMap(new IdentityHashMap<>());
        late.addAll(plan.memory().late());
        for (List<Node> results : plan.operations()) {
            if (sources.steps().contains(results.getFirst())) {
                add(builder, results, selection, late.contains(results.getFirst()) ? lateSteps : steps);
            }
        }
        program.nodes().stream().filter(node -> !sources.steps().contains(node)).forEach(builder::check);
        for (Update update : program.updates()) {
            updates.add(update, plan.memory(), variables, kept(update.value()));
        }
        checks = builder.checks();
        relativeTables = builder.relativeTables();
        packedForms = builder.packedForms();
        for (Output output : program.outputs()) {
            outputs.put(output.name(), values.get(output.node()));
        }
        constants = new Object[valueCount];
        lasting.forEach((value, array) -> constants[value.index()] = array);
        packings = data.packings();
    }

    private static Optional<String> parameter(int slot, MemoryPlan plan) {
        return slot < plan.slots().size() ? plan.slots().get(slot).parameter() : Optional.empty();
    }

    /**
     * Returns where the next value of a parameter is kept until all updates happen. If that value is another parameter,
     * it is copied, as another update may replace that parameter first.
     */
    private FrameValue kept(Node node) {
        FrameValue value = values.get(node);
        if (!Updates.isParameter(node)) {
            return value;
        }
        FrameValue copy = newValue(node);
        placed.add(new Placed(
                node, copy, layout.add(node.type().dtype(), node.shape().elements())));
        steps.add(new Bound(Movement.copy(value, copy), new int[] {copy.elements()}, "update"));
        return copy;
    }

    private FrameValue value(Node node) {
        FrameValue value = newValue(node);
        values.put(node, value);
        return value;
    }

    private FrameValue newValue(Node node) {
        return new FrameValue(
                valueCount++,
                node.type().dtype(),
                sizes.slots(node.shape().dims()),
                sizes.slot(node.shape().elements()));
    }

    /**
     * Returns the slot that the plan has for a node; one of its own for an input, and for what follows from sizes and
     * is computed at each run.
     */
    private int slot(Node node, MemoryPlan plan) {
        OptionalInt planned = plan.slot(node);
        if (planned.isPresent()) {
            return planned.getAsInt();
        }
        boolean view = MemoryPlan.isView(node) && slotOf.containsKey(node.input(0));
        return view
                ? slotOf.get(node.input(0))
                : layout.add(node.type().dtype(), node.shape().elements());
    }

    /** A value's memory is taken for the time between its steps, so only neighbours may become one step. */
    private void add(StepBuilder builder, List<Node> results, Selection selection, List<Bound> steps) {
        Node node = results.getFirst();
        List<FrameValue> outs = results.stream().map(values::get).toList();
        Step step = builder.step(results, outs);
        boolean isEmpty = results.stream().allMatch(n -> n.shape().elements().equals(Dim.of(0)));
        if (step == Step.NOTHING || isEmpty && !StepBuilder.readsIds(node)) {
            return;
        }
        if (!steps.isEmpty() && steps.getLast().step instanceof LinearStep last && step instanceof LinearStep next) {
            Optional<LinearStep> both = last.with(next);
            if (both.isPresent()) {
                Bound before = steps.removeLast();
                steps.add(new Bound(both.get(), before.elements, before.operation));
                return;
            }
        }
        int[] elements = outs.stream().mapToInt(FrameValue::elements).toArray();
        String operation = node.op().mnemonic();
        steps.add(new Bound(
                step,
                StepBuilder.readsIds(node) ? new int[0] : elements,
                selection.kernel(node).isPresent() ? operation : operation + " (interpreted)"));
    }

    /** Memory and kernels for one run at a time. */
    Frame newFrame() {
        return new Frame(sizes, layout.offsets(), constants, relativeTables, packedForms, attendsOnTiles);
    }

    /**
     * Runs the program for a caller that has {@linkplain detangle.backend.vector.kernel.WorkerPool#enter entered}.
     *
     * @throws InputException if the inputs do not fit, the program has no values of their sizes, or needs more memory
     *     at them than there is
     */
    Map<String, Tensor> run(Frame frame, Map<String, Tensor> given, Optional<Profile> profile) {
        begin(frame, given);
        try {
            for (int i = 0; i < inputValues.length; i++) {
                Tensor tensor = given.get(inputs.name(i));
                InputBinding.checkTruthValues(inputs.name(i), tensor);
                frame.set(inputValues[i], tensor);
            }
            run(frame, profile);
            Map<String, Tensor> results = new LinkedHashMap<>();
            outputs.forEach((name, value) -> results.put(name, frame.copy(value)));
            if (!updates.isEmpty()) {
                variables.replace(() -> update(frame, profile));
            }
            return results;
        } catch (SizeException e) {
            throw new InputException(e.getMessage() + " at sizes " + frame.bindings());
        } catch (InterpreterException e) {
            throw new InputException(e.getMessage());
        } catch (OutOfMemoryError e) {
            throw noRoom(frame, e);
        }
    }

    private void run(Frame frame, Optional<Profile> profile) {
        for (int i = 0; i < packings.size(); i++) {
            packings.get(i).run();
        }
        run(frame, steps, profile);
    }

    private static void run(Frame frame, List<Bound> steps, Optional<Profile> profile) {
        for (int i = 0; i < steps.size(); i++) {
            Bound bound = steps.get(i);
            if (!bound.isNeeded(frame)) {
                continue;
            }
            if (profile.isPresent()) {
                long begin = System.nanoTime();
                bound.step.run(frame);
                profile.get().add(VectorBackend.NAME, bound.operation, System.nanoTime() - begin);
            } else {
                bound.step.run(frame);
            }
        }
    }

    private void update(Frame frame, Optional<Profile> profile) {
        run(frame, lateSteps, profile);
        updates.run(frame);
    }

    /** Sizes and places, where they are not those of the frame's last run. */
    private void begin(Frame frame, Map<String, Tensor> given) {
        inputs.bind(given, frame.given());
        try {
            boolean other = frame.begin();
            inputs.check(given, frame.sizes());
            if (other) {
                place(frame);
                frame.end();
            }
        } catch (SizeException | InterpreterException e) {
            inputs.check(given);
            throw new InputException(e.getMessage() + " at sizes " + frame.bindings());
        } catch (OutOfMemoryError e) {
            throw noRoom(frame, e);
        }
    }

    private void place(Frame frame) {
        checkSizes(frame);
        frame.memory().place(frame.sizes());
        checkMemory(frame);
        frame.reserve();
        for (int i = 0; i < placed.size(); i++) {
            Placed p = placed.get(i);
            frame.place(p.value, frame.arena(p.value.dtype()), frame.memory().offset(p.slot));
        }
        for (int i = 0; i < checks.size(); i++) {
            checks.get(i).run(frame);
        }
        tables.place(frame);
    }

    private void checkSizes(Frame frame) {
        for (int i = 0; i < placed.size(); i++) {
            Placed p = placed.get(i);
            for (int dim : p.value.dims()) {
                if (frame.sizes()[dim] < 0 || frame.sizes()[dim] > Integer.MAX_VALUE) {
                    throw new SizeException(p.node + " would have the sizes "
                            + Arrays.toString(p.node.shape().evaluate(frame.bindings())));
                }
            }
        }
    }

    private static void checkMemory(Frame frame) {
        long bytes = 0;
        for (int i = 0; i < TYPES.length; i++) {
            long n = frame.memory().ends()[i];
            bytes += n * TYPES[i].bytes();
            if (n > MAX_ELEMENTS) {
                throw new InputException("at " + frame.bindings() + " the program needs " + n + " elements of "
                        + TYPES[i].text() + " at once, more than an array holds: use a smaller batch");
            }
        }
        if (bytes > MAX_BYTES) {
            throw new InputException(String.format(
                    Locale.ROOT,
                    "at %s the program needs %.3f GB at once, more than the %.3f GB of the Java heap that may be used:"
                            + " use a smaller batch, or raise -Xmx",
                    frame.bindings(),
                    bytes / 1e9,
                    MAX_BYTES / 1e9));
        }
    }

    /** Nobody knows before a run how much of the heap others hold and how much kernels need beside the values. */
    private static BackendException noRoom(Frame frame, OutOfMemoryError e) {
        return new BackendException(
                "there is no room in the Java heap for a run at sizes " + frame.bindings()
                        + ": use a smaller batch, fewer requests at once, or raise -Xmx",
                e);
    }
}
