package detangle.hostile;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** BERT's vocabularies, a token a line. */
final class VocabTxtReader implements Reader {
    private static final String FILE = "vocab.txt";
    private static final String TOKENS = "[PAD]\n[CLS]\n[SEP]\n[UNK]\n[MASK]\na\nb\n##b\n##a\nab\nx\n";

    @Override
    public String name() {
        return "vocab-txt";
    }

    @Override
    public List<Hostile> good() {
        return List.of(
                text("a small one", TOKENS, ""),
                text("a small one of other line ends", TOKENS.replace("\n", "\r\n"), ""));
    }

    @Override
    public void read(Path folder) {
        TokenizerRoundTrip.of(folder);
    }

    @Override
    public List<Hostile> madeByHand() {
        List<Hostile> made = new ArrayList<>(List.of(
                text("no vocabulary", "not found\n", "has no token [CLS]"),
                text("an empty line alone", "\n", FILE),
                text("the same token 100 000 times", TOKENS + "a\n".repeat(100_000), ""),
                text("a line of a million characters", "[PAD]\n" + "a".repeat(1_000_000), "line 2 is longer"),
                text("a million empty lines", TOKENS + "\n".repeat(1_000_000), FILE),
                text("600 000 tokens", TOKENS + lines(600_000), FILE),
                text("200 000 tokens", TOKENS + lines(200_000), ""),
                text(
                        "7 000 tokens of 1000 letters",
                        TOKENS + HostileTokens.random(7000, 1000, "%", "\n"),
                        "too long together"),
                text("runs of one letter", TOKENS + runs("a", 500), ""),
                text("runs of one letter inside of words", TOKENS + runs("##a", 500), ""),
                text("controls", TOKENS + "\u001b[31m\n\u0007\n\u0000\n\u202e\n", ""),
                text("empty continuations", TOKENS + "##\n####\n", ""),
                text("byte order marks", "\uFEFF\uFEFF" + TOKENS, ""),
                text("line ends of old Macs", TOKENS.replace("\n", "\r"), ""),
                bytes("UTF-16", TOKENS.getBytes(StandardCharsets.UTF_16), "UTF-8"),
                bytes("Latin-1", (TOKENS + "\u00e9\n").getBytes(StandardCharsets.ISO_8859_1), "UTF-8"),
                bytes("half a surrogate in UTF-8", new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80}, "UTF-8"),
                bytes("a megabyte of 0xff", SentencePieceReader.filled(1 << 20, 0xff), "UTF-8")));
        made.addAll(StrangeFiles.inThePlaceOf(FILE, folder -> {}));
        return made;
    }

    private static String lines(int count) {
        return IntStream.range(0, count).mapToObj(i -> "t" + i + "\n").collect(Collectors.joining());
    }

    /** Lines of one to as many repetitions of the last letter. */
    private static String runs(String token, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> token + token.substring(token.length() - 1).repeat(i) + "\n")
                .collect(Collectors.joining());
    }

    private static Hostile text(String name, String content, String expected) {
        return new Hostile(name, FolderWriter.file(FILE, content), expected);
    }

    private static Hostile bytes(String name, byte[] content, String expected) {
        return new Hostile(name, FolderWriter.file(FILE, content), expected);
    }
}
