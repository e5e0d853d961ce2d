package detangle.models.text;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.BitSet;

/**
 * Checks SentencePiece's compiled normalisation rules: {@code u32 n, n bytes of a double-array trie (Darts), UTF-8
 * texts that end in zero}. The native library follows the trie without a check, and an index that leads out of it ends
 * the process.
 */
final class Charsmap {
    private final Path file;
    private final IntBuffer units;
    private final byte[] texts;

    private Charsmap(Path file, IntBuffer units, byte[] texts) {
        this.file = file;
        this.units = units;
        this.texts = texts;
    }

    /** A {@link TokenizerException} if following the rules could lead out of them. */
    static void check(Path file, byte[] charsmap) {
        ByteBuffer bytes = ByteBuffer.wrap(charsmap).order(ByteOrder.LITTLE_ENDIAN);
        if (charsmap.length < Integer.BYTES) {
            throw damaged(file, "too short");
        }
        int trieBytes = bytes.getInt();
        if (trieBytes <= 0 || trieBytes % Integer.BYTES != 0 || trieBytes > bytes.remaining()) {
            throw damaged(file, "a trie of " + Integer.toUnsignedString(trieBytes) + " bytes");
        }
        IntBuffer units = bytes.slice(bytes.position(), trieBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer();
        byte[] texts = new byte[bytes.remaining() - trieBytes];
        bytes.get(bytes.position() + trieBytes, texts);
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(texts));
        } catch (CharacterCodingException e) {
            throw damaged(file, "texts that are not UTF-8");
        }
        new Charsmap(file, units, texts).checkTrie();
    }

    /** Visits every node that some text leads to. */
    private void checkTrie() {
        BitSet seen = new BitSet(units.limit());
        ArrayDeque<Integer> pending = new ArrayDeque<>();
        seen.set(0);
        pending.add(0);
        while (!pending.isEmpty()) {
            int node = pending.remove();
            int unit = units.get(node);
            int children = node ^ offset(unit);
            // A node's children lie at children ^ label, so within the block of 256 that it is in.
            if (children < 0 || (children | 0xff) >= units.limit()) {
                throw damaged(file, "a trie that leads out of itself");
            }
            if (node != 0 && (unit >>> 8 & 1) == 1) {
                checkText(units.get(children) & Integer.MAX_VALUE);
            }
            for (int label = 1; label <= 0xff; label++) {
                int child = children ^ label;
                if ((units.get(child) & 0x8000_00ff) == label && !seen.get(child)) {
                    seen.set(child);
                    pending.add(child);
                }
            }
        }
    }

    private static int offset(int unit) {
        return unit >>> 10 << ((unit & 1 << 9) >>> 6);
    }

    private void checkText(int start) {
        boolean inside = start < texts.length && (texts[start] & 0xc0) != 0x80;
        if (!inside && start != texts.length) {
            throw damaged(file, "a text that begins outside the texts or within a character");
        }
    }

    private static TokenizerException damaged(Path file, String found) {
        return new TokenizerException(file, "its precompiled_charsmap is damaged: " + found);
    }
}
