package detangle.hub;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model's part of the cache, as huggingface_hub documents it ("Understand caching"): {@code blobs} by hash, {@code
 * snapshots} of links to them by commit, {@code refs} from branches and tags to commits, {@code .no_exist} for files
 * that a commit does not have.
 */
final class HubCache {
    private static final Logger LOG = LoggerFactory.getLogger(HubCache.class);
    private static final int MAX_REF_BYTES = 1 << 10;
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

    private final Path root;
    private final Path locks;

    HubCache(Path cache, ModelId id) {
        String folder = "models--" + id.repository().replace("/", "--");
        this.root = cache.resolve(folder);
        this.locks = cache.resolve(".locks").resolve(folder);
    }

    static boolean isCommit(String revision) {
        return COMMIT.matcher(revision).matches();
    }

    /** Returns the folder of a commit, whether it exists or not. */
    Path snapshot(String commit) {
        return root.resolve("snapshots").resolve(commit);
    }

    Path blob(String hash) {
        return root.resolve("blobs").resolve(hash);
    }

    Path incomplete(String hash) {
        return root.resolve("blobs").resolve(hash + ".incomplete");
    }

    Path lock(String hash) {
        return locks.resolve(hash + ".lock");
    }

    /** Returns the commit that a revision was when it was last asked for. */
    Optional<String> commit(String revision) {
        if (isCommit(revision)) {
            return Optional.of(revision);
        }
        Path ref = root.resolve("refs").resolve(revision);
        if (!Files.exists(ref)) {
            return Optional.empty();
        }
        try {
            return Optional.of(HubJson.text(ref, MAX_REF_BYTES).strip()).filter(HubCache::isCommit);
        } catch (IOException e) {
            LOG.warn("{} is passed over, as it cannot be read: {}", ref, Hub.reason(e));
            return Optional.empty();
        }
    }

    /**
     * Returns whether the cache knows if a commit has a file: it holds the file, or huggingface_hub or {@link
     * #rememberAbsent} noted that there is none.
     */
    boolean knows(String commit, String file) {
        return Files.isRegularFile(snapshot(commit).resolve(file)) || Files.exists(absent(commit, file));
    }

    /**
     * Notes that a commit does not have a file. A cache that cannot be written to does without: the hub is then asked
     * again.
     */
    void rememberAbsent(String commit, String file) {
        Path note = absent(commit, file);
        try {
            Files.createDirectories(note.getParent());
            if (!Files.exists(note)) {
                Files.write(note, new byte[0]);
            }
        } catch (IOException e) {
            LOG.debug("{} cannot be written", note, e);
        }
    }

    private Path absent(String commit, String file) {
        return root.resolve(".no_exist").resolve(commit).resolve(file);
    }

    /** Remembers what commit a revision is. */
    void remember(String revision, String commit) throws IOException {
        if (isCommit(revision) || commit(revision).filter(commit::equals).isPresent()) {
            return;
        }
        Path ref = root.resolve("refs").resolve(revision);
        Files.createDirectories(ref.getParent());
        Path written = Files.createTempFile(ref.getParent(), ".ref", null);
        try {
            Files.writeString(written, commit);
            move(written, ref);
        } finally {
            Files.deleteIfExists(written);
        }
    }

    /** Puts a blob into a snapshot: as a link, or as a copy where links are not to be had. */
    void link(String commit, String file, String hash) throws IOException {
        Path link = snapshot(commit).resolve(file);
        Files.createDirectories(link.getParent());
        if (Files.isRegularFile(link)) {
            return;
        }
        if (Files.exists(link)) {
            throw new HubException(link + " is not a regular file: delete it");
        }
        Files.deleteIfExists(link); // A link whose blob is gone.
        Path blob = blob(hash);
        try {
            Files.createSymbolicLink(link, link.getParent().relativize(blob));
        } catch (UnsupportedOperationException | IOException e) {
            Path copy = Files.createTempFile(link.getParent(), ".copy", null);
            try {
                Files.copy(blob, copy, StandardCopyOption.REPLACE_EXISTING);
                move(copy, link);
            } finally {
                Files.deleteIfExists(copy);
            }
        }
    }

    /**
     * Refuses to write to what is there and is not a regular file: a pipe would never end, and a link leads elsewhere.
     */
    static void requireRegular(Path file) {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new HubException(file + " is not a regular file: delete it");
        }
    }

    /** So that a file is there as a whole or not at all. */
    static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
