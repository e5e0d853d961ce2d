package detangle.conformance;

import detangle.conformance.DetangleProcess.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder that is laid out as the distribution is: copies of the launchers, the jars and the model that ships. */
record Installation(Path folder) {
    static Installation in(Path folder) throws IOException {
        Installation installation = new Installation(folder);
        Result result = installation.bash("""
                mkdir -p home/bin home/models
                cp HOME/dist/src/bin/* HOME/.mvn/*.sh home/bin/
                cp -Rp LIB home/lib
                cp -R HOME/models/pretrained home/models/pretrained
                """);
        if (result.status() != 0) {
            throw new AssertionError(result.err());
        }
        return installation;
    }

    /**
     * Runs lines in the folder, in which {@code home} is the installation. HOME stands for the sources, JDK for the one
     * of the tests, LIB for the jars. Caches are in the folder {@code cache}.
     */
    Result bash(String lines) throws IOException {
        Files.createDirectories(folder.resolve("cache"));
        return DetangleProcess.bash(
                folder,
                ("export JAVA_HOME='JDK' XDG_CACHE_HOME=$PWD/cache\n" + lines)
                        .replace("JDK", System.getProperty("java.home"))
                        .replace("HOME/", DetangleProcess.HOME + "/")
                        .replace("LIB", System.getProperty("detangle.lib")));
    }
}
