package detangle.backend.tornado;

import detangle.backend.BackendException;
import uk.ac.manchester.tornado.api.common.TornadoDevice;

/** The part of a device's memory that may be taken. */
final class DeviceMemory {
    /** The property that bounds it, in bytes; otherwise the device does. */
    static final String LIMIT = "detangle.tornado.memory";

    private DeviceMemory() {}

    /** Refuses what does not fit, before anything is copied. */
    static void require(long bytes, TornadoDevice device, String program) {
        long limit = Long.getLong(LIMIT, device.getMaxGlobalMemory());
        if (bytes > limit) {
            throw new BackendException(program + " needs " + mebibytes(bytes) + " MiB on the device, which has "
                    + mebibytes(limit) + " MiB: run smaller batches, or use --backend vector");
        }
    }

    private static long mebibytes(long bytes) {
        return Math.ceilDiv(bytes, 1L << 20);
    }
}
