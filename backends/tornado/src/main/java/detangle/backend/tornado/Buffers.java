package detangle.backend.tornado;

import detangle.backend.BackendException;
import detangle.backend.Plan;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * The arrays of a program: one for slots of its memory plan that are needed one after the other, one for each input and
 * each value that is known beforehand, with room for the sizes that they were made for and any smaller.
 */
final class Buffers {
    private static final int MAX_ELEMENTS = Integer.MAX_VALUE - 64;

    /** The largest size of a symbol for which room is made before it is seen. */
    private static final long MAX_EXPECTED_SIZE = 1 << 14;

    /** Bytes of all arrays that come to the device at each run, up to which room is made before it is needed. */
    private static final long MAX_EXPECTED_TRANSFER_BYTES = 1 << 20;

    /** A value that grows with the symbols, and how. */
    private record Sized(DeviceArray array, ToLongFunction<Map<String, Long>> elements) {}

    /** A constant in a type of 16 bits. */
    private record Weight(String name, DType dtype) {}

    /**
     * A constant as it is on the device.
     *
     * @param bits whether floats of 16 bits are an array of their bits
     */
    record Kept(String name, DType dtype, boolean bits) {}

    private final Plan plan;
    private final List<Map<String, Long>> shapes;
    private final Set<Node> eachRun;
    private final Set<Node> late = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<Sized> sized = new ArrayList<>();
    private final SharedSlots shared;
    private final Map<Integer, DeviceArray> slots = new HashMap<>();
    private final Map<Node, DeviceArray> inputs = new IdentityHashMap<>();
    private final Map<String, DeviceArray> parameters = new HashMap<>();

    /**
     * The next values of parameters. They have arrays of their own, as an array that comes to the device at each run
     * cannot be a result too.
     */
    private final Map<String, DeviceArray> next = new HashMap<>();

    /** The parameters whose next values take the place of the present ones. */
    private final Set<String> inPlace;

    /** The arrays of constants, which buffers of one program share. */
    private final Map<Kept, DeviceArray> kept;

    private final Map<Node, DeviceArray> constants = new IdentityHashMap<>();
    private final Map<Weight, DeviceArray> weights = new HashMap<>();
    private final Map<Weight, DeviceArray> narrow = new HashMap<>();
    private final Map<DType, DeviceArray> powers = new HashMap<>();
    private final Map<Node, DeviceArray> computedOnce = new LinkedHashMap<>();
    private final Map<Object, DeviceArray> scratch = new LinkedHashMap<>();
    private final Map<DType, DeviceArray> absent = new HashMap<>();

    /** @param shapes sizes of the symbols to make room for */
    Buffers(Plan plan, List<Map<String, Long>> shapes) {
        this(plan, shapes, new HashMap<>(), name -> false);
    }

    /**
     * Makes buffers that share the arrays of constants with others of the same program.
     *
     * @param kept the arrays that are there, to which missing ones are added
     * @param staying whether a parameter's array may hold its next value when the run ends
     */
    Buffers(Plan plan, List<Map<String, Long>> shapes, Map<Kept, DeviceArray> kept, Predicate<String> staying) {
        this.plan = plan;
        this.kept = kept;
        this.shapes = List.copyOf(shapes);
        this.eachRun = plan.program().eachRun();
        late.addAll(plan.memory().late());
        shared = new SharedSlots(plan.memory());
        inPlace = inPlace(staying);
    }

    /**
     * Returns the parameters whose next value the memory plan puts in the place of the present one, and that nobody else
     * reads when the run ends.
     */
    private Set<String> inPlace(Predicate<String> staying) {
        Set<String> names = new HashSet<>();
        for (Program.Update update : plan.program().updates()) {
            if (late.contains(update.value())
                    && parameter(update.value()).equals(Optional.of(update.name()))
                    && staying.test(update.name())) {
                names.add(update.name());
            }
        }
        plan.program().outputs().forEach(output -> parameter(output.node()).ifPresent(names::remove));
        plan.program()
                .updates()
                .forEach(update -> parameter(update.value())
                        .filter(name -> !name.equals(update.name()))
                        .ifPresent(names::remove));
        return Set.copyOf(names);
    }

    /** Returns the parameter in whose memory a node's value is. */
    private Optional<String> parameter(Node node) {
        OptionalInt slot = plan.memory().slot(node);
        return slot.isPresent() ? plan.memory().slots().get(slot.getAsInt()).parameter() : Optional.empty();
    }

    /** Returns the parameters whose arrays hold their next values when a run ends. */
    Set<String> inPlace() {
        return inPlace;
    }

    /** Returns where a node's value is. */
    DeviceArray of(Node node) {
        if (node.op() instanceof TensorOp.Input) {
            return inputs.computeIfAbsent(
                    node, n -> growing(n.type().dtype(), List.of(n.shape().elements())));
        }
        if (eachRun.contains(node)) {
            int slot = plan.memory().slot(node).orElseThrow();
            Optional<String> parameter = plan.memory().slots().get(slot).parameter();
            if (parameter.isPresent()) {
                return (late.contains(node) && !inPlace.contains(parameter.get()) ? next : parameters)
                        .computeIfAbsent(
                                parameter.get(),
                                p -> growing(
                                        node.type().dtype(),
                                        List.of(node.shape().elements())));
            }
            return slots.computeIfAbsent(
                    shared.array(slot), array -> growing(node.type().dtype(), shared.sizes(array)));
        }
        if (node.op() instanceof TensorOp.Constant(Literal.Named(String name), var type)) {
            return constants.computeIfAbsent(node, n -> constant(name, stored(type.dtype()), false));
        }
        return computedOnce.computeIfAbsent(
                node, n -> growing(stored(n.type().dtype()), List.of(n.shape().elements())));
    }

    /**
     * Returns where a node's value is in a type: its own, or f32 for a constant of another float type. Constants of 16
     * bits are converted before they are copied to the device.
     */
    DeviceArray of(Node node, DType dtype) {
        if (!DeviceArray.isNarrow(dtype) || eachRun.contains(node)) {
            return of(node);
        }
        Node stored = node.op() instanceof TensorOp.Convert ? node.input(0) : node;
        return stored.op() instanceof TensorOp.Constant(Literal.Named(String name), var type)
                ? narrow.computeIfAbsent(new Weight(name, dtype), w -> constant(name, dtype, false))
                : computedOnce.computeIfAbsent(
                        node, n -> growing(dtype, List.of(n.shape().elements())));
    }

    /**
     * Returns where a weight of a linear layer over f32 is, which has 16 bits there too if it is stored so or rounded
     * to that.
     */
    DeviceArray weight(Node node) {
        DType dtype = node.type().dtype();
        Node stored = node.op() instanceof TensorOp.Convert ? node.input(0) : node;
        return NarrowFloats.mantissa(dtype) > 0
                        && stored.op() instanceof TensorOp.Constant(Literal.Named(String name), var type)
                ? weights.computeIfAbsent(new Weight(name, dtype), w -> constant(name, dtype, true))
                : of(node);
    }

    /** Returns what {@link NarrowFloats} needs to read floats of a type. */
    DeviceArray powers(DType dtype) {
        return powers.computeIfAbsent(dtype, d -> {
            float[] values = NarrowFloats.powers(d);
            DeviceArray array = DeviceArray.allocate(DType.F32, values.length);
            array.copyFrom(Tensor.of(values, values.length));
            return array;
        });
    }

    /** @param bits whether floats of 16 bits are an array of their bits, for {@link NarrowFloats} */
    private DeviceArray constant(String name, DType dtype, boolean bits) {
        return kept.computeIfAbsent(new Kept(name, dtype, bits), k -> {
            Tensor data = plan.program().constants().get(name);
            int elements = Math.toIntExact(data.elements());
            DeviceArray array =
                    bits ? DeviceArray.allocateBits(dtype, elements) : DeviceArray.allocate(dtype, elements);
            array.copyFrom(data);
            return array;
        });
    }

    /** Other constants in 16 bits are made wider. */
    private static DType stored(DType dtype) {
        return dtype.isFloat() ? DType.F32 : dtype;
    }

    /** Room that operations with a value of one size use one after the other. */
    DeviceArray scratch(Object name, DType dtype, Dim elements) {
        return scratch.computeIfAbsent(List.of(name, elements), k -> growing(dtype, List.of(elements)));
    }

    /**
     * Room that operations use one after the other.
     *
     * @param name equal for operations that may share it, whose number of elements must be the same
     */
    DeviceArray scratch(Object name, DType dtype, ToLongFunction<Map<String, Long>> elements) {
        return scratch.computeIfAbsent(name, k -> growing(dtype, elements));
    }

    /** Returns whether an array has room for so many elements, at all sizes of the symbols to make room for. */
    boolean canHold(ToLongFunction<Map<String, Long>> elements) {
        return shapes.stream().allMatch(s -> elements.applyAsLong(s) <= MAX_ELEMENTS);
    }

    /** Returns whether the host writes a node's value before a run, and nothing writes it afterwards. */
    boolean isOnHost(Node node) {
        return node.op() instanceof TensorOp.Input || isKnownBefore(node);
    }

    /** Returns whether a node's value depends on the sizes alone. {@link #bind} writes it. */
    boolean isKnownBefore(Node node) {
        return !eachRun.contains(node);
    }

    /** Stands where a kernel takes an operand that an operation does not have. */
    DeviceArray absent(DType dtype) {
        return absent.computeIfAbsent(dtype, d -> DeviceArray.allocate(d, 1));
    }

    /**
     * Room up to the next power of two, as shapes that grow must not need new arrays each time; no more than needed where
     * the sizes are numbers.
     */
    private DeviceArray growing(DType dtype, Collection<Dim> sizes) {
        if (sizes.stream().allMatch(size -> size.symbols().isEmpty())) {
            long needed =
                    sizes.stream().mapToLong(d -> d.evaluate(Map.of())).max().orElse(0);
            return DeviceArray.allocate(dtype, requireArray(needed));
        }
        return growing(
                dtype, b -> sizes.stream().mapToLong(d -> d.evaluate(b)).max().orElse(0));
    }

    private DeviceArray growing(DType dtype, ToLongFunction<Map<String, Long>> elements) {
        int needed = requireArray(shapes.stream().mapToLong(elements).max().orElse(0));
        DeviceArray array = DeviceArray.allocate(dtype, (int) room(needed));
        sized.add(new Sized(array, elements));
        return array;
    }

    private static int requireArray(long elements) {
        if (elements > MAX_ELEMENTS) {
            throw new BackendException(
                    "a value of " + elements + " elements does not fit an array on the device: run smaller batches");
        }
        return (int) elements;
    }

    private static long room(long needed) {
        return Math.min(MAX_ELEMENTS, Math.max(needed, Long.highestOneBit(Math.max(1, 2 * needed - 1))));
    }

    /**
     * Returns sizes that are worth room before they are seen, as more room later means that everything is compiled
     * again: the last ones with each symbol doubled in turn, for as long as all arrays take no more than twice the bytes
     * of the constants, and those that come to the device at each run stay small. Empty where there are none.
     *
     * @param limit bytes of arrays that grow, at most
     */
    Optional<Map<String, Long>> expected(long limit) {
        long constantBytes = kept.values().stream()
                .mapToLong(a -> a.array().getNumBytesOfSegment())
                .sum();
        long bytes = Math.min(limit, constantBytes);
        Map<String, Long> sizes = new TreeMap<>(shapes.getLast());
        boolean grows = true;
        while (grows) {
            grows = false;
            for (String symbol : List.copyOf(sizes.keySet())) {
                Map<String, Long> next = new TreeMap<>(sizes);
                next.put(symbol, 2 * sizes.get(symbol));
                if (next.get(symbol) > 0
                        && next.get(symbol) <= MAX_EXPECTED_SIZE
                        && bytes(next, s -> true) <= bytes
                        && bytes(next, this::isTransferred) <= MAX_EXPECTED_TRANSFER_BYTES) {
                    sizes = next;
                    grows = true;
                }
            }
        }
        return sizes.equals(new TreeMap<>(shapes.getLast())) ? Optional.empty() : Optional.of(sizes);
    }

    /** Returns the bytes of some of the arrays that grow, if they had room for these sizes too. */
    private long bytes(Map<String, Long> others, Predicate<DeviceArray> which) {
        return sized.stream()
                .filter(s -> which.test(s.array()))
                .mapToLong(s ->
                        Math.max(s.array().array().getSize(), room(s.elements().applyAsLong(others)))
                                * s.array().dtype().bytes())
                .sum();
    }

    private boolean isTransferred(DeviceArray array) {
        return inputs.containsValue(array) || parameters.containsValue(array) || computedOnce.containsValue(array);
    }

    /** Returns whether there is room for these sizes. */
    boolean fit(Map<String, Long> others) {
        return sized.stream()
                .allMatch(s ->
                        s.elements().applyAsLong(others) <= s.array().array().getSize());
    }

    /** Returns how many bytes all arrays have. */
    long bytes() {
        long bytes = 0;
        for (Collection<DeviceArray> arrays : List.of(
                slots.values(),
                inputs.values(),
                parameters.values(),
                next.values(),
                constants.values(),
                weights.values(),
                narrow.values(),
                computedOnce.values(),
                scratch.values())) {
            bytes += arrays.stream()
                    .mapToLong(a -> a.array().getNumBytesOfSegment())
                    .sum();
        }
        return bytes;
    }

    /** Returns the arrays whose values are given at each run. */
    Map<Node, DeviceArray> inputs() {
        return Collections.unmodifiableMap(inputs);
    }

    /** Returns the arrays of parameters by name; their values are given at each run, as those of inputs are. */
    Map<String, DeviceArray> parameters() {
        return Collections.unmodifiableMap(parameters);
    }

    /** Returns the arrays whose values depend on the sizes alone. */
    Map<Node, DeviceArray> computedOnce() {
        return Collections.unmodifiableMap(computedOnce);
    }

    /** Returns the arrays that never change. */
    List<Object> unchanging() {
        List<Object> all = new ArrayList<>();
        constants.values().forEach(a -> all.add(a.array()));
        weights.values().forEach(a -> all.add(a.array()));
        narrow.values().forEach(a -> all.add(a.array()));
        powers.values().forEach(a -> all.add(a.array()));
        absent.values().forEach(a -> all.add(a.array()));
        return all;
    }

    /** Fills the arrays whose values depend on the sizes. */
    void bind(Map<String, Long> sizes) {
        Program program = plan.program();
        new Interpreter(Precision.F64)
                .evaluate(List.copyOf(computedOnce.keySet()), sizes, program.constants())
                .forEach((node, value) -> computedOnce.get(node).copyFrom(narrowed(value, node)));
    }

    private static Tensor narrowed(Tensor value, Node node) {
        DType dtype = node.type().dtype();
        return value.dtype() == dtype ? value : Tensor.ofDoubles(dtype, value.toDoubles(), value.shape());
    }
}
