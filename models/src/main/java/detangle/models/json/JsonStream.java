package detangle.models.json;

import detangle.models.json.StrictJson.InvalidJson;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;

/**
 * Large JSON out of memory that may be mapped, token by token, for readers that keep little of it. As strict as
 * {@link StrictJson}, but that names which occur twice are the reader's to refuse.
 */
public final class JsonStream {
    private static final int MAX_NAME_CHARACTERS = 1 << 16;
    private static final int MAX_TEXT_CHARACTERS = 8 << 20;
    private static final int MAX_DEPTH = 100;

    /** Twenty of them describe a tensor in the header of a safetensors file. */
    private static final int MAX_TOKENS = 4_000_000;

    /** Names are not remembered from one file to the next, as they are all different. */
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNameLength(MAX_NAME_CHARACTERS)
                    .maxStringLength(MAX_TEXT_CHARACTERS)
                    .maxNestingDepth(MAX_DEPTH)
                    .maxTokenCount(MAX_TOKENS)
                    .build())
            .build();

    private JsonStream() {}

    /** Reads a value. */
    @FunctionalInterface
    public interface Reader<T> {
        /** Is given the first token, and leaves the parser at the last of the same value. */
        T read(JsonParser parser);
    }

    /**
     * Returns what a reader makes of the one value that the bytes spell.
     *
     * @throws InvalidJson if the bytes are not JSON of one value, or are beyond a limit of this class
     */
    public static <T> T read(MemorySegment utf8, Reader<T> reader) throws InvalidJson {
        return read(FACTORY, utf8, reader);
    }

    static <T> T read(JsonFactory factory, MemorySegment utf8, Reader<T> reader) throws InvalidJson {
        // Decoded here because the parser would take other encodings, and guess which.
        InputStreamReader characters =
                new InputStreamReader(new SegmentStream(utf8), StandardCharsets.UTF_8.newDecoder());
        try (JsonParser parser = factory.createParser(ObjectReadContext.empty(), characters)) {
            if (parser.nextToken() == null) {
                throw new InvalidJson("not JSON: empty");
            }
            T result = reader.read(parser);
            if (parser.nextToken() != null) {
                throw new InvalidJson("not valid JSON: something follows its end");
            }
            return result;
        } catch (JacksonException e) {
            throw new InvalidJson(fault(factory.streamReadConstraints(), e), e);
        }
    }

    private static String fault(StreamReadConstraints bounds, JacksonException e) {
        if (e.getCause() instanceof CharacterCodingException) {
            return "not valid UTF-8";
        }
        if (e instanceof StreamConstraintsException) {
            return "not valid JSON: it is nested too deeply, or has too many or too long values; the most are "
                    + tokens(bounds) + bounds.getMaxNestingDepth()
                    + " levels, names of "
                    + bounds.getMaxNameLength() + " characters, texts of " + bounds.getMaxStringLength()
                    + " and numbers of " + bounds.getMaxNumberLength() + " digits";
        }
        return JsonTrees.fault(e);
    }

    private static String tokens(StreamReadConstraints bounds) {
        return bounds.hasMaxTokenCount() ? bounds.getMaxTokenCount() + " tokens, " : "";
    }

    /** The bytes of memory that may be mapped, from first to last. */
    static final class SegmentStream extends InputStream {
        private final MemorySegment bytes;
        private long at;

        SegmentStream(MemorySegment bytes) {
            this.bytes = bytes;
        }

        @Override
        public int read() {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] to, int offset, int length) {
            if (at == bytes.byteSize()) {
                return -1;
            }
            int count = (int) Math.min(length, bytes.byteSize() - at);
            MemorySegment.copy(bytes, at, MemorySegment.ofArray(to), offset, count);
            at += count;
            return count;
        }
    }
}
