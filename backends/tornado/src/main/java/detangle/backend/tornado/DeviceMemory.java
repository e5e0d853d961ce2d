package detangle.backend.tornado;

import detangle.backend.BackendException;
import uk.ac.manchester.tornado.api.common.TornadoDevice;

/** The part of a device's memory that may be taken. */
final class DeviceMemory {
    /** The property that bounds it, in bytes; otherwise the device does. */
    static final String LIMIT = "detangle.tornado.memory";

    private DeviceMemory() {}

    /** Returns whether so many bytes fit. */
    static boolean holds(long bytes, TornadoDevice device) {
        return bytes <= limit(device);
    }

    private static long limit(TornadoDevice device) {
        return Long.getLong(LIMIT, device.getMaxGlobalMemory());
    }

    /** Refuses what does not fit, before anything is copied. */
    static void require(long bytes, TornadoDevice device, String program) {
        if (!holds(bytes, device)) {
            throw new BackendException(program + " needs " + mebibytes(bytes) + " MiB on the device, which has "
                    + mebibytes(limit(device)) + " MiB: run smaller batches, or use --backend vector");
        }
    }

    private static long mebibytes(long bytes) {
        return Math.ceilDiv(bytes, 1L << 20);
    }
}
