package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.conformance.DetangleProcess.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./build -Ptornado} takes a version of TornadoVM that is there and fits, and says which one. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a shell script")
class ChooseTornadovmTest {
    @TempDir
    Path folder;

    private Result choose(String arguments) throws IOException {
        return DetangleProcess.bash(folder, """
                export HOME='USER' TORNADOVM_HOME='USER/sdk'
                unset SDKMAN_CANDIDATES_DIR
                . 'PROJECT/.mvn/find-tornadovm.sh'
                . 'PROJECT/.mvn/choose-tornadovm.sh'
                choose_tornadovm 'USER' ARGUMENTS
                """.replace("PROJECT", DetangleProcess.HOME.toString())
                .replace("USER", folder.toString())
                .replace("ARGUMENTS", arguments));
    }

    private void assertChosen(String version, String said) throws IOException {
        Result result = choose("verify -Ptornado");
        assertEquals(version, result.out().strip());
        assertEquals("build: " + said, result.err().strip());
    }

    private void install(String version) throws IOException {
        Path home = folder.resolve(".m2/repository/io/github/beehive-lab/tornado-runtime")
                .resolve(version);
        Files.createDirectories(home);
        Files.createFile(home.resolve("tornado-runtime-" + version + ".jar"));
    }

    private void sdk(String version) throws IOException {
        Path sdk = folder.resolve("sdk");
        Files.createDirectories(sdk.resolve("etc"));
        Files.writeString(sdk.resolve("tornado-argfile.template"), "");
        Files.writeString(sdk.resolve("etc/tornado.release"), "version=" + version + "\nbranch=UNKNOWN\n");
    }

    private static String of(String version) {
        return "TornadoVM " + version + " of the local repository is compiled against";
    }

    @Test
    void theSdkComesFirstThenThePomThenTheNewest() throws IOException {
        Files.writeString(folder.resolve("pom.xml"), "<tornado.version>5.2.0-jdk25</tornado.version>\n");
        assertChosen("", "the local repository has no TornadoVM for JDK 25, so Maven fetches version 5.2.0-jdk25");
        install("7.3.1-jdk22plus");
        sdk("7.3.1-jdk22plus");
        assertChosen("", "the local repository has no TornadoVM for JDK 25, so Maven fetches version 5.2.0-jdk25");
        install("5.2.1-jdk25-dev");
        assertChosen("5.2.1-jdk25-dev", of("5.2.1-jdk25-dev"));
        install("5.2.0-jdk25");
        assertChosen("5.2.0-jdk25", of("5.2.0-jdk25"));
        sdk("5.2.1-jdk25-dev");
        assertChosen("5.2.1-jdk25-dev", of("5.2.1-jdk25-dev"));
    }

    @Test
    void nothingIsSaidWhereNobodyAsks() throws IOException {
        for (String arguments : new String[] {"verify", "verify -Ptornado -Dtornado.version=5.2.9"}) {
            assertEquals("", choose(arguments).out() + choose(arguments).err());
        }
    }
}
