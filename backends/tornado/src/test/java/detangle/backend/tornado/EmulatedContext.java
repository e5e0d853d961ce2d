package detangle.backend.tornado;

import java.lang.reflect.Field;
import java.util.Map;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.arrays.DoubleArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.vectors.Half2;

/**
 * The view that a kernel has of the device in one thread of a group: its place, barriers, and memory that the group
 * shares. Functions of warps are refused, as TornadoVM's Java code for them does something else than devices do.
 */
final class EmulatedContext extends KernelContext {
    private static final Map<String, Field> PLACES = Map.ofEntries(
            field("localIdx"),
            field("localGroupSizeX"),
            field("localGroupSizeY"),
            field("localGroupSizeZ"),
            field("globalGroupSizeX"),
            field("globalGroupSizeY"),
            field("globalGroupSizeZ"),
            field("groupIdx"),
            field("groupIdy"),
            field("groupIdz"),
            field("globalIdx"),
            field("globalIdy"),
            field("globalIdz"));

    private final EmulatedGroup group;
    private int allocated;

    /** @param thread its number in the group */
    EmulatedContext(EmulatedGroup group, int thread, int threads, Launch.Work work) {
        this.group = group;
        set("localIdx", thread);
        set("localGroupSizeX", threads);
        set("localGroupSizeY", 1);
        set("localGroupSizeZ", 1);
        set("globalGroupSizeX", work.x() * threads);
        set("globalGroupSizeY", work.y());
        set("globalGroupSizeZ", work.z());
    }

    private static Map.Entry<String, Field> field(String name) {
        try {
            Field field = KernelContext.class.getField(name);
            field.setAccessible(true);
            return Map.entry(name, field);
        } catch (NoSuchFieldException e) {
            throw new AssertionError(e);
        }
    }

    private void set(String name, int value) {
        try {
            PLACES.get(name).set(this, value);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    /** Begins another group, in which this thread has the same number. */
    void begin(int x, int y, int z) {
        allocated = 0;
        set("groupIdx", x);
        set("groupIdy", y);
        set("groupIdz", z);
        set("globalIdx", x * localGroupSizeX + localIdx);
        set("globalIdy", y);
        set("globalIdz", z);
    }

    @Override
    public void localBarrier() {
        Coroutine.stop();
    }

    @Override
    public float[] allocateFloatLocalArray(int size) {
        return group.shared(allocated++, float[].class, size);
    }

    @Override
    public double[] allocateDoubleLocalArray(int size) {
        return group.shared(allocated++, double[].class, size);
    }

    @Override
    public int[] allocateIntLocalArray(int size) {
        return group.shared(allocated++, int[].class, size);
    }

    @Override
    public long[] allocateLongLocalArray(int size) {
        return group.shared(allocated++, long[].class, size);
    }

    @Override
    public byte[] allocateByteLocalArray(int size) {
        return group.shared(allocated++, byte[].class, size);
    }

    @Override
    public HalfFloat[] allocateHalfFloatLocalArray(int size) {
        return group.shared(allocated++, HalfFloat[].class, size);
    }

    @Override
    public Half2[] allocateHalf2LocalArray(int size) {
        return group.shared(allocated++, Half2[].class, size);
    }

    @Override
    public void atomicAdd(FloatArray array, int index, float value) {
        array.set(index, array.get(index) + value);
    }

    @Override
    public void atomicAdd(DoubleArray array, int index, double value) {
        array.set(index, array.get(index) + value);
    }

    @Override
    public void globalBarrier() {
        throw new UnsupportedOperationException("globalBarrier");
    }

    @Override
    public float simdSum(float value) {
        throw new UnsupportedOperationException("simdSum");
    }

    @Override
    public float simdShuffleDown(float value, int delta) {
        throw new UnsupportedOperationException("simdShuffleDown");
    }

    @Override
    public float simdBroadcastFirst(float value) {
        throw new UnsupportedOperationException("simdBroadcastFirst");
    }

    @Override
    public float[] mmaFragment(float value) {
        throw new UnsupportedOperationException("mmaFragment");
    }
}
