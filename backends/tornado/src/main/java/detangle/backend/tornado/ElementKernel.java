package detangle.backend.tornado;

import detangle.backend.scalar.ScalarEmitter;
import detangle.ir.DType;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Generates kernels that compute one element of a result a thread, or of several results of one shape, from expressions
 * over elements of operands. All that is elementwise is one of these, and so is what moves elements: a transpose is the
 * expression {@code a0} with other strides. A result may stand where an operand does whose elements are read at the
 * same places, as all is read before anything is written.
 *
 * <pre>
 * static void elements(KernelContext context, IntArray sizes, IntArray own,
 *                      [index array, IntArray faults,] a0, ..., result, ...)
 * </pre>
 *
 * {@code sizes} holds from {@code own[0]} what {@link #sizes} says, so that another shape needs no other kernel. With
 * an index the first operand is read {@code index * step} further on; an index outside {@code [0, limit)} reads element
 * 0 instead and is reported in {@code faults[own[1]]}.
 */
final class ElementKernel {
    /** A task takes at most 20 arguments, of which five are neither operands nor results. */
    static final int MAX_ARRAYS = 15;

    private static final ClassDesc FUNCTIONS = ClassDesc.of("detangle.backend.tornado.DeviceFunctions");
    private static final ClassDesc PHILOX = ClassDesc.of("detangle.backend.tornado.DevicePhilox");
    private static final ClassDesc INTS = IntArray.class.describeConstable().orElseThrow();
    private static final MethodTypeDesc GET_INT = MethodTypeDesc.of(ConstantDescs.CD_int, ConstantDescs.CD_int);
    private static final MethodTypeDesc SET_INT =
            MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_int, ConstantDescs.CD_int);
    private static final int OWN = 2;
    private static final int INDEX = 3;
    private static final int FAULTS = 4;
    private static final Map<Key, KernelTask> TASKS = new ConcurrentHashMap<>();

    /**
     * A kernel. Streams of random numbers are data, so that those of each layer need no kernel of their own.
     *
     * @param seeds the operand that is the seed, for each random number
     */
    private record Key(
            List<DType> arguments, List<ScalarExpr> results, List<Integer> seeds, int rank, Optional<DType> index) {}

    /** The index that chooses the first operand's rows. */
    record Index(ElementAccess access, int limit, int step) {}

    private final Key key;
    private final int rank;
    private final Optional<DType> index;
    private final CodeBuilder code;
    private final int base;
    private final int thread;
    private final List<Integer> places = new ArrayList<>();

    private ElementKernel(Key key, CodeBuilder code) {
        this.key = key;
        this.rank = key.rank;
        this.index = key.index;
        this.code = code;
        this.base = code.allocateLocal(TypeKind.INT);
        this.thread = code.allocateLocal(TypeKind.INT);
    }

    /** Returns whether a kernel can be made. Integers divide with a check for zero, which a device cannot report. */
    static boolean covers(Region region) {
        List<Integer> all = IntStream.range(0, region.bodies().size()).boxed().toList();
        return region.arguments().size() + all.size() <= MAX_ARRAYS
                && region.arguments().stream().allMatch(DeviceArray::covers)
                && ElementFunction.of(region, all).results().stream()
                        .allMatch(result -> ScalarEmitter.covers(computed(result)));
    }

    /** Returns what is computed of an expression: the store rounds a result of 16 bits. */
    private static ScalarExpr computed(ScalarExpr body) {
        return body instanceof ScalarExpr.Convert(ScalarExpr x, DType to) && DeviceArray.isNarrow(to) ? x : body;
    }

    /** Returns a task of TornadoVM; equal ones are one. */
    static KernelTask task(ElementFunction function, int rank, Optional<DType> index) {
        List<Integer> seeds =
                function.draws().stream().map(ElementFunction.Draw::seed).toList();
        Key wanted = new Key(function.arguments(), function.results(), seeds, rank, index);
        return TASKS.computeIfAbsent(wanted, key -> {
            List<ClassDesc> parameters = new ArrayList<>(List.of(DeviceArray.CONTEXT, INTS, INTS));
            index.ifPresent(dtype -> parameters.addAll(List.of(DeviceArray.type(dtype), INTS)));
            key.arguments.forEach(dtype -> parameters.add(DeviceArray.type(dtype)));
            key.results.forEach(result -> parameters.add(DeviceArray.type(result.dtype())));
            return TaskClass.generate("elements", parameters, code -> new ElementKernel(key, code).emit());
        });
    }

    /**
     * Returns the sizes that the kernel reads: the number of elements; the sizes of the axes, the last first; then for
     * the results, each operand and the index their strides in that order and their offset; then the index's limit and
     * step; then both halves of the stream of each random number.
     */
    static int[] sizes(
            int[] shape,
            ElementAccess results,
            List<ElementAccess> operands,
            Optional<Index> index,
            List<ElementFunction.Draw> draws) {
        List<Integer> sizes = new ArrayList<>();
        int elements = 1;
        for (int size : shape) {
            elements *= size;
        }
        sizes.add(elements);
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            sizes.add(shape[axis]);
        }
        add(sizes, results);
        operands.forEach(o -> add(sizes, o));
        index.ifPresent(i -> {
            add(sizes, i.access());
            sizes.add(i.limit());
            sizes.add(i.step());
        });
        draws.forEach(draw -> sizes.addAll(List.of((int) draw.stream(), (int) (draw.stream() >>> 32))));
        return sizes.stream().mapToInt(Integer::intValue).toArray();
    }

    private static void add(List<Integer> sizes, ElementAccess access) {
        for (int axis = access.strides().length - 1; axis >= 0; axis--) {
            sizes.add(access.strides()[axis]);
        }
        sizes.add(access.offset());
    }

    private void emit() {
        code.aload(OWN).iconst_0().invokevirtual(INTS, "get", GET_INT).istore(base);
        code.aload(0)
                .getfield(DeviceArray.CONTEXT, "globalIdx", ConstantDescs.CD_Integer)
                .invokevirtual(ConstantDescs.CD_Integer, "intValue", MethodTypeDesc.of(ConstantDescs.CD_int))
                .istore(thread);
        Label end = code.newLabel();
        code.iload(thread);
        size(0);
        code.if_icmpge(end);
        locate();
        index.ifPresent(this::follow);
        ScalarEmitter emitter = new ScalarEmitter(code, new DeviceFloats(), this::argument);
        List<Integer> values = key.results.stream()
                .map(result -> emitter.value(computed(result)))
                .toList();
        for (int i = 0; i < values.size(); i++) {
            DType dtype = key.results.get(i).dtype();
            code.aload(operand(key.arguments.size() + i))
                    .iload(places.get(0))
                    .loadLocal(ScalarEmitter.kind(dtype), values.get(i));
            DeviceArray.store(code, dtype, code.allocateLocal(TypeKind.FLOAT));
        }
        code.labelBinding(end);
        code.return_();
    }

    /** Emits the load of an element, or the computation of a random number. */
    private void argument(int number, DType dtype) {
        int operands = key.arguments.size();
        if (number < operands) {
            DeviceArray.load(code.aload(operand(number)).iload(places.get(1 + number)), dtype);
            return;
        }
        int seed = key.seeds.get(number - operands);
        DeviceArray.load(code.aload(operand(seed)).iload(places.get(1 + seed)), DType.I64);
        int stream = strides(1 + operands) + (index.isPresent() ? rank + 1 + 2 : 0) + 2 * (number - operands);
        size(stream);
        size(stream + 1);
        code.invokestatic(
                        PHILOX,
                        "stream",
                        MethodTypeDesc.of(ConstantDescs.CD_long, ConstantDescs.CD_int, ConstantDescs.CD_int))
                .iload(thread)
                .i2l()
                .invokestatic(
                        PHILOX,
                        "uniform",
                        MethodTypeDesc.of(
                                ConstantDescs.CD_float,
                                ConstantDescs.CD_long,
                                ConstantDescs.CD_long,
                                ConstantDescs.CD_long));
    }

    /** Returns the parameter that holds an operand, or behind the last one a result. */
    private int operand(int number) {
        return (index.isPresent() ? FAULTS + 1 : OWN + 1) + number;
    }

    private void size(int at) {
        code.aload(1).iload(base);
        if (at > 0) {
            code.loadConstant(at).iadd();
        }
        code.invokevirtual(INTS, "get", GET_INT);
    }

    /**
     * Returns where {@link #sizes} has the strides of the results (0), an operand (from 1) or the index; their offset
     * is last.
     */
    private int strides(int number) {
        return 1 + rank + number * (rank + 1);
    }

    /** Emits where the elements of the results, each operand and the index are. */
    private void locate() {
        int accesses = 1 + key.arguments.size() + (index.isPresent() ? 1 : 0);
        for (int k = 0; k < accesses; k++) {
            int place = code.allocateLocal(TypeKind.INT);
            size(strides(k) + rank);
            code.istore(place);
            places.add(place);
        }
        int rest = code.allocateLocal(TypeKind.INT);
        code.iload(thread).istore(rest);
        for (int axis = 0; axis < rank; axis++) {
            int along = code.allocateLocal(TypeKind.INT);
            code.iload(rest);
            size(1 + axis);
            code.irem().istore(along);
            code.iload(rest);
            size(1 + axis);
            code.idiv().istore(rest);
            for (int k = 0; k < accesses; k++) {
                code.iload(along);
                size(strides(k) + axis);
                code.imul().iload(places.get(k)).iadd().istore(places.get(k));
            }
        }
    }

    /** Moves the first operand's place by what the index says. */
    private void follow(DType dtype) {
        int limit = strides(2 + key.arguments.size());
        code.aload(INDEX)
                .iload(places.getLast())
                .invokevirtual(
                        DeviceArray.type(dtype),
                        "get",
                        MethodTypeDesc.of(DeviceArray.element(dtype), ConstantDescs.CD_int));
        size(limit);
        code.invokestatic(
                FUNCTIONS,
                "checked",
                MethodTypeDesc.of(ConstantDescs.CD_int, DeviceArray.element(dtype), ConstantDescs.CD_int));
        int row = code.allocateLocal(TypeKind.INT);
        code.istore(row);
        Label right = code.newLabel();
        code.iload(row).ifge(right);
        code.aload(FAULTS)
                .aload(OWN)
                .iconst_1()
                .invokevirtual(INTS, "get", GET_INT)
                .iconst_1()
                .invokevirtual(INTS, "set", SET_INT);
        code.iconst_0().istore(row);
        code.labelBinding(right);
        code.iload(row);
        size(limit + 1);
        code.imul().iload(places.get(1)).iadd().istore(places.get(1));
    }
}
