package detangle.runtime;

import detangle.backend.Backend;
import detangle.backend.BackendException;
import detangle.backend.ComputePrecision;
import detangle.backend.Device;
import detangle.ir.text.Printer;
import detangle.runtime.placement.HybridDevice;
import detangle.runtime.placement.PlacedDevice;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The backends that are installed, in order of preference, and the devices that names choose. */
public final class Backends {
    private static final Logger LOG = LoggerFactory.getLogger(Backends.class);
    private static final List<String> PREFERENCE = List.of("vector", "reference");
    private static final ConcurrentHashMap<String, String> REFUSALS = new ConcurrentHashMap<>();

    private Backends() {}

    /** Returns all backends, the preferred first. */
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

    /**
     * Returns the device that a name chooses, as {@link #device(Optional, Set)} returns it, in a precision.
     *
     * @throws BackendException also if the device does not have the precision
     */
    public static Device device(Optional<String> name, Set<String> hostOperations, ComputePrecision precision) {
        return device(name, hostOperations).withPrecision(precision);
    }

    /**
     * Returns the device that a name chooses, which computes in fp32.
     *
     * @param name a backend, or a backend and the beginning of a device's name such as {@code tornado:opencl} or {@code
     *     tornado:cuda:1}; {@code hybrid}, which divides the work between a device and the CPU by measurement; {@code
     *     auto}, which takes a GPU where there is one and says what it took; empty for the best on the CPU
     * @param hostOperations what a device leaves to the CPU, as it is written in the IR
     * @throws BackendException if there is none of that name, or no operation of one of those names
     */
    public static Device device(Optional<String> name, Set<String> hostOperations) {
        Set<String> unknown = new TreeSet<>(hostOperations);
        if (!unknown.isEmpty()) {
            unknown.removeAll(Printer.mnemonics()); // Its table takes a fiftieth of a start.
        }
        if (!unknown.isEmpty()) {
            throw new BackendException("there is no operation " + String.join(", ", unknown)
                    + " to leave to the CPU: dump-ir shows a model's");
        }
        return switch (name.orElse("")) {
            case "" -> preferred();
            case "auto" -> automatic(hostOperations);
            case "hybrid" ->
                new HybridDevice(
                        accelerator()
                                .orElseThrow(() -> new BackendException(
                                        "hybrid needs a device beside the CPU: " + whyNoAccelerator())),
                        preferred());
            case String other -> besideHost(named(other), hostOperations);
        };
    }

    private static Device besideHost(Device device, Set<String> hostOperations) {
        return device.isPartial()
                ? new PlacedDevice(
                        device,
                        preferred(),
                        node -> !hostOperations.contains(node.op().mnemonic()))
                : device;
    }

    /** Returns a GPU where there is one, and the CPU otherwise; a device that is a CPU too is not a gain over it. */
    private static Device automatic(Set<String> hostOperations) {
        Optional<Device> gpu = accelerator().filter(Device::isGpu);
        Device chosen = gpu.map(device -> besideHost(device, hostOperations)).orElseGet(Backends::preferred);
        LOG.info(
                "auto: {} ({})",
                chosen.name(),
                gpu.isPresent()
                        ? chosen.description()
                        : accelerator().isPresent() ? "no device is a GPU" : whyNoAccelerator());
        return chosen;
    }

    private static Optional<Device> accelerator() {
        List<Device> partial = all().stream()
                .flatMap(b -> b.devices().stream())
                .filter(Device::isPartial)
                .toList();
        return partial.stream()
                .filter(Device::isGpu)
                .findFirst()
                .or(() -> partial.stream().findFirst());
    }

    private static String whyNoAccelerator() {
        return all().stream()
                .filter(b -> !PREFERENCE.contains(b.name()))
                .map(b -> b.name() + ": " + b.unavailable().orElse("it has no device"))
                .findFirst()
                .orElse("this build has no backend for GPUs; docs/BACKENDS.md says how to build it");
    }

    /** Returns the first device of the best backend; each backend that is passed over says why, once. */
    private static Device preferred() {
        for (Backend backend : all()) {
            if (!backend.devices().isEmpty()) {
                return backend.devices().getFirst();
            }
            backend.unavailable().ifPresent(reason -> {
                if (REFUSALS.putIfAbsent(backend.name(), reason) == null) {
                    UrgentWarning.print("backend " + backend.name() + " is not used: " + reason);
                }
            });
        }
        throw new BackendException("no backend is installed: put detangle-backend-vector on the module path");
    }

    private static Device named(String name) {
        int colon = name.indexOf(':');
        String first = colon < 0 ? name : name.substring(0, colon);
        Backend backend = all().stream()
                .filter(b -> b.name().equals(first))
                .findFirst()
                .orElseThrow(() -> new BackendException("there is no backend '" + first + "'; there are "
                        + all().stream().map(Backend::name).collect(Collectors.joining(", "))
                        + (first.equals("tornado")
                                ? ": this build is without tornado; docs/BACKENDS.md says how to build it"
                                : ", hybrid, auto")));
        if (backend.devices().isEmpty()) {
            throw new BackendException("the backend " + first + " cannot be used: "
                    + backend.unavailable().orElse("it has no device"));
        }
        String device = colon < 0 ? "" : name.substring(colon + 1);
        return backend.devices().stream()
                .filter(d ->
                        device.isEmpty() || d.name().equals(device) || d.name().startsWith(device + ":"))
                .findFirst()
                .orElseThrow(() -> new BackendException("the backend " + first + " has no device '" + device
                        + "'; there are "
                        + backend.devices().stream().map(Device::name).collect(Collectors.joining(", "))));
    }
}
