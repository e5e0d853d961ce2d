package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The script that writes group and version finds every file that names them. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the script is for bash")
class CoordinatesTest {
    private static final Path HOME = DetangleProcess.HOME;

    @TempDir
    private Path folder;

    /** Copies the script and the files that it may change, and returns the latter. */
    private List<Path> copied() throws IOException {
        List<Path> files = new ArrayList<>(List.of(Path.of("docs/JAVA.md"), Path.of("deploy/kubernetes.yaml")));
        Files.walkFileTree(HOME, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                String name = directory.getFileName().toString();
                boolean isSkipped = name.equals("target") || name.equals("src") || name.equals(".git");
                return isSkipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (file.getFileName().toString().equals("pom.xml")) {
                    files.add(HOME.relativize(file));
                }
                return FileVisitResult.CONTINUE;
            }
        });
        copy(Path.of(".ci/coordinates"));
        for (Path file : files) {
            copy(file);
        }
        return files;
    }

    private void copy(Path file) throws IOException {
        Files.createDirectories(folder.resolve(file).getParent());
        Files.copy(HOME.resolve(file), folder.resolve(file));
    }

    private String run(int status, String owner, String version) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        "bash", folder.resolve(".ci/coordinates").toString(), owner, version)
                .redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes());
        assertEquals(status, process.waitFor(), printed);
        return printed;
    }

    @Test
    void everyFileHasTheNewGroupAndVersion() throws IOException, InterruptedException {
        List<Path> files = copied();
        String old = Files.readString(folder.resolve("pom.xml"));
        String oldGroup = old.substring(old.indexOf("<groupId>") + 9, old.indexOf("</groupId>"));
        String oldVersion = old.substring(old.indexOf("<version>") + 9, old.indexOf("</version>"));

        assertEquals("", run(0, "Some-Body", "1.2.3"));
        for (Path file : files) {
            String text = Files.readString(folder.resolve(file));
            assertFalse(text.contains(oldGroup + "<") || text.contains(oldGroup + ":"), file.toString());
            assertFalse(text.contains(oldVersion), file.toString());
        }
        String pom = Files.readString(folder.resolve("pom.xml"));
        assertTrue(pom.contains("<groupId>io.github.some-body</groupId>\n  <artifactId>detangle</artifactId>\n"
                + "  <version>1.2.3</version>"));
        assertTrue(pom.contains("<url>https://github.com/Some-Body/detangle</url>"));
        assertTrue(Files.readString(folder.resolve("docs/JAVA.md"))
                .contains("//DEPS io.github.some-body:detangle-pipelines:1.2.3\n"));
        assertTrue(Files.readString(folder.resolve("deploy/kubernetes.yaml")).contains("image: detangle:1.2.3\n"));
    }

    @Test
    void otherNamesAndVersionsAreRefused() throws IOException, InterruptedException {
        copied();
        assertEquals("coordinates: a/b is not the name of an account on GitHub\n", run(2, "a/b", "1.2.3"));
        assertEquals(
                "coordinates: v1 is not a version: give one such as 1.2.3 or 1.2.3-SNAPSHOT\n", run(2, "body", "v1"));
    }
}
