package detangle.pipelines.redaction;

import detangle.pipelines.PipelineException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A secret with which parts of texts are hashed. It comes from a file or from a variable of the environment, because
 * every user of a machine can see command lines. Nothing prints it.
 */
public final class HashKey implements Serializable {
    /** The variable that holds a key. */
    public static final String VARIABLE = "DETANGLE_HASH_KEY";

    private static final long serialVersionUID = 1L;
    private static final String ALGORITHM = "HmacSHA256";
    private static final int MIN_BYTES = 16;
    private static final int MAX_BYTES = 4096;

    private final byte[] secret;

    private HashKey(byte[] secret) {
        this.secret = secret;
    }

    /**
     * Makes a key of its bytes. A line end behind them is not a part of the key, so that a file and a variable may hold
     * the same one.
     *
     * @param source the name of the key in messages
     * @throws PipelineException if it has fewer than 16 bytes, which an attacker could guess, or more than 4096
     */
    public static HashKey of(String source, byte[] bytes) {
        int length = bytes.length;
        if (length > 0 && bytes[length - 1] == '\n') {
            length--;
            if (length > 0 && bytes[length - 1] == '\r') {
                length--;
            }
        }
        if (length < MIN_BYTES || length > MAX_BYTES) {
            throw new PipelineException(source + " holds " + (length > MAX_BYTES ? "more than " + MAX_BYTES : length)
                    + " bytes, and a key has " + MIN_BYTES + " to " + MAX_BYTES
                    + ": make one with openssl rand -hex 32");
        }
        return new HashKey(Arrays.copyOf(bytes, length));
    }

    /**
     * Reads a file that holds a key and nothing else.
     *
     * @throws PipelineException if it cannot be read, or does not hold a key
     */
    public static HashKey read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new PipelineException(file + " is not a file: name one that holds a key");
        }
        try (InputStream stream = Files.newInputStream(file)) {
            // One byte more than allowed, and a line end, so that a key that is too long is noticed.
            return of(file.toString(), stream.readNBytes(MAX_BYTES + 3));
        } catch (IOException e) {
            throw new PipelineException(file + " cannot be read: name a file that holds a key", e);
        }
    }

    /** Returns the key that the environment has in {@value #VARIABLE}; an empty variable counts as none. */
    public static Optional<HashKey> ofEnvironment() {
        return Optional.ofNullable(System.getenv(VARIABLE))
                .filter(value -> !value.isEmpty())
                .map(value -> of(VARIABLE, value.getBytes(StandardCharsets.UTF_8)));
    }

    /** Returns the first hexadecimal digits of the HMAC-SHA-256 of a text's UTF-8. */
    String hash(String text, int digits) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret, ALGORITHM));
            return HexFormat.of()
                    .formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)))
                    .substring(0, digits);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }
}
