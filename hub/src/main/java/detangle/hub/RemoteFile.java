package detangle.hub;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * The facts about a file that are known before its bytes are asked for.
 *
 * @param name in the repository
 * @param uri where the hub has it, for the commit that is loaded
 * @param tag the ETag, without quotes and the mark of a weak one; empty if there is none
 * @param tagIsHash whether the hub itself says that the tag is git's or Git LFS's hash of the content. The ETag of a
 *     mirror or a repository manager may be anything, and is then a name alone
 * @param size in bytes, where it is told
 */
record RemoteFile(String name, URI uri, String tag, boolean tagIsHash, OptionalLong size) {
    private static final long MAX_BYTES_BESIDE_WEIGHTS = 1 << 30;
    private static final Pattern HASH = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");

    /** Returns whether the tag has the form of a hash: hexadecimal digits, 64 of SHA-256 or 40 of SHA-1. */
    boolean tagLooksLikeHash() {
        return looksLikeHash(tag);
    }

    /**
     * Returns the bytes that it may have: weights are as large as they are, and nothing else of a model comes near
     * this.
     */
    long maxBytes() {
        return name.endsWith(".safetensors") || name.endsWith(".bin") && !name.endsWith("bpe_encoder.bin")
                ? Long.MAX_VALUE
                : MAX_BYTES_BESIDE_WEIGHTS;
    }

    private static boolean looksLikeHash(String tag) {
        return HASH.matcher(tag).matches();
    }

    /**
     * Returns what the file is called while it is loaded: a name that is safe for files, and another one for another
     * content.
     */
    String key() {
        // A commit never changes, and the address names it.
        return tagLooksLikeHash() ? tag : Hashes.sha256(uri + "\n" + tag);
    }

    /** Collects what answers to HEAD tell, those that redirect included, until it is enough. */
    static final class Facts {
        private Optional<String> tag = Optional.empty();
        private boolean tagIsHash;
        private OptionalLong size = OptionalLong.empty();

        /**
         * Takes what an answer tells. Where the hub redirects to a store, its headers X-Linked-* are those of the file
         * itself. A mirror's redirect may tell nothing, and then the answer that it leads to is what tells.
         *
         * @return whether nothing more needs to be asked
         */
        boolean add(HubClient.Answer answer) {
            Optional<String> linked = answer.header("X-Linked-Etag");
            if (tag.isEmpty() && linked.isPresent()) {
                tag = linked.map(Facts::unquoted);
                tagIsHash = true;
            }
            if (size.isEmpty()) {
                size = HubClient.bytes(answer.header("X-Linked-Size"));
            }
            if (answer.isRedirect()) {
                return tag.isPresent() && size.isPresent();
            }
            if (answer.isSuccess()) {
                if (tag.isEmpty()) {
                    tag = answer.header("ETag").map(Facts::unquoted);
                    tagIsHash = answer.header("X-Repo-Commit").isPresent();
                }
                // Some answer HEAD with the length of the body that HEAD has not; no file of a model is empty.
                if (size.orElse(0) == 0) {
                    size = answer.length().orElse(0) > 0 ? answer.length() : OptionalLong.empty();
                }
            }
            return true;
        }

        private static String unquoted(String tag) {
            String name = tag.strip().replaceFirst("^W/", "").replace("\"", "");
            return name.matches("[0-9A-F]+") ? name.toLowerCase(Locale.ROOT) : name;
        }

        RemoteFile of(String name, URI uri) {
            String known = tag.orElse("");
            return new RemoteFile(name, uri, known, tagIsHash && looksLikeHash(known), size);
        }
    }
}
