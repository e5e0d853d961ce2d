package detangle.backend.tornado;

import detangle.backend.Backend;
import detangle.backend.Device;
import java.util.List;
import java.util.Optional;
import uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider;

/** GPUs and other devices that TornadoVM finds. */
public final class TornadoBackend implements Backend {
    private static final String REMEDY = "install TornadoVM " + TornadoVersion.NEEDED
            + " and a driver, and set TORNADOVM_HOME to its SDK (docs/BACKENDS.md)";

    private static Optional<Found> found = Optional.empty();

    /** The devices, or why there are none. */
    private record Found(List<Device> devices, Optional<String> fault) {}

    /** Makes the backend for {@link java.util.ServiceLoader}. */
    public TornadoBackend() {}

    @Override
    public String name() {
        return "tornado";
    }

    @Override
    public List<Device> devices() {
        return found().devices();
    }

    @Override
    public Optional<String> unavailable() {
        return found().fault().map(fault -> fault + ": " + REMEDY);
    }

    private static synchronized Found found() {
        if (found.isEmpty()) {
            found = Optional.of(find());
        }
        return found.get();
    }

    /** TornadoVM loads its drivers when it is first touched, and what is missing then is a {@link LinkageError}. */
    private static Found find() {
        try {
            String unfit = System.getProperty(TornadoVersion.UNFIT);
            Optional<String> version =
                    unfit == null ? TornadoVersion.of(TornadoRuntimeProvider.class) : Optional.of(unfit);
            if (version.isPresent() && !TornadoVersion.fits(version.get())) {
                return new Found(List.of(), version.map(TornadoVersion::fault));
            }
            List<Device> devices = Accelerators.all();
            return new Found(devices, devices.isEmpty() ? Optional.of("TornadoVM finds no device") : Optional.empty());
        } catch (LinkageError | RuntimeException e) {
            return new Found(List.of(), Optional.of(reason(e)));
        }
    }

    private static String reason(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof NoClassDefFoundError || cause instanceof ClassNotFoundException
                ? "TornadoVM is not there"
                : "TornadoVM does not start ("
                        + String.valueOf(cause.getMessage()).lines().findFirst().orElse("") + ")";
    }
}
