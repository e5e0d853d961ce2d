package detangle.models.text.encoder;

import detangle.models.text.TokenizerException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * SentencePiece's compiled normalisation rules: {@code u32 n, n bytes of a double-array trie (Darts), UTF-8 texts that
 * end in zero}. They are checked when they are read, so that following them never leads out of them.
 */
public final class Charsmap {
    /** The rules of SentencePiece itself, nmt_nfkc_cf, have 240 000 bytes. */
    private static final int MAX_SIZE = 1 << 21;

    /** The longest text of those rules has 33 bytes. */
    private static final int MAX_TEXT = 256;

    private final Path file;
    private final IntBuffer units;
    private final byte[] texts;
    private final List<Optional<String>> ofAscii = new ArrayList<>();

    private Charsmap(Path file, IntBuffer units, byte[] texts) {
        this.file = file;
        this.units = units;
        this.texts = texts;
    }

    /** The match of a rule: {@code length} bytes of UTF-8, by {@code replacement}. */
    public record Match(int length, String replacement) {}

    /**
     * Reads the rules of a SentencePiece model.
     *
     * @throws TokenizerException if the rules are damaged: following them could lead out of them
     */
    public static Charsmap read(Path file, byte[] charsmap) {
        ByteBuffer bytes = ByteBuffer.wrap(charsmap).order(ByteOrder.LITTLE_ENDIAN);
        if (charsmap.length < Integer.BYTES) {
            throw damaged(file, "too short");
        }
        if (charsmap.length > MAX_SIZE) {
            throw new TokenizerException(
                    file,
                    "its precompiled_charsmap has " + charsmap.length + " bytes; at most " + MAX_SIZE + " are taken");
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
        Charsmap rules = new Charsmap(file, units, texts);
        rules.checkTrie();
        for (int c = 0; c < 0x80; c++) {
            rules.ofAscii.add(rules.shortest(new byte[] {(byte) c}));
        }
        return rules;
    }

    /**
     * Returns the longest rule that fits the text at a byte, as SentencePiece applies it (normalizer.cc,
     * NormalizePrefix).
     */
    public Optional<Match> longest(byte[] utf8, int from) {
        Optional<Match> longest = Optional.empty();
        int node = offset(units.get(0));
        for (int i = from; i < utf8.length; i++) {
            node ^= utf8[i] & 0xff;
            int unit = units.get(node);
            if ((unit & 0x8000_00ff) != (utf8[i] & 0xff)) {
                break;
            }
            node ^= offset(unit);
            if ((unit >>> 8 & 1) == 1) {
                longest = Optional.of(new Match(i + 1 - from, text(units.get(node) & Integer.MAX_VALUE)));
            }
        }
        return longest;
    }

    /** Returns the text by which the rule for the shortest prefix of a text replaces it; a text ends at a zero byte. */
    Optional<String> shortest(byte[] utf8) {
        int node = offset(units.get(0));
        for (byte b : utf8) {
            node ^= b & 0xff;
            int unit = units.get(node);
            if (b == 0 || (unit & 0x8000_00ff) != (b & 0xff)) {
                return Optional.empty();
            }
            node ^= offset(unit);
            if ((unit >>> 8 & 1) == 1) {
                return Optional.of(text(units.get(node) & Integer.MAX_VALUE));
            }
        }
        return Optional.empty();
    }

    /** {@link #shortest} of one character. */
    Optional<String> ofCharacter(int codePoint) {
        return codePoint < ofAscii.size()
                ? ofAscii.get(codePoint)
                : shortest(Character.toString(codePoint).getBytes(StandardCharsets.UTF_8));
    }

    private String text(int start) {
        int end = start;
        while (end < texts.length && texts[end] != 0) {
            end++;
        }
        return new String(texts, start, end - start, StandardCharsets.UTF_8);
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
        int end = start;
        while (end < texts.length && texts[end] != 0) {
            if (end++ - start == MAX_TEXT) {
                throw new TokenizerException(
                        file,
                        "its precompiled_charsmap has a text of more than " + MAX_TEXT
                                + " bytes, which is the most that is taken");
            }
        }
    }

    private static TokenizerException damaged(Path file, String found) {
        return new TokenizerException(file, "its precompiled_charsmap is damaged: " + found);
    }
}
