package detangle.backend.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.vectors.Half2;

/**
 * The view that a kernel has of the device in one thread of a group: its place, barriers, and memory that the group
 * shares. It has the fields and methods of {@link KernelContext} that kernels use; {@link KernelCopy} says why it is
 * not a subclass.
 */
final class EmulatedContext {
    final Integer localIdx;
    final Integer localIdy = 0;
    final Integer localIdz = 0;
    final Integer localGroupSizeX;
    final Integer localGroupSizeY = 1;
    final Integer localGroupSizeZ = 1;
    final Integer globalGroupSizeX;
    final Integer globalGroupSizeY;
    final Integer globalGroupSizeZ;
    Integer groupIdx = 0;
    Integer groupIdy = 0;
    Integer groupIdz = 0;
    Integer globalIdx = 0;
    Integer globalIdy = 0;
    Integer globalIdz = 0;

    private final EmulatedGroup group;
    private int allocated;

    /** @param thread its number in the group */
    EmulatedContext(EmulatedGroup group, int thread, int threads, Launch.Work work) {
        this.group = group;
        this.localIdx = thread;
        this.localGroupSizeX = threads;
        this.globalGroupSizeX = work.x() * threads;
        this.globalGroupSizeY = work.y();
        this.globalGroupSizeZ = work.z();
    }

    /** Begins another group, in which this thread has the same number. */
    void begin(int x, int y, int z) {
        allocated = 0;
        groupIdx = x;
        groupIdy = y;
        groupIdz = z;
        globalIdx = x * localGroupSizeX + localIdx;
        globalIdy = y;
        globalIdz = z;
    }

    void localBarrier() {
        Coroutine.stop();
    }

    float[] allocateFloatLocalArray(int size) {
        return group.shared(allocated++, float[].class, size);
    }

    int[] allocateIntLocalArray(int size) {
        return group.shared(allocated++, int[].class, size);
    }

    byte[] allocateByteLocalArray(int size) {
        return group.shared(allocated++, byte[].class, size);
    }

    HalfFloat[] allocateHalfFloatLocalArray(int size) {
        return group.shared(allocated++, HalfFloat[].class, size);
    }

    Half2[] allocateHalf2LocalArray(int size) {
        return group.shared(allocated++, Half2[].class, size);
    }
}
