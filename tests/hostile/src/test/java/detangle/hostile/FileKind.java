package detangle.hostile;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** What a file's content looks like, to whoever wants to change it so that its reader gets far. */
enum FileKind {
    JSON,
    /** Text of lines. */
    LINES,
    /** JSON behind its length, and bytes: safetensors and artifacts. */
    HEADED,
    ZIP,
    GZIP,
    /** A message of protocol buffers. */
    PROTO,
    BYTES;

    static FileKind of(byte[] content) {
        if (content.length >= 4 && content[0] == 'P' && content[1] == 'K') {
            return ZIP;
        }
        if (content.length >= 2 && content[0] == 0x1f && content[1] == (byte) 0x8b) {
            return GZIP;
        }
        if (ProtoChanges.isMessage(content)) {
            return PROTO;
        }
        if (HeaderChanges.headerLength(content) > 0) {
            return HEADED;
        }
        try {
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content));
            String begin = text.toString().stripLeading();
            return begin.startsWith("{") || begin.startsWith("[") ? JSON : begin.indexOf('\0') < 0 ? LINES : BYTES;
        } catch (CharacterCodingException e) {
            return BYTES;
        }
    }
}
