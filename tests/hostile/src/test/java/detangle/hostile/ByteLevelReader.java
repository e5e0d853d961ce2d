package detangle.hostile;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** GPT-2's vocabularies: vocab.json with merges.txt, and microsoft's dict.txt with them. */
final class ByteLevelReader implements Reader {
    private static final String VOCABULARY = "vocab.json";
    private static final String MERGES = "merges.txt";
    private static final String DICTIONARY = "dict.txt";
    private static final String TOKENS = "'[PAD]':0,'[CLS]':1,'[SEP]':2,'[UNK]':3,'a':4,'b':5,'ab':6,'Ġ':7,'[MASK]':8";
    private static final String PAIRS = "#version: 0.2\na b\n";

    @Override
    public String name() {
        return "byte-level";
    }

    @Override
    public List<Hostile> good() {
        return List.of(
                vocabulary("vocab.json with merges.txt", "{" + TOKENS + "}", ""),
                new Hostile(
                        "dict.txt with merges.txt",
                        FolderWriter.file(DICTIONARY, "64 100\n65 90\n256 80\n220 7\nmadeupword0 0\n")
                                .and(FolderWriter.file(MERGES, PAIRS)),
                        ""));
    }

    @Override
    public void read(Path folder) {
        TokenizerRoundTrip.of(folder);
    }

    @Override
    public List<Hostile> madeByHand() {
        List<Hostile> made = new ArrayList<>();
        made.addAll(vocabularies());
        made.addAll(merges());
        made.addAll(dictionaries());
        made.addAll(StrangeFiles.inThePlaceOf(VOCABULARY, FolderWriter.file(MERGES, PAIRS)));
        made.addAll(StrangeFiles.inThePlaceOf(MERGES, TokenizerJson.file(VOCABULARY, "{" + TOKENS + "}")));
        made.addAll(StrangeFiles.inThePlaceOf(DICTIONARY, FolderWriter.file(MERGES, PAIRS)));
        return made;
    }

    private static List<Hostile> vocabularies() {
        return List.of(
                vocabulary("an array", "[]", "not an object"),
                vocabulary("no [SEP]", "{'[CLS]':1}", "has no token [SEP]"),
                with("an id of 2^31", "'q':2147483648", "'q' has the id"),
                with("an id of 2^31-1", "'q':2147483647", "with the id 2147483647"),
                with("an id of -1", "'q':-1", "'q' has the id"),
                with("an id of 1.5", "'q':1.5", "'q' has the id"),
                with("an id that is an array", "'q':[1]", "'q' has the id"),
                with("an id that another token has", "'q':4", ""),
                with("an empty token", "'':9", VOCABULARY),
                with("a token that steers a terminal", "'\\u001b[2J\\n\\u202e':-1", "has the id -1"),
                with("a token of 100 000 characters", "'" + "q".repeat(100_000) + "':9", VOCABULARY),
                with("half a character", "'\\ud800':9", ""),
                with("100 000 nested objects", "'q':" + "{'q':".repeat(100_000), VOCABULARY),
                with("the greatest id", "'q':1048575", ""),
                with(
                        "7 000 tokens of 1000 letters",
                        HostileTokens.random(7000, 1000, "'%':#", ","),
                        "too long together"),
                with(
                        "100 000 tokens",
                        IntStream.range(9, 100_000)
                                .mapToObj(i -> "'t" + i + "':" + i)
                                .collect(Collectors.joining(",")),
                        ""),
                with(
                        "700 000 tokens",
                        IntStream.range(9, 500_000)
                                .mapToObj(i -> "'" + i + "':0")
                                .collect(Collectors.joining(",")),
                        ""));
    }

    private static List<Hostile> merges() {
        String doubled = IntStream.range(0, 16)
                .mapToObj(i -> "a".repeat(1 << i))
                .map(run -> run + " " + run + "\n")
                .collect(Collectors.joining());
        String runs = IntStream.rangeClosed(0, 16)
                .mapToObj(i -> "'" + "a".repeat(1 << i) + "':" + (4 + i))
                .collect(Collectors.joining(","));
        return List.of(
                merges("a merge of one token", "a\n", "line 1 is not a merge"),
                merges("a merge of three tokens", "a b c\n", "line 1 is not a merge"),
                merges("a merge of an unknown token", "a q\n", "has no token 'q'"),
                merges("a merge into an unknown token", "b a\n", "has no token 'ba'"),
                merges("the same merge 100 000 times", "a b\n".repeat(100_000), ""),
                merges("600 000 merges", "a b\n".repeat(600_000), MERGES),
                merges("a line of a million characters", "a".repeat(1_000_000) + " b\n", "has no token"),
                merges("a line that steers a terminal", "a \u001b[2J\u202e\n", "has no token"),
                merges("bytes that are not UTF-8", "a b\n\udc00", ""),
                new Hostile(
                        "merges in Latin-1",
                        TokenizerJson.file(VOCABULARY, "{" + TOKENS + "}")
                                .and(FolderWriter.file(MERGES, "a \u00e9".getBytes(StandardCharsets.ISO_8859_1))),
                        "merges.txt: not valid UTF-8"),
                new Hostile(
                        "merges that double",
                        TokenizerJson.file(VOCABULARY, "{'[PAD]':0,'[CLS]':1,'[SEP]':2,'[UNK]':3," + runs + "}")
                                .and(FolderWriter.file(MERGES, doubled)),
                        ""));
    }

    private static List<Hostile> dictionaries() {
        return List.of(
                dictionary("no counts", "64\n65\n", "line 1"),
                dictionary("the same word 100 000 times", "64 1\n".repeat(100_000), DICTIONARY),
                dictionary("600 000 words", "w 1\n".repeat(600_000), DICTIONARY),
                dictionary("a word that steers a terminal", "\u001b[2J 1\n64 1\n65 1\n256 1\n", ""),
                dictionary("special tokens as words", "[CLS] 1\n[MASK] 1\n64 1\n65 1\n256 1\n", ""),
                dictionary(
                        "a word of a million characters",
                        "a".repeat(1_000_000) + " 1\n64 1\n65 1\n256 1\n",
                        DICTIONARY));
    }

    private static Hostile vocabulary(String name, String json, String expected) {
        return new Hostile(name, TokenizerJson.file(VOCABULARY, json).and(FolderWriter.file(MERGES, PAIRS)), expected);
    }

    private static Hostile with(String name, String more, String expected) {
        return vocabulary(name, "{" + TOKENS + "," + more + "}", expected);
    }

    private static Hostile merges(String name, String merges, String expected) {
        return new Hostile(
                name,
                TokenizerJson.file(VOCABULARY, "{" + TOKENS + "}").and(FolderWriter.file(MERGES, merges)),
                expected);
    }

    private static Hostile dictionary(String name, String words, String expected) {
        return new Hostile(
                "a dictionary: " + name,
                FolderWriter.file(DICTIONARY, words).and(FolderWriter.file(MERGES, PAIRS)),
                expected);
    }
}
