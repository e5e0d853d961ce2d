package detangle.hub;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Brings one file into the cache. What has come of it stays there under another name until all of it has, and its hash is right; a
 * later attempt goes on where one has ended.
 */
final class Download {
    /** Attempts in a row that may bring nothing. */
    private static final int ATTEMPTS = 4;

    private static final int BUFFER = 1 << 18;

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

    /**
     * What the hub says of a file.
     *
     * @param hash SHA-256 of the content, or the SHA-1 that git gives it
     * @param size in bytes
     */
    record RemoteFile(String name, URI uri, String hash, long size) {}

    /** Makes sure that the blob of a file is in the cache. */
    void fetch(RemoteFile file) throws IOException {
        Path lockFile = cache.lock(file.hash());
        Files.createDirectories(lockFile.getParent());
        Files.createDirectories(cache.blob(file.hash()).getParent());
        ReentrantLock own = LOCKS.computeIfAbsent(lockFile.toAbsolutePath(), p -> new ReentrantLock());
        own.lock();
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            if (lock.isValid() && !isThere(file)) {
                complete(file);
            }
        } finally {
            own.unlock();
        }
    }

    private boolean isThere(RemoteFile file) throws IOException {
        Path blob = cache.blob(file.hash());
        return Files.isRegularFile(blob) && Files.size(blob) == file.size();
    }

    private void complete(RemoteFile file) throws IOException {
        Path incomplete = cache.incomplete(file.hash());
        long missing = file.size() - sizeOf(incomplete);
        long free = Files.getFileStore(incomplete.getParent()).getUsableSpace();
        if (missing > free) {
            throw new HubException(file.name() + " needs " + megabytes(missing) + " more in " + incomplete.getParent()
                    + ", where " + megabytes(free) + " are free: make room, or set HF_HUB_CACHE to another folder");
        }
        int fruitless = 0;
        while (sizeOf(incomplete) < file.size() || !Files.exists(incomplete)) {
            long before = sizeOf(incomplete);
            String fault = "the answer is too short";
            try {
                transfer(file, incomplete);
            } catch (WriteException e) {
                throw new HubException(
                        incomplete + " cannot be written: " + e.getCause().getMessage(), e);
            } catch (IOException e) {
                fault = reason(e);
            }
            long after = sizeOf(incomplete);
            if (after < file.size()) {
                fruitless = after > before ? 0 : fruitless + 1;
                if (fruitless == ATTEMPTS) {
                    throw new HubException(file.uri() + " broke off after " + after + " of " + file.size() + " bytes ("
                            + fault + "): run it again to go on from there");
                }
                pause(fruitless);
            }
        }
        String hash = hash(incomplete, file.hash().length() == 64);
        if (sizeOf(incomplete) != file.size() || !hash.equals(file.hash())) {
            Files.delete(incomplete);
            throw new HubException(file.uri() + " is damaged: its hash is " + hash + " and should be " + file.hash()
                    + "; it was deleted, run it again");
        }
        HubCache.move(incomplete, cache.blob(file.hash()));
    }

    private static String reason(IOException e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private static long sizeOf(Path path) throws IOException {
        return Files.exists(path) ? Files.size(path) : 0;
    }

    /** A fault of the disk and not of the network: another attempt would not help. */
    private static final class WriteException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        WriteException(IOException cause) {
            super(cause);
        }
    }

    private void transfer(RemoteFile file, Path incomplete) throws IOException {
        long from = sizeOf(incomplete);
        Map<String, String> range = from > 0 ? Map.of("Range", "bytes=" + from + "-") : Map.of();
        try (HubClient.Answer answer = client.get(file.uri(), range)) {
            boolean goesOn = answer.status() == HttpURLConnection.HTTP_PARTIAL
                    && answer.header("Content-Range")
                            .filter(r -> r.startsWith("bytes " + from + "-"))
                            .isPresent();
            if (answer.status() == 416) { // What is there is not of this file.
                Files.deleteIfExists(incomplete);
                throw new IOException("the range was refused");
            }
            if (!goesOn && answer.status() != HttpURLConnection.HTTP_OK) {
                if (answer.status() >= 500 || answer.status() == 429) {
                    throw new IOException("status " + answer.status());
                }
                throw new HubException(file.uri() + " cannot be read: status " + answer.status());
            }
            copy(answer.body(), incomplete, goesOn ? from : 0, file);
        }
    }

    private void copy(InputStream in, Path to, long from, RemoteFile file) throws IOException {
        byte[] buffer = new byte[BUFFER];
        long done = from;
        try (OutputStream out = open(to, from > 0)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                if (done + n > file.size()) {
                    throw new HubException(
                            file.uri() + " is longer than the " + file.size() + " bytes that the hub tells");
                }
                try {
                    out.write(buffer, 0, n);
                } catch (IOException e) {
                    throw new WriteException(e);
                }
                done += n;
                progress.at(file.name(), done, file.size());
            }
        }
    }

    private static OutputStream open(Path to, boolean append) {
        try {
            return Files.newOutputStream(
                    to,
                    StandardOpenOption.CREATE,
                    append ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new WriteException(e);
        }
    }

    private void pause(int attempt) {
        try {
            Thread.sleep(pauseMillis << attempt);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HubException("the download was interrupted: run it again to go on", e);
        }
    }

    /** SHA-256 as Git LFS takes it, or SHA-1 as git takes it of a blob. */
    private static String hash(Path file, boolean sha256) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance(sha256 ? "SHA-256" : "SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has these", e);
        }
        if (!sha256) {
            digest.update(("blob " + Files.size(file) + "\0").getBytes(StandardCharsets.US_ASCII));
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[BUFFER];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static String megabytes(long bytes) {
        return (bytes + 999_999) / 1_000_000 + " MB";
    }
}
