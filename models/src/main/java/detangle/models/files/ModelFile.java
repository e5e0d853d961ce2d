package detangle.models.files;

import detangle.models.content.Substitute;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A file of a model.
 *
 * @param path its name, for messages
 * @param content all of it; not to be changed
 */
public record ModelFile(Path path, byte[] content) {
    /**
     * Reads a file that stands by itself. An {@link IOException} says what the file is, if it is a pointer of Git LFS, a web page or an
     * error in the place of what its name says.
     */
    public static ModelFile read(Path path) throws IOException {
        byte[] content = Files.readAllBytes(path);
        Optional<String> substitute = Substitute.of(content, false);
        if (substitute.isPresent()) {
            throw new IOException(substitute.get());
        }
        return new ModelFile(path, content);
    }

    /** The content as UTF-8; a {@link java.nio.charset.CharacterCodingException} if it is something else. */
    public String text() throws IOException {
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(content))
                .toString();
    }
}
