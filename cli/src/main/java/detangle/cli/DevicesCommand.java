package detangle.cli;

import detangle.backend.Backend;
import detangle.backend.ComputePrecision;
import detangle.backend.Device;
import detangle.runtime.Backends;
import detangle.runtime.KernelCoverage;
import java.io.PrintWriter;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "devices",
        description = "Lists the devices that can run models here, and the operations for which each has no kernel.",
        mixinStandardHelpOptions = true)
final class DevicesCommand implements Runnable {
    private static final String TORNADO = "tornado";

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        List<Backend> backends = Backends.all();
        for (Backend backend : backends) {
            for (Device device : backend.devices()) {
                out.println(device.name() + ": " + device.description());
                // A device that runs everything interprets these; one that does not leaves them to the CPU.
                out.println("    " + (device.isPartial() ? "left to the CPU: " : "interpreted: ")
                        + KernelCoverage.of(device).text());
                out.println("    precisions: "
                        + device.precisions().stream()
                                .map(ComputePrecision::toString)
                                .collect(Collectors.joining(", ")));
                device.matrixUnit().ifPresent(unit -> out.println("    matrix unit: " + unit));
            }
            backend.unavailable().ifPresent(why -> out.println(backend.name() + ": not available: " + why));
        }
        if (backends.stream().noneMatch(b -> b.name().equals(TORNADO))) {
            out.println(TORNADO
                    + ": not available: this build is without it; docs/BACKENDS.md says how to build it for GPUs");
        }
    }
}
