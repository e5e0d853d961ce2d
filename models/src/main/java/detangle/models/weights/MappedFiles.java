package detangle.models.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The files of a checkpoint, mapped into memory and watched. Tables are read from them for as long as the model runs,
 * so a file that is written to or cut off in the meantime would change the answers, or end a run in a fault of memory.
 * {@link #reading} finds out.
 */
final class MappedFiles implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final List<Mapped> mapped = new ArrayList<>();
    private final List<FileChannel> channels = new ArrayList<>();
    private final List<MappedFiles> joined = new ArrayList<>();
    private final List<ChecksBeside> checks = new ArrayList<>();
    private volatile Optional<Path> changed = Optional.empty();
    private boolean closed;

    /** A file, and what it was like when it was mapped. */
    private record Mapped(Path file, MemorySegment bytes, Version version) {}

    /**
     * The marks that tell one content of a path from another without reading it.
     *
     * @param key which file it is, beyond its name; null where the system has no such thing
     */
    record Version(long size, FileTime modified, Object key) {
        /** Throws a {@link WeightsException} if the path is not that of a regular file. */
        static Version of(Path file) {
            try {
                return read(file);
            } catch (IOException e) {
                if (Files.isSymbolicLink(file) && !Files.exists(file)) {
                    throw new WeightsException(
                            file, "is a link that leads to no file: download the file itself, or mend the link", e);
                }
                if (e instanceof NoSuchFileException) {
                    throw new WeightsException(file, "no such file", e);
                }
                throw new WeightsException(file, "cannot be read: " + reason(e), e);
            }
        }

        private static Version read(Path file) throws IOException {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            if (!attributes.isRegularFile()) {
                throw new WeightsException(
                        file,
                        attributes.isDirectory() ? "is a folder" : "is not a regular file, but a device or a pipe");
            }
            return new Version(attributes.size(), attributes.lastModifiedTime(), attributes.fileKey());
        }
    }

    /** A file that is mapped, and that is read by its channel where its pages in memory would be of no further use. */
    record Readable(MemorySegment bytes, FileChannel channel) {}

    /**
     * Returns the bytes of a file, which live until this is closed.
     *
     * @throws WeightsException if the file is not a regular file or cannot be read
     */
    MemorySegment map(Path file) {
        // Before the file is mapped, so that a change in between is noticed and not overlooked.
        Version version = Version.of(file);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return map(file, channel, version);
        } catch (IOException e) {
            throw new WeightsException(file, "cannot be read: " + reason(e), e);
        }
    }

    /** Maps a file as {@link #map} does, with a channel that is open as long as the bytes live. */
    Readable mapReadable(Path file) {
        Version version = Version.of(file);
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            channels.add(channel);
            return new Readable(map(file, channel, version), channel);
        } catch (IOException e) {
            throw new WeightsException(file, "cannot be read: " + reason(e), e);
        }
    }

    private MemorySegment map(Path file, FileChannel channel, Version version) throws IOException {
        MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        mapped.add(new Mapped(file, bytes, version));
        return bytes;
    }

    /** Watches the files of others with these, and closes them with these. */
    void join(MappedFiles others) {
        mapped.addAll(others.mapped);
        checks.addAll(others.checks);
        joined.add(others);
    }

    /**
     * Has the mapped bytes checked beside the first work that reads them. The result of {@link #reading} counts once
     * that has ended well.
     *
     * @param work the checks, which end early once they are told that nobody needs them any more
     */
    void checkBeside(Consumer<BooleanSupplier> work) {
        checks.add(new ChecksBeside(work));
    }

    /** Returns why a file cannot be read; some exceptions' messages are bare paths. */
    static String reason(IOException e) {
        return e instanceof AccessDeniedException ? "no permission to read it" : String.valueOf(e.getMessage());
    }

    /**
     * Returns memory that lives as long as the mapped files.
     *
     * @throws WeightsException if the process has not so much memory
     */
    MemorySegment allocate(Path file, long bytes) {
        try {
            return arena.allocate(bytes, Long.BYTES);
        } catch (OutOfMemoryError e) {
            throw new WeightsException(file, "there is no memory for " + bytes + " bytes of a copy", e);
        }
    }

    /**
     * Does work that reads the mapped bytes.
     *
     * @return what the work returns, if the files are still what they were when it ended, and checks beside it have
     *     found nothing
     * @throws WeightsException if one of them has been written to or cut off since it was mapped; a file that another
     *     one has replaced by rename is still there for who has mapped it, and has not changed
     */
    <T> T reading(Supplier<T> work) {
        checks.forEach(ChecksBeside::begin);
        T result;
        try {
            result = work.get();
        } catch (RuntimeException | Error e) {
            throw explained(e);
        }
        awaitChecks();
        checkUnchanged(null);
        return result;
    }

    private void awaitChecks() {
        try {
            checks.forEach(ChecksBeside::await);
        } catch (RuntimeException | Error e) {
            throw ofFiles(e);
        }
    }

    /** Returns why work has failed: numbers out of a file that is damaged or has changed can fail in any way. */
    private RuntimeException explained(Throwable e) {
        RuntimeException fault = ofFiles(e);
        try {
            checks.forEach(ChecksBeside::await);
        } catch (RuntimeException | Error found) {
            RuntimeException damage = ofFiles(found);
            if (damage != fault) {
                damage.addSuppressed(fault);
            }
            return damage;
        }
        return fault;
    }

    /** Returns the exception for a failure of what reads the files; an error that has another reason is thrown. */
    private RuntimeException ofFiles(Throwable e) {
        checkUnchanged(e);
        if (!mapped.isEmpty() && isFaultOfMemory(e)) {
            return new WeightsException(
                    mapped.getFirst().file(),
                    "can no longer be read: it has been cut off, or its disk has failed; load the model again",
                    e);
        }
        if (e instanceof Error error) {
            throw error;
        }
        return (RuntimeException) e;
    }

    /** Returns how the JVM says that mapped memory has nothing behind it. */
    private static boolean isFaultOfMemory(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof InternalError
                    && String.valueOf(cause.getMessage()).contains("memory access")) {
                return true;
            }
        }
        return false;
    }

    private void checkUnchanged(Throwable cause) {
        if (changed.isEmpty()) {
            // For good: what was packed in the meantime may be wrong, whatever the file is like later.
            changed = mapped.stream()
                    .filter(MappedFiles::hasChanged)
                    .map(Mapped::file)
                    .findFirst();
        }
        changed.ifPresent(file -> {
            throw new WeightsException(file, "has changed since it was loaded: load the model again", cause);
        });
    }

    private static boolean hasChanged(Mapped file) {
        try {
            Version now = Version.read(file.file());
            return Objects.equals(now.key(), file.version().key()) && !now.equals(file.version());
        } catch (IOException | WeightsException e) {
            // The name has gone, or belongs to something else: what was mapped stays as it is.
            return false;
        }
    }

    /** Lets go of the physical memory behind the files. */
    void unload() {
        for (Mapped file : mapped) {
            if (file.bytes().isMapped()) { // An empty file is not.
                file.bytes().unload();
            }
        }
    }

    /** Unmaps the files; closing again has no effect. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            checks.forEach(ChecksBeside::stop);
            channels.forEach(MappedFiles::close);
            arena.close();
            joined.forEach(MappedFiles::close);
        }
    }

    private static void close(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException("a file that was read cannot be closed", e);
        }
    }
}
