package detangle.hub;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.OptionalLong;

/** Brings the bytes of a file, in as many attempts as it takes: each goes on where the one before it has ended. */
final class Transfer {
    private static final int BUFFER_BYTES = 1 << 18;

    /** Bytes a second below which a connection counts as broken, where it stays so for some times the timeout. */
    private static final int MIN_BYTES_PER_SECOND = 256;

    private static final int TIMEOUTS_OF_A_SLOW_CONNECTION = 6;

    /** The bytes after which the free space of the disk is looked at again, for a file whose size nobody tells. */
    private static final long LOOK_AFTER = 64 << 20;

    private static final long ROOM_LEFT = 256 << 20;

    private final HubClient client;
    private final RemoteFile file;
    private final Path to;
    private final HubProgress progress;
    private OptionalLong size;
    private boolean ended;

    /** @param to what has come so far, if it exists */
    Transfer(HubClient client, RemoteFile file, Path to, HubProgress progress) {
        this.client = client;
        this.file = file;
        this.to = to;
        this.progress = progress;
        this.size = file.size();
    }

    /** Bytes come, but so few that it would never end. */
    static final class SlowException extends IOException {
        private static final long serialVersionUID = 1L;

        SlowException(long seconds) {
            super("fewer than " + MIN_BYTES_PER_SECOND + " bytes a second came for " + seconds + " seconds");
        }
    }

    /** Returns the bytes that have come so far. */
    long done() throws IOException {
        return Files.exists(to) ? Files.size(to) : 0;
    }

    /** Returns the size of the whole file, once somebody has told it. */
    OptionalLong size() {
        return size;
    }

    /**
     * Returns whether the whole file has come: as many bytes as it has or, where nobody tells that, all until the
     * answer's own end.
     */
    boolean isComplete() throws IOException {
        return size.isPresent() ? Files.exists(to) && Files.size(to) >= size.getAsLong() : ended;
    }

    /**
     * Asks for what is missing.
     *
     * @throws IOException if the answer breaks off, or another attempt may help
     */
    void attempt() throws IOException {
        long from = done();
        Map<String, String> range = from > 0 ? Map.of("Range", "bytes=" + from + "-") : Map.of();
        try (HubClient.Answer answer = client.get(file.uri(), range)) {
            boolean part = answer.status() == HttpURLConnection.HTTP_PARTIAL;
            boolean goesOn = part
                    && !answer.isEncoded()
                    && answer.header("Content-Range")
                            .filter(r -> r.startsWith("bytes " + from + "-"))
                            .isPresent();
            if (answer.status() == 416 || part && !goesOn) { // What is there is not of this file, or of no use.
                Files.deleteIfExists(to);
                throw new IOException("the range was refused");
            }
            if (!goesOn && answer.status() != HttpURLConnection.HTTP_OK) {
                if (answer.status() >= 500 || answer.status() == 429) {
                    throw new IOException("status " + answer.status());
                }
                throw new HubException(file.uri() + " cannot be read: status " + answer.status());
            }
            if (answer.header("Content-Type")
                    .filter(type -> type.startsWith("text/html"))
                    .isPresent()) {
                throw new HubException(
                        file.uri() + " answers with a web page instead of the file: is HF_ENDPOINT a hub,"
                                + " and does the network ask for a login?");
            }
            long start = goesOn ? from : 0;
            if (size.isEmpty() && answer.length().isPresent()) {
                size = OptionalLong.of(start + answer.length().getAsLong());
            }
            if (size.isEmpty() && !file.tagIsHash() && !answer.marksItsEnd()) {
                throw new HubException(file.uri()
                        + " tells neither its size nor its hash, so it cannot be checked: is HF_ENDPOINT a hub?");
            }
            copy(answer.body(), start);
            ended = true;
        }
    }

    private void copy(InputStream in, long from) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        long done = from;
        long looked = from;
        Pace pace = new Pace();
        try (OutputStream out = open(from > 0)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                if (done + n > size.orElse(Long.MAX_VALUE)) {
                    Files.deleteIfExists(to); // None of it is of the file.
                    throw new HubException(
                            file.uri() + " is longer than the " + size.getAsLong() + " bytes that the hub tells");
                }
                if (done + n > file.maxBytes()) {
                    Files.deleteIfExists(to);
                    throw Download.tooLarge(file);
                }
                if (size.isEmpty() && done - looked > LOOK_AFTER) {
                    looked = done;
                    requireRoom();
                }
                pace.came(n);
                try {
                    out.write(buffer, 0, n);
                } catch (IOException e) {
                    throw unwritable(e);
                }
                done += n;
                progress.at(file.name(), done, size.orElse(done));
            }
        }
    }

    /** Returns a fault of the disk and not of the network: another attempt would not help. */
    private HubException unwritable(IOException e) {
        return new HubException(to + " cannot be written: " + e.getMessage(), e);
    }

    private void requireRoom() throws IOException {
        if (Files.getFileStore(to.toAbsolutePath().getParent()).getUsableSpace() < ROOM_LEFT) {
            Files.deleteIfExists(to);
            throw new HubException(file.uri() + " tells no size and fills the disk of " + to.getParent()
                    + ": make room, or set HF_HUB_CACHE to another folder");
        }
    }

    /** Measures how fast bytes come. */
    private final class Pace {
        private final long span =
                client.timeout().multipliedBy(TIMEOUTS_OF_A_SLOW_CONNECTION).toNanos();
        private long since = System.nanoTime();
        private long bytes;

        void came(int count) throws SlowException {
            bytes += count;
            long passed = System.nanoTime() - since;
            if (passed > span) {
                if (bytes < MIN_BYTES_PER_SECOND * (passed / 1e9)) {
                    throw new SlowException(passed / 1_000_000_000);
                }
                since = System.nanoTime();
                bytes = 0;
            }
        }
    }

    private OutputStream open(boolean append) {
        try {
            return Files.newOutputStream(
                    to,
                    StandardOpenOption.CREATE,
                    append ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE,
                    LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }
}
