package detangle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Temporary folders of processes that are told to end, or killed. */
class FoldersTest {
    @TempDir
    private Path temporary;

    /** Makes a folder with a file, prints its name, and waits. */
    static final class Owner {
        private Owner() {}

        public static void main(String... arguments) throws Exception {
            Path folder = Folders.temporary();
            Files.writeString(Files.createDirectory(folder.resolve("model")).resolve("weights"), "0");
            System.out.println(folder);
            Thread.sleep(TimeUnit.MINUTES.toMillis(1));
        }
    }

    private static String classes(Class<?> type) throws URISyntaxException {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toString();
    }

    private Process start() throws IOException, URISyntaxException {
        String classes = classes(Folders.class) + File.pathSeparator + classes(Owner.class);
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Djava.io.tmpdir=" + temporary,
                        "-cp",
                        classes,
                        Owner.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static Path folder(Process owner) throws IOException {
        BufferedReader reader = owner.inputReader();
        return Path.of(reader.readLine());
    }

    private List<Path> folders() throws IOException {
        try (Stream<Path> all = Files.list(temporary)) {
            return all.toList();
        }
    }

    @Test
    void aProcessThatIsToldToEndLeavesNothing() throws Exception {
        Process owner = start();
        assertTrue(Files.exists(folder(owner).resolve("model/weights")));
        owner.destroy();
        assertTrue(owner.waitFor(30, TimeUnit.SECONDS));
        assertEquals(List.of(), folders());
    }

    /** The next process deletes the folder of a killed one, and keeps the folder of one that still runs. */
    @Test
    void theNextProcessDeletesWhatAKilledOneLeaves() throws Exception {
        Process killed = start();
        Path left = folder(killed);
        Process running = start();
        Path used = folder(running);
        killed.destroyForcibly().waitFor();
        assertTrue(Files.exists(left.resolve("model/weights")));
        makeOld(left);
        makeOld(used);
        Process next = start();
        Path own = folder(next);
        assertFalse(Files.exists(left));
        assertTrue(Files.exists(used.resolve("model/weights")));
        assertTrue(Files.exists(own));
        running.destroy();
        next.destroy();
        running.waitFor();
        next.waitFor();
        assertEquals(List.of(), folders());
    }

    /** A folder is deleted that nobody has locked, but not before its process has had the time to lock it. */
    private static void makeOld(Path folder) throws IOException {
        Files.setLastModifiedTime(
                folder.resolve(".locked"), FileTime.from(Instant.now().minusSeconds(120)));
    }

    @Test
    void aFolderThatIsNotLockedYetStays() throws Exception {
        Path made = Files.createDirectory(temporary.resolve("detangle-bench1"));
        Files.createFile(made.resolve(".locked"));
        Process next = start();
        folder(next);
        assertTrue(Files.exists(made.resolve(".locked")));
        next.destroy();
        next.waitFor();
    }

    @Test
    void twoMayDeleteTheSameFolder() throws Exception {
        Path folder = Files.createDirectory(temporary.resolve("both"));
        for (int i = 0; i < 1000; i++) {
            Files.createFile(Files.createDirectory(folder.resolve("folder" + i)).resolve("file"));
        }
        CyclicBarrier start = new CyclicBarrier(2);
        Callable<Void> delete = () -> {
            start.await();
            Folders.delete(folder);
            return null;
        };
        try (ExecutorService both = Executors.newFixedThreadPool(2)) {
            for (Future<Void> one : both.invokeAll(List.of(delete, delete))) {
                one.get();
            }
        }
        assertFalse(Files.exists(folder));
    }

    /**
     * Moves a folder with a file to so long a path that the system refuses it, into another folder: not even the
     * superuser deletes it there.
     *
     * @return where that folder is then
     */
    private Path makeUndeletable(Path folder) throws IOException {
        String name = "x".repeat(200);
        Path deep = folder;
        while (deep.toString().length() < 3600) {
            deep = deep.resolve(name);
        }
        Files.createDirectories(deep);
        Path part = temporary.resolve("part");
        Files.createDirectories(part.resolve(name).resolve(name).resolve(name));
        return Files.move(part, deep.resolve("part"));
    }

    private void makeDeletable(Path part) throws IOException {
        Files.move(part, temporary.resolve("part"));
    }

    /** The longest path is Linux's. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void whatCannotBeDeletedFailsNoOtherProcess() throws Exception {
        Path left = Files.createDirectory(temporary.resolve("detangle-bench1"));
        Files.createFile(left.resolve(".locked"));
        makeOld(left);
        Path part = makeUndeletable(left);
        try {
            Process next = start();
            assertTrue(Files.exists(folder(next)));
            assertTrue(Files.exists(left.resolve(".locked")));
            next.destroy();
            next.waitFor();
        } finally {
            makeDeletable(part);
        }
    }

    /** Another process would delete it too, and the slower one of both would fail. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aFolderIsLockedUntilNothingElseIsInIt() throws Exception {
        Path folder = Folders.temporary();
        Path part = makeUndeletable(folder);
        try {
            assertThrows(UncheckedIOException.class, () -> Folders.delete(folder));
            try (FileChannel channel = FileChannel.open(folder.resolve(".locked"), StandardOpenOption.WRITE)) {
                assertThrows(OverlappingFileLockException.class, channel::tryLock);
            }
        } finally {
            makeDeletable(part);
            Folders.delete(folder);
        }
        assertFalse(Files.exists(folder));
    }
}
