package detangle.backend;

import java.util.List;
import java.util.Optional;

/** A family of devices, found through {@link java.util.ServiceLoader}. */
public interface Backend {
    /** Returns the name on the command line, such as {@code vector}. */
    String name();

    /** Returns the devices that can be used now; empty where there are none. */
    List<Device> devices();

    /** Returns why there are no devices, and what to do about it; empty where there are some. */
    Optional<String> unavailable();
}
