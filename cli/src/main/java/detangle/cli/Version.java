package detangle.cli;

import detangle.runtime.DetangleVersion;
import picocli.CommandLine.IVersionProvider;

/** The version this program was built as, and the JVM that runs it. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {
            "detangle " + DetangleVersion.number(),
            "java " + Runtime.version() + ", " + System.getProperty("java.vm.name") + ", "
                    + System.getProperty("os.name") + " " + System.getProperty("os.arch")
        };
    }
}
