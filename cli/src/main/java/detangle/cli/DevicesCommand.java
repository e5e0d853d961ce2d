package detangle.cli;

import detangle.backend.Backend;
import detangle.backend.Device;
import detangle.runtime.Backends;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(name = "devices", description = "Lists what can run models here.", mixinStandardHelpOptions = true)
final class DevicesCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        for (Backend backend : Backends.all()) {
            for (Device device : backend.devices()) {
                out.println(device.name() + ": " + device.description());
            }
            backend.unavailable().ifPresent(why -> out.println(backend.name() + ": not available: " + why));
        }
    }
}
