package detangle.hostile;

import detangle.models.text.TokenizerKind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** SentencePiece's models, and the three tokenizers that are made of them. */
final class SentencePieceReader implements Reader {
    private static final String FILE = "spm.model";
    private static final int NORMAL = 1;
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;
    private static final int BYTE = 6;

    private final List<Hostile> files = new ArrayList<>();

    @Override
    public String name() {
        return "spm-model";
    }

    @Override
    public List<Hostile> good() {
        return List.of(
                new Hostile("a tiny model", FolderWriter.file(FILE, tiny().bytes()), ""),
                new Hostile("the trained one", TokenizerJsonReader.trained(FILE), ""));
    }

    @Override
    public void read(Path folder) {
        TokenizerRoundTrip.of(folder, TokenizerKind.HUGGINGFACE);
        TokenizerRoundTrip.of(folder, TokenizerKind.SLOW);
        TokenizerRoundTrip.of(folder, TokenizerKind.SENTENCEPIECE);
    }

    @Override
    public List<Hostile> madeByHand() {
        files.clear();
        pieces();
        wire();
        charsmaps();
        files.addAll(StrangeFiles.inThePlaceOf(FILE, folder -> {}));
        return List.copyOf(files);
    }

    private void made(String name, Proto model, String expected) {
        files.add(new Hostile(name, FolderWriter.file(FILE, model.bytes()), expected));
    }

    private void added(String name, Consumer<Proto> more, String expected) {
        Proto model = tiny();
        more.accept(model);
        made(name, model, expected);
    }

    private void pieces() {
        made("text", new Proto().raw("hello".getBytes(StandardCharsets.UTF_8)), "not a SentencePiece model");
        made("no piece for the unknown", piece(piece(new Proto(), "[CLS]", 0, CONTROL), "[SEP]", 0, CONTROL), FILE);
        made("no [SEP]", piece(piece(new Proto(), "[CLS]", 0, CONTROL), "[UNK]", 0, UNKNOWN), "has no piece [SEP]");
        added("an empty piece", m -> piece(m, "", -1, NORMAL), "has a piece ''");
        added("a score that is NaN", m -> piece(m, "q", Float.NaN, NORMAL), "of score NaN");
        added("an infinite score", m -> piece(m, "q", Float.NEGATIVE_INFINITY, NORMAL), "of score -Infinity");
        added(
                "scores as large as they come",
                m -> piece(piece(m, "q", Float.MAX_VALUE, NORMAL), "qq", -Float.MAX_VALUE, NORMAL),
                "");
        added("type 0", m -> piece(m, "q", -1, 0), "a piece of type 0");
        added("type 2^62", m -> piece(m, "q", -1, 1L << 62), "a piece of type");
        added("two unknown pieces", m -> piece(m, "[UNK2]", 0, UNKNOWN), "");
        added("the same piece twice", m -> piece(piece(m, "q", -1, NORMAL), "q", -2, NORMAL), "");
        added("a byte that is none", m -> piece(m, "<0xZZ>", -1, BYTE), "");
        added("a token that the user has defined of spaces", m -> piece(m, "   ", -1, USER_DEFINED), "");
        added(
                "a piece of 100 000 characters",
                m -> piece(m, "q".repeat(100_000), -1, NORMAL),
                "has a piece of 100000 characters");
        added("a piece of 1000 characters", m -> piece(m, "q".repeat(1000), -1, NORMAL), "");
        added(
                "7 000 pieces of 1000 letters",
                m -> HostileTokens.random(7000, 1000, "%", "\n").lines().forEach(t -> piece(m, t, -1, NORMAL)),
                "too long together");
        added(
                "a piece of a megabyte of surrogates",
                m -> piece(m, "\uD83D\uDE00".repeat(250_000), -1, NORMAL),
                "has a piece of 500000 characters");
        added(
                "a piece that is not UTF-8",
                m -> m.block(
                        1,
                        new Proto()
                                .block(1, new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80})
                                .bytes()),
                "not UTF-8");
        added("a piece that steers a terminal", m -> piece(m, "\u001b[2J\n\u202e", Float.NaN, NORMAL), "of score NaN");
        added("a piece of zeros", m -> piece(m, "\u0000", -1, NORMAL), "");
        added(
                "runs of one letter",
                m -> {
                    for (int i = 1; i < 400; i++) {
                        piece(m, "a".repeat(i), -i, NORMAL);
                    }
                },
                "");
        added(
                "700 000 empty messages for pieces",
                m -> {
                    for (int i = 0; i < 700_000; i++) {
                        m.block(1, new byte[0]);
                    }
                },
                "has a piece ''");
        added(
                "700 000 pieces of one letter",
                m -> {
                    byte[] piece = new Proto().text(1, "q").bytes();
                    for (int i = 0; i < 700_000; i++) {
                        m.block(1, piece);
                    }
                },
                "more than 524288 pieces");
    }

    private void wire() {
        added("the field 0", m -> m.tag(0, 0).varint(1), "a field numbered 0");
        added("a field of 2^63 bytes", m -> m.tag(9, 2).varint(Long.MIN_VALUE), "a field of 9223372036854775808 bytes");
        added("a field of 2^31-1 bytes", m -> m.tag(9, 2).varint(Integer.MAX_VALUE), "a field of 2147483647 bytes");
        added("a group", m -> m.tag(9, 3), "wire type 3");
        added("wire type 7", m -> m.tag(9, 7), "wire type 7");
        added("an integer without end", m -> m.tag(9, 0).raw(filled(100, 0xff)), "more than 64 bits");
        added("half an integer", m -> m.tag(9, 0).raw((byte) 0x80), "ends in the middle");
        added("half a number", m -> m.tag(9, 5).raw((byte) 1), "an end in the middle");
        added("a piece that is a number", m -> m.integer(1, 7), "wire type 0");
        added("a trainer of BPE", m -> m.block(2, new Proto().integer(3, 2).bytes()), "not a unigram model");
        added("a million unknown fields", m -> m.raw(repeated(1_000_000, 9 << 3, 1)), "");
        added(
                "a thousand trainers",
                m -> {
                    for (int i = 0; i < 1000; i++) {
                        m.block(2, new Proto().integer(3, 1).bytes());
                    }
                },
                "");
    }

    private void charsmaps() {
        charsmap("of one byte", new byte[] {1}, "charsmap");
        charsmap("whose trie is longer than it", words(Integer.MAX_VALUE - 3, 0), "charsmap");
        charsmap("whose trie has a negative length", words(-4, 0), "charsmap");
        charsmap("whose trie leads out of itself", words(8, 0xffffffff, 0xffffffff), "charsmap");
        charsmap("of a trie of zeros", words(1024, new int[256]), "");
        charsmap("of a trie of ones", words(1024, filledWords(256, -1)), "charsmap");
        charsmap("that loops in each of its units", words(1024, filledWords(256, 0x400 | 1 << 8)), "");
        charsmap("of a megabyte of units that are leaves", words(1 << 20, filledWords(1 << 18, 0x80000000)), "");
        charsmap("of three megabytes", words(4 * 256, new int[3 << 18]), "at most 2097152 are taken");
        charsmap("that writes 200 bytes for a letter", forOneLetter("b".repeat(200)), "32 times longer");
        charsmap(
                "that writes a megabyte for a letter",
                forOneLetter("b".repeat(1 << 20)),
                "a text of more than 256 bytes");
        charsmap("that writes spaces for a letter", forOneLetter(" ".repeat(200)), "");
        added(
                "a thousand charsmaps",
                m -> {
                    for (int i = 0; i < 1000; i++) {
                        m.block(3, new Proto().block(2, words(4, 0)).bytes());
                    }
                },
                "");
    }

    /** Rules that write a text for an a, and nothing else. */
    private static byte[] forOneLetter(String text) {
        int[] units = new int[512];
        // The root's children are at 0x100; that for 'a' has a leaf, and its children are at 0x180.
        units[0] = 0x100 << 10;
        int a = 0x100 ^ 'a';
        units[a] = (a ^ 0x180) << 10 | 1 << 8 | 'a';
        units[0x180] = 0x80000000;
        byte[] trie = words(4 * units.length, units);
        return Bytes.spliced(trie, trie.length, trie.length, text.getBytes(StandardCharsets.UTF_8));
    }

    private void charsmap(String name, byte[] charsmap, String expected) {
        added(
                "a charsmap " + name,
                m -> m.block(3, new Proto().block(2, charsmap).bytes()),
                expected);
    }

    /** [PAD] [CLS] [SEP] [UNK] ▁ab ▁b ▁ a <0x41>, and what is between. */
    private static Proto tiny() {
        Proto model = new Proto();
        piece(model, "[PAD]", 0, CONTROL);
        piece(model, "[CLS]", 0, CONTROL);
        piece(model, "[SEP]", 0, CONTROL);
        piece(model, "[UNK]", 0, UNKNOWN);
        piece(model, "▁ab", -1, NORMAL);
        piece(model, "▁b", -2, NORMAL);
        piece(model, "▁", -3, NORMAL);
        piece(model, "a", -3.5f, NORMAL);
        piece(model, "<0x41>", -4, BYTE);
        model.block(2, new Proto().integer(3, 1).text(1, "input").bytes());
        return model.block(3, new Proto().text(1, "nmt_nfkc_cf").integer(3, 1).bytes());
    }

    private static Proto piece(Proto model, String text, float score, long type) {
        return model.block(
                1, new Proto().text(1, text).number(2, score).integer(3, type).bytes());
    }

    static byte[] filled(int count, int with) {
        byte[] bytes = new byte[count];
        Arrays.fill(bytes, (byte) with);
        return bytes;
    }

    private static byte[] repeated(int count, int first, int second) {
        byte[] bytes = new byte[2 * count];
        for (int i = 0; i < bytes.length; i += 2) {
            bytes[i] = (byte) first;
            bytes[i + 1] = (byte) second;
        }
        return bytes;
    }

    private static int[] filledWords(int count, int with) {
        int[] words = new int[count];
        Arrays.fill(words, with);
        return words;
    }

    /** A length and words behind it, the lowest byte first. */
    private static byte[] words(int first, int... words) {
        ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * words.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(first);
        for (int word : words) {
            bytes.putInt(word);
        }
        return bytes.array();
    }
}
