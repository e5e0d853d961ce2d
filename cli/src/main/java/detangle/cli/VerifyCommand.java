package detangle.cli;

import detangle.models.weights.Artifact;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "verify", description = "Checks every byte of an artifact.", mixinStandardHelpOptions = true)
final class VerifyCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE.dtl", description = "An artifact of detangle compile.")
    private Path file;

    @Override
    public void run() {
        Artifact.verify(file);
        spec.commandLine().getOut().println(file + " is whole");
        spec.commandLine().getOut().flush();
    }
}
