package detangle.models.files;

import detangle.models.content.Substitute;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Locale;
import java.util.Optional;

/**
 * A file of a model that is read whole: configuration, tokenizer, weights of a small module.
 *
 * @param path its name, for messages
 * @param content all of it; not to be changed
 */
public record ModelFile(Path path, byte[] content) {
    private static final int BYTES_PER_MIB = 1 << 20;

    /** The largest tokenizer.json of a released DeBERTa is mDeBERTa's, with 16 MB. */
    private static final int MAX_TOKENIZER_BYTES = 32 * BYTES_PER_MIB;

    /** The largest spm.model is mDeBERTa's, with 4.3 MB. */
    private static final int MAX_PIECES_BYTES = 16 * BYTES_PER_MIB;

    /** The state of a training has its log, with some 200 bytes for each entry. */
    private static final int MAX_STATE_BYTES = 32 * BYTES_PER_MIB;

    /** Configurations have kilobytes, and vocabularies as text about a megabyte. */
    private static final int MAX_OTHER_BYTES = 8 * BYTES_PER_MIB;

    /** Weights of a module behind the encoder, which an artifact takes whole: a matrix of 8192 rows and columns. */
    private static final int MAX_WEIGHTS_BYTES = 256 * BYTES_PER_MIB;

    /**
     * Reads a file that stands by itself. A path to something else than a regular file is never opened, because opening
     * a pipe waits for a process that writes.
     *
     * @throws IOException if the path does not exist or is not a regular file, if the file has more than {@link #limit}
     *     bytes, or if it is a pointer of Git LFS, a web page or an error in the place of what its name says. The
     *     message can follow "cannot be read: "
     */
    public static ModelFile read(Path path) throws IOException {
        byte[] content = bytes(path);
        Optional<String> substitute = Substitute.of(content, false);
        if (substitute.isPresent()) {
            throw new IOException(substitute.get());
        }
        return new ModelFile(path, content);
    }

    /** Returns how many bytes a file of that name may have: far more than that of any known model. */
    public static int limit(Path path) {
        String name = path.getFileName() == null ? "" : path.getFileName().toString();
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "tokenizer.json" -> MAX_TOKENIZER_BYTES;
            case "spm.model" -> MAX_PIECES_BYTES;
            case "trainer_state.json" -> MAX_STATE_BYTES;
            default -> name.endsWith(".safetensors") ? MAX_WEIGHTS_BYTES : MAX_OTHER_BYTES;
        };
    }

    /**
     * Checks the size of a file.
     *
     * @throws IOException if a file of that name has more bytes than {@link #limit} lets it have; it says both numbers
     */
    public static void checkSize(Path path, long size) throws IOException {
        if (size > limit(path)) {
            throw new IOException("it has " + size + " bytes, and a file of that name may have at most " + limit(path));
        }
    }

    private static byte[] bytes(Path path) throws IOException {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            if (!attributes.isRegularFile()) {
                throw new IOException(
                        attributes.isDirectory()
                                ? "it is a folder and not a file"
                                : "it is a pipe or a device and not a regular file");
            }
            checkSize(path, attributes.size());
            int size = (int) attributes.size();
            if (size == 0) {
                return new byte[0]; // Files that a system makes up when they are read say 0, and may have no end.
            }
            try (InputStream in = Files.newInputStream(path)) {
                byte[] content = in.readNBytes(size + 1);
                if (content.length != size) {
                    throw new IOException(
                            "it has become " + (content.length > size ? "longer" : "shorter") + " while it was read");
                }
                return content;
            }
        } catch (FileSystemException e) {
            throw new IOException(fault(path, e), e);
        }
    }

    private static String fault(Path path, FileSystemException e) {
        return switch (e) {
            case NoSuchFileException missing ->
                Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                        ? "it is a link to a file that does not exist"
                        : "it does not exist";
            case AccessDeniedException denied -> "no permission to read it";
            default -> Optional.ofNullable(e.getReason()).orElse("the system does not say why");
        };
    }

    /**
     * Returns the content as UTF-8.
     *
     * @throws CharacterCodingException if the content is not UTF-8
     */
    public String text() throws CharacterCodingException {
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(content))
                .toString();
    }
}
