package detangle.runtime;

import detangle.backend.Backend;
import detangle.backend.BackendException;
import detangle.backend.Device;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The backends that are installed, in order of preference. */
public final class Backends {
    private static final Logger LOG = LoggerFactory.getLogger(Backends.class);
    private static final List<String> PREFERENCE = List.of("vector", "reference");
    private static final ConcurrentHashMap<String, String> REFUSALS = new ConcurrentHashMap<>();

    private Backends() {}

    /** All backends, the preferred first. */
    public static List<Backend> all() {
        return ServiceLoader.load(Backend.class).stream()
                .map(ServiceLoader.Provider::get)
                .sorted((a, b) -> rank(a) - rank(b))
                .toList();
    }

    private static int rank(Backend backend) {
        int index = PREFERENCE.indexOf(backend.name());
        return index < 0 ? PREFERENCE.size() : index;
    }

    /** The first device of the best backend; each backend that is passed over says why, once. */
    public static Device preferred() {
        for (Backend backend : all()) {
            if (!backend.devices().isEmpty()) {
                return backend.devices().getFirst();
            }
            backend.unavailable().ifPresent(reason -> {
                if (REFUSALS.putIfAbsent(backend.name(), reason) == null) {
                    LOG.warn("backend {} is not used: {}", backend.name(), reason);
                }
            });
        }
        throw new BackendException("no backend is installed: put detangle-backend-vector on the module path");
    }

    /** The first device of the backend of that name; a {@link BackendException} if it is unknown or has none. */
    public static Device named(String name) {
        Backend backend = all().stream()
                .filter(b -> b.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new BackendException("there is no backend '" + name + "'; there are "
                        + all().stream().map(Backend::name).collect(Collectors.joining(", "))));
        if (backend.devices().isEmpty()) {
            throw new BackendException("the backend " + name + " cannot be used: "
                    + backend.unavailable().orElse("it has no device"));
        }
        return backend.devices().getFirst();
    }
}
