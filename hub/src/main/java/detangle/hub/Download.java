package detangle.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings one file into the cache. What has come of it stays there under another name until all of it has, and its size
 * and hash are right; a later attempt goes on where one has ended.
 */
final class Download {
    private static final Logger LOG = LoggerFactory.getLogger(Download.class);

    /** Attempts in a row that may bring nothing. */
    private static final int ATTEMPTS = 4;

    /** A lock on a file is the process's, not the thread's. */
    private static final Map<Path, ReentrantLock> LOCKS = new ConcurrentHashMap<>();

    private final HubClient client;
    private final HubCache cache;
    private final HubProgress progress;
    private final long pauseMillis;

    Download(HubClient client, HubCache cache, HubProgress progress, long pauseMillis) {
        this.client = client;
        this.cache = cache;
        this.progress = progress;
        this.pauseMillis = pauseMillis;
    }

    /** Makes sure that a file is in the snapshot of a commit. */
    void fetch(String commit, RemoteFile file) throws IOException {
        Path lockFile = cache.lock(file.key());
        HubCache.requireRegular(lockFile);
        Files.createDirectories(lockFile.getParent());
        Files.createDirectories(cache.blob(file.key()).getParent());
        ReentrantLock own = LOCKS.computeIfAbsent(lockFile.toAbsolutePath(), p -> new ReentrantLock());
        own.lock();
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = lock(channel, lockFile)) {
            // Another thread or process may have brought it in the meantime.
            if (lock.isValid() && !Files.isRegularFile(cache.snapshot(commit).resolve(file.name()))) {
                cache.link(commit, file.name(), isThere(file) ? file.tag() : complete(file));
            }
        } finally {
            own.unlock();
        }
    }

    /** Waits for other processes that load the same file, and says so. */
    private static FileLock lock(FileChannel channel, Path file) throws IOException {
        FileLock free = channel.tryLock();
        if (free != null) {
            return free;
        }
        LOG.warn("another process loads the same file and holds {}: waiting for it", file);
        return channel.lock();
    }

    private boolean isThere(RemoteFile file) throws IOException {
        if (!file.tagLooksLikeHash()) {
            return false; // It may not even be a name of a file.
        }
        Path blob = cache.blob(file.tag());
        return Files.isRegularFile(blob) && Files.size(blob) == file.size().orElse(Files.size(blob));
    }

    /** Loads a file, and returns the name of its blob. */
    private String complete(RemoteFile file) throws IOException {
        Path incomplete = cache.incomplete(file.key());
        HubCache.requireRegular(incomplete);
        if (file.size().orElse(0) > file.maxBytes()) {
            throw tooLarge(file);
        }
        Transfer transfer = new Transfer(client, file, incomplete, progress);
        if (file.size().isPresent()) {
            long missing = file.size().getAsLong() - transfer.done();
            long free = Files.getFileStore(incomplete.getParent()).getUsableSpace();
            if (missing > free) {
                throw new HubException(file.name() + " needs " + megabytes(missing) + " more in "
                        + incomplete.getParent() + ", where " + megabytes(free)
                        + " are free: make room, or set HF_HUB_CACHE to another folder");
            }
        }
        int fruitless = 0;
        while (!transfer.isComplete()) {
            long before = transfer.done();
            String fault = "the answer is too short";
            try {
                transfer.attempt();
            } catch (Transfer.SlowException e) {
                fault = reason(e);
                before = transfer.done();
            } catch (IOException e) {
                fault = reason(e);
            }
            if (!transfer.isComplete()) {
                long after = transfer.done();
                fruitless = after > before ? 0 : fruitless + 1;
                if (fruitless == ATTEMPTS) {
                    String of = transfer.size().isPresent()
                            ? after + " of " + transfer.size().getAsLong()
                            : Long.toString(after);
                    throw new HubException(file.uri() + " broke off after " + of + " bytes (" + fault
                            + "): run it again to go on from there");
                }
                pause(fruitless);
            }
        }
        String blob = checked(file, transfer, incomplete);
        HubCache.move(incomplete, cache.blob(blob));
        return blob;
    }

    /**
     * Returns the name of the blob: the hash that the hub tells, or SHA-256 of what has come where it tells none that
     * is known.
     */
    private String checked(RemoteFile file, Transfer transfer, Path incomplete) throws IOException {
        long size = Files.size(incomplete);
        if (size != transfer.size().orElse(size)) {
            throw damaged(
                    file,
                    incomplete,
                    "it has " + size + " bytes and should have "
                            + transfer.size().getAsLong());
        }
        if (file.tagLooksLikeHash()) {
            boolean sha256 = file.tag().length() == 64;
            String hash = sha256 ? Hashes.sha256(incomplete) : Hashes.git(incomplete);
            if (hash.equals(file.tag()) || !sha256 && Hashes.sha1(incomplete).equals(file.tag())) {
                return file.tag();
            }
            if (file.tagIsHash()) {
                throw damaged(file, incomplete, "its hash is " + hash + " and should be " + file.tag());
            }
        }
        LOG.debug("{} has no hash that is known ('{}'): its size alone is checked", file.uri(), file.tag());
        return Hashes.sha256(incomplete);
    }

    static HubException tooLarge(RemoteFile file) {
        return new HubException(file.uri() + " has more than " + megabytes(file.maxBytes())
                + ", the most that is loaded of a file that holds no weights");
    }

    private static HubException damaged(RemoteFile file, Path incomplete, String fault) throws IOException {
        Files.delete(incomplete);
        return new HubException(file.uri() + " is damaged: " + fault + "; it was deleted, run it again");
    }

    private static String reason(IOException e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private void pause(int attempt) {
        try {
            Thread.sleep(pauseMillis << attempt);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HubException("the download was interrupted: run it again to go on", e);
        }
    }

    private static String megabytes(long bytes) {
        return (bytes + 999_999) / 1_000_000 + " MB";
    }
}
