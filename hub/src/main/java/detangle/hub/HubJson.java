package detangle.hub;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** JSON of a hub, which may be anybody's: what is larger than any hub's is refused before it fills the memory. */
final class HubJson {
    /** Bytes of an answer that lists a repository. */
    static final int MAX_LISTING_BYTES = 32 << 20;

    /** Bytes of a file in the cache, which is an index of shards or a list of modules. */
    private static final int MAX_FILE_BYTES = 8 << 20;

    /** Names, values and brackets; a listing has four for each file. */
    private static final long MAX_TOKENS = 200_000;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxTokenCount(MAX_TOKENS)
                            .build())
                    .build())
            .build();

    private HubJson() {}

    /**
     * Returns the JSON of a stream.
     *
     * @throws IOException if the stream breaks off
     * @throws JacksonException if it is not JSON, or too much of it
     */
    static JsonNode read(InputStream stream) throws IOException {
        try {
            return MAPPER.readTree(stream);
        } catch (JacksonIOException e) {
            throw e.getCause();
        }
    }

    /**
     * Returns the JSON of a file.
     *
     * @throws IOException if it cannot be read, is not a regular file, or has more than 8 MiB
     * @throws JacksonException if it is not JSON, or too much of it
     */
    static JsonNode read(Path file) throws IOException {
        return MAPPER.readTree(text(file, MAX_FILE_BYTES));
    }

    /**
     * Returns the text of a small file.
     *
     * @throws IOException if it cannot be read, is not a regular file, is not UTF-8, or has more than {@code maxBytes}
     *     bytes
     */
    static String text(Path file, int maxBytes) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("it is not a regular file");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(maxBytes + 1);
            if (bytes.length > maxBytes) {
                throw new IOException("it has more than " + maxBytes + " bytes");
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        }
    }
}
