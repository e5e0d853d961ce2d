package detangle.hub;

import detangle.ir.InternalException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The hashes that hubs, mirrors and repository managers call files by, in hexadecimal digits. */
final class Hashes {
    private static final int BUFFER_BYTES = 1 << 18;

    private Hashes() {}

    /** Returns the SHA-256 of a file, as Git LFS computes it. */
    static String sha256(Path file) throws IOException {
        return of(file, digest("SHA-256"));
    }

    static String sha256(String text) {
        return hex(digest("SHA-256"), text.getBytes(StandardCharsets.UTF_8));
    }

    /** SHA-1 of the content alone, as repository managers take it. */
    static String sha1(Path file) throws IOException {
        return of(file, digest("SHA-1"));
    }

    /** SHA-1 as git takes it of a blob. */
    static String git(Path file) throws IOException {
        MessageDigest digest = digest("SHA-1");
        digest.update(("blob " + Files.size(file) + "\0").getBytes(StandardCharsets.US_ASCII));
        return of(file, digest);
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new InternalException("every JDK has these", e);
        }
    }

    private static String of(Path file, MessageDigest digest) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
        }
        return hex(digest, new byte[0]);
    }

    private static String hex(MessageDigest digest, byte[] last) {
        return HexFormat.of().formatHex(digest.digest(last));
    }
}
