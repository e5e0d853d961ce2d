package detangle.models.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file of a model.
 *
 * @param path its name, for messages
 * @param content all of it; not to be changed
 */
public record ModelFile(Path path, byte[] content) {
    /** Reads a file that stands by itself. */
    public static ModelFile read(Path path) throws IOException {
        return new ModelFile(path, Files.readAllBytes(path));
    }

    /** The content as UTF-8; a {@link java.nio.charset.CharacterCodingException} if it is something else. */
    public String text() throws IOException {
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(content))
                .toString();
    }
}
