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
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Generates kernels that compute one element of a result a thread, from an expression over elements of operands. All
 * that is elementwise is one of these, and so is what moves elements: a transpose is the expression {@code a0} with
 * other strides.
 *
 * <pre>
 * static void elements(KernelContext context, IntArray sizes, IntArray own,
 *                      [index array, IntArray faults,] a0, ..., result)
 * </pre>
 *
 * {@code sizes} holds from {@code own[0]} what {@link #sizes} says, so that another shape needs no other kernel. With
 * an index the first operand is read {@code index * step} further on; an index outside {@code [0, limit)} reads element
 * 0 instead and is reported in {@code faults[own[1]]}.
 */
final class ElementKernel {
    /** A task takes at most 20 arguments, of which six are not operands. */
    static final int MAX_OPERANDS = 14;

    private static final ClassDesc FUNCTIONS = ClassDesc.of("detangle.backend.tornado.DeviceFunctions");
    private static final ClassDesc INTS = IntArray.class.describeConstable().orElseThrow();
    private static final MethodTypeDesc GET_INT = MethodTypeDesc.of(ConstantDescs.CD_int, ConstantDescs.CD_int);
    private static final MethodTypeDesc SET_INT =
            MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_int, ConstantDescs.CD_int);
    private static final int OWN = 2;
    private static final int INDEX = 3;
    private static final int FAULTS = 4;
    private static final Map<Key, KernelTask> TASKS = new ConcurrentHashMap<>();

    private record Key(Region region, int rank, Optional<DType> index) {}

    /** The index that chooses the first operand's rows. */
    record Index(ElementAccess access, int limit, int step) {}

    private final Region region;
    private final int rank;
    private final Optional<DType> index;
    private final CodeBuilder code;
    private final int base;
    private final List<Integer> places = new ArrayList<>();

    private ElementKernel(Key key, CodeBuilder code) {
        this.region = key.region;
        this.rank = key.rank;
        this.index = key.index;
        this.code = code;
        this.base = code.allocateLocal(TypeKind.INT);
    }

    /** Returns whether a kernel can be made. Integers divide with a check for zero, which a device cannot report. */
    static boolean covers(Region region) {
        return region.arguments().size() <= MAX_OPERANDS
                && region.arguments().stream().allMatch(DeviceArray::covers)
                && ScalarEmitter.covers(computed(region.body()));
    }

    /** Returns what is computed of an expression: the store rounds a result of 16 bits. */
    private static ScalarExpr computed(ScalarExpr body) {
        return body instanceof ScalarExpr.Convert(ScalarExpr x, DType to) && DeviceArray.isNarrow(to) ? x : body;
    }

    /** A task of TornadoVM; equal ones are one. */
    static KernelTask task(Region region, int rank, Optional<DType> index) {
        return TASKS.computeIfAbsent(new Key(region, rank, index), key -> {
            List<ClassDesc> parameters = new ArrayList<>(List.of(DeviceArray.CONTEXT, INTS, INTS));
            index.ifPresent(dtype -> parameters.addAll(List.of(DeviceArray.type(dtype), INTS)));
            region.arguments().forEach(dtype -> parameters.add(DeviceArray.type(dtype)));
            parameters.add(DeviceArray.type(region.body().dtype()));
            return TaskClass.generate("elements", parameters, code -> new ElementKernel(key, code).emit());
        });
    }

    /**
     * Returns the sizes that the kernel reads: the number of elements; the sizes of the axes, the last first; then for
     * the result, each operand and the index their strides in that order and their offset; then the index's limit and
     * step.
     */
    static int[] sizes(int[] shape, ElementAccess result, List<ElementAccess> operands, Optional<Index> index) {
        List<Integer> sizes = new ArrayList<>();
        int elements = 1;
        for (int size : shape) {
            elements *= size;
        }
        sizes.add(elements);
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            sizes.add(shape[axis]);
        }
        add(sizes, result);
        operands.forEach(o -> add(sizes, o));
        index.ifPresent(i -> {
            add(sizes, i.access());
            sizes.add(i.limit());
            sizes.add(i.step());
        });
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
        int thread = code.allocateLocal(TypeKind.INT);
        code.aload(0)
                .getfield(DeviceArray.CONTEXT, "globalIdx", ConstantDescs.CD_Integer)
                .invokevirtual(ConstantDescs.CD_Integer, "intValue", MethodTypeDesc.of(ConstantDescs.CD_int))
                .istore(thread);
        Label end = code.newLabel();
        code.iload(thread);
        size(0);
        code.if_icmpge(end);
        locate(thread);
        index.ifPresent(this::follow);
        DType dtype = region.body().dtype();
        ScalarEmitter emitter = new ScalarEmitter(
                code,
                new DeviceFloats(),
                (number, type) -> DeviceArray.load(code.aload(operand(number)).iload(places.get(1 + number)), type));
        int value = emitter.value(computed(region.body()));
        code.aload(operand(region.arguments().size())).iload(places.get(0)).loadLocal(ScalarEmitter.kind(dtype), value);
        DeviceArray.store(code, dtype, code.allocateLocal(TypeKind.FLOAT));
        code.labelBinding(end);
        code.return_();
    }

    /** The parameter that holds an operand. */
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
     * Returns where {@link #sizes} has the strides of the result (0), an operand (from 1) or the index; their offset is
     * last.
     */
    private int strides(int number) {
        return 1 + rank + number * (rank + 1);
    }

    /** Emits where the elements of the result, each operand and the index are. */
    private void locate(int thread) {
        int accesses = 1 + region.arguments().size() + (index.isPresent() ? 1 : 0);
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
        int limit = strides(2 + region.arguments().size());
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
