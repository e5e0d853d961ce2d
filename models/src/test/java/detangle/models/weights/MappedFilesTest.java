package detangle.models.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Files that are mapped are watched: what happens to them, and what checks beside the work find, ends the work. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "a mapped file cannot be changed there")
class MappedFilesTest {
    private static final byte[] CONTENT = {1, 2, 3, 4, 5};
    private static final String CHANGED = "has changed since it was loaded: load the model again";

    @TempDir
    private Path folder;

    private final MappedFiles files = new MappedFiles();

    private Path file() throws IOException {
        return Files.write(folder.resolve("weights"), CONTENT);
    }

    private static void assertRefused(Path file, String message, Runnable work) {
        WeightsException refusal = assertThrows(WeightsException.class, work::run);
        assertEquals(file + ": " + message, refusal.getMessage());
    }

    @Test
    void bytesAreThoseOfTheFile() throws IOException {
        try (files) {
            Path file = file();
            assertArrayEquals(CONTENT, files.map(file).toArray(ValueLayout.JAVA_BYTE));
            MappedFiles.Readable readable = files.mapReadable(file);
            assertArrayEquals(CONTENT, readable.bytes().toArray(ValueLayout.JAVA_BYTE));
            assertEquals(CONTENT.length, readable.channel().size());
            assertEquals(7, files.reading(() -> 7));
            files.unload();
            assertArrayEquals(CONTENT, readable.bytes().toArray(ValueLayout.JAVA_BYTE));
        }
    }

    @Test
    void closingUnmapsAndClosesOnce() throws IOException {
        Path file = file();
        MemorySegment bytes = files.map(file);
        MappedFiles others = new MappedFiles();
        MappedFiles.Readable joined = others.mapReadable(file);
        files.join(others);
        files.close();
        files.close();
        assertFalse(bytes.scope().isAlive());
        assertFalse(joined.bytes().scope().isAlive());
        assertFalse(joined.channel().isOpen());
    }

    @Test
    void anEmptyFileIsMappedToo() throws IOException {
        try (files) {
            Path empty = Files.createFile(folder.resolve("empty"));
            assertEquals(0, files.map(empty).byteSize());
            files.unload();
        }
    }

    @Test
    void whatIsNotAFileIsRefused() throws IOException {
        try (files) {
            Path absent = folder.resolve("absent");
            assertRefused(absent, "no such file", () -> files.map(absent));
            assertRefused(absent, "no such file", () -> files.mapReadable(absent));
            assertRefused(folder, "is a folder", () -> files.map(folder));
            Path link = Files.createSymbolicLink(folder.resolve("link"), absent);
            assertRefused(
                    link,
                    "is a link that leads to no file: download the file itself, or mend the link",
                    () -> files.map(link));
            Path good = Files.createSymbolicLink(folder.resolve("good"), file());
            assertEquals(CONTENT.length, files.map(good).byteSize());
            Path device = Path.of("/dev/null");
            assertRefused(device, "is not a regular file, but a device or a pipe", () -> files.map(device));
        }
    }

    @Test
    void reasonsAreWords() {
        assertEquals("no permission to read it", MappedFiles.reason(new AccessDeniedException("/a")));
        assertEquals("the disk has failed", MappedFiles.reason(new IOException("the disk has failed")));
        assertEquals("null", MappedFiles.reason(new IOException()));
    }

    @Test
    void versionsAreThoseOfTheContent() throws IOException {
        Path file = file();
        MappedFiles.Version version = MappedFiles.Version.of(file);
        assertEquals(CONTENT.length, version.size());
        assertEquals(version, MappedFiles.Version.of(file));
        Files.setLastModifiedTime(file, FileTime.fromMillis(0));
        assertNotEquals(version, MappedFiles.Version.of(file));
    }

    /** Also after the file has been put right, as what was read in between may be wrong. */
    @Test
    void aChangeIsNoticedForGood() throws IOException {
        try (files) {
            Path file = file();
            FileTime modified = Files.getLastModifiedTime(file);
            files.map(file);
            Files.setLastModifiedTime(file, FileTime.fromMillis(0));
            assertRefused(file, CHANGED, () -> files.reading(() -> 1));
            Files.setLastModifiedTime(file, modified);
            assertRefused(file, CHANGED, () -> files.reading(() -> 1));
        }
    }

    @Test
    void aLongerFileHasChanged() throws IOException {
        try (files) {
            Path file = file();
            FileTime modified = Files.getLastModifiedTime(file);
            files.map(file);
            Files.write(file, CONTENT, StandardOpenOption.APPEND);
            Files.setLastModifiedTime(file, modified);
            assertRefused(file, CHANGED, () -> files.reading(() -> 1));
        }
    }

    @Test
    void filesOfOthersAreWatchedToo() throws IOException {
        try (files) {
            Path file = file();
            MappedFiles others = new MappedFiles();
            others.map(file);
            AtomicInteger checked = new AtomicInteger();
            others.checkBeside(_ -> checked.incrementAndGet());
            files.join(others);
            assertEquals(1, files.reading(() -> 1));
            assertEquals(1, checked.get());
            Files.setLastModifiedTime(file, FileTime.fromMillis(0));
            assertRefused(file, CHANGED, () -> files.reading(() -> 1));
        }
    }

    /** A mapping of the old file stays valid when another file replaces it. */
    @Test
    void aFileThatAnotherReplacesHasNotChanged() throws IOException {
        try (files) {
            Path file = file();
            MemorySegment bytes = files.map(file);
            Path other = Files.write(folder.resolve("other"), new byte[9]);
            Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
            assertArrayEquals(CONTENT, files.reading(() -> bytes.toArray(ValueLayout.JAVA_BYTE)));
            Files.delete(file);
            assertEquals(1, files.reading(() -> 1));
            Files.createDirectory(file);
            assertEquals(1, files.reading(() -> 1));
        }
    }

    @Test
    void failuresOfTheWorkAreItsOwnWithoutAnotherReason() throws IOException {
        try (files) {
            Path file = file();
            files.map(file);
            RuntimeException fault = new IllegalStateException("its own");
            assertSame(
                    fault,
                    assertThrows(
                            IllegalStateException.class,
                            () -> files.reading(() -> {
                                throw fault;
                            })));
            Error error = new InternalError("its own");
            assertSame(
                    error,
                    assertThrows(
                            InternalError.class,
                            () -> files.reading(() -> {
                                throw error;
                            })));
            assertThrows(
                    InternalError.class,
                    () -> files.reading(() -> {
                        throw new InternalError();
                    }));
            Files.setLastModifiedTime(file, FileTime.fromMillis(0));
            WeightsException changed = assertThrows(
                    WeightsException.class,
                    () -> files.reading(() -> {
                        throw fault;
                    }));
            assertEquals(file + ": " + CHANGED, changed.getMessage());
            assertSame(fault, changed.getCause());
        }
    }

    /** The JVM throws such an error where a page of a mapped file has nothing behind it, also inside of another. */
    @Test
    void faultsOfMemoryAreThoseOfTheFile() throws IOException {
        try (files) {
            String message = "can no longer be read: it has been cut off, or its disk has failed; load the model again";
            InternalError fault = new InternalError("a fault occurred in an unsafe memory access operation");
            assertThrows(
                    InternalError.class,
                    () -> files.reading(() -> {
                        throw fault;
                    }));
            Path file = file();
            files.map(file);
            assertRefused(
                    file,
                    message,
                    () -> files.reading(() -> {
                        throw fault;
                    }));
            assertRefused(
                    file,
                    message,
                    () -> files.reading(() -> {
                        throw new IllegalStateException(new RuntimeException(fault));
                    }));
        }
    }

    @Test
    void pagesThatAreCutOffAreNoticed() throws IOException {
        try (files) {
            Path file = Files.write(folder.resolve("large"), new byte[1 << 20]);
            MemorySegment bytes = files.map(file);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(1);
            }
            Files.setLastModifiedTime(file, FileTime.fromMillis(0));
            assertRefused(file, CHANGED, () -> files.reading(() -> bytes.get(ValueLayout.JAVA_BYTE, (1 << 20) - 1)));
        }
    }

    @Test
    void checksRunBesideTheFirstWorkAlone() {
        try (files) {
            AtomicInteger runs = new AtomicInteger();
            CountDownLatch inside = new CountDownLatch(1);
            files.checkBeside(isStopped -> {
                runs.incrementAndGet();
                await(inside);
            });
            // The check waits for the work, so they are side by side.
            assertEquals("done", files.reading(() -> {
                inside.countDown();
                return "done";
            }));
            assertEquals("again", files.reading(() -> "again"));
            assertEquals(1, runs.get());
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(20, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whatChecksFindEndsTheWork() {
        try (files) {
            RuntimeException damage = new IllegalStateException("damaged");
            files.checkBeside(_ -> {
                throw damage;
            });
            for (int i = 0; i < 2; i++) {
                assertSame(damage, assertThrows(IllegalStateException.class, () -> files.reading(() -> 1)));
            }
            // Damage explains why the work has failed.
            RuntimeException fault = new ArithmeticException("a wrong number");
            assertSame(
                    damage,
                    assertThrows(
                            IllegalStateException.class,
                            () -> files.reading(() -> {
                                throw fault;
                            })));
            assertSame(fault, damage.getSuppressed()[0]);
        }
    }

    @Test
    void errorsOfChecksAreThrownToo() {
        try (files) {
            Error damage = new AssertionError("damaged");
            files.checkBeside(_ -> {
                throw damage;
            });
            assertSame(damage, assertThrows(AssertionError.class, () -> files.reading(() -> 1)));
        }
    }

    /** The JDK refuses to add an exception to itself as a suppressed one. */
    @Test
    void oneFaultOfWorkAndCheckIsThrownOnce() {
        try (files) {
            RuntimeException fault = new IllegalStateException("both");
            files.checkBeside(_ -> {
                throw fault;
            });
            assertSame(
                    fault,
                    assertThrows(
                            IllegalStateException.class,
                            () -> files.reading(() -> {
                                throw fault;
                            })));
            assertEquals(0, fault.getSuppressed().length);
        }
    }

    @Test
    void closingTellsChecksToStop() {
        List<Boolean> stopped = new ArrayList<>();
        CountDownLatch begun = new CountDownLatch(1);
        files.checkBeside(isStopped -> {
            stopped.add(isStopped.getAsBoolean());
            begun.countDown();
            while (!isStopped.getAsBoolean()) {
                Thread.onSpinWait();
            }
            stopped.add(true);
        });
        Thread.ofVirtual().start(() -> files.reading(() -> 1));
        await(begun);
        files.close();
        assertEquals(List.of(false, true), stopped);
    }

    @Test
    void memoryForCopiesIsAligned() throws IOException {
        try (files) {
            Path file = file();
            MemorySegment copy = files.allocate(file, 20);
            assertEquals(20, copy.byteSize());
            assertEquals(0, copy.address() % Long.BYTES);
            long most = Long.MAX_VALUE - Long.BYTES;
            assertRefused(
                    file, "there is no memory for " + most + " bytes of a copy", () -> files.allocate(file, most));
        }
    }
}
