package detangle.models.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.testing.SharedFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The encoder against HuggingFace's library, on texts that are hard: ids, tokens, offsets, segments, decoded text. */
class LibraryParityTest {
    private static final Path TRAINED = SharedFiles.home().resolve("models/pretrained/banking77-small/tokenizer.json");

    /** How many random texts; more by hand. */
    private static final int TEXTS = Integer.getInteger("detangle.parity.texts", 300);

    private static final int SEED = Integer.getInteger("detangle.parity.seed", 1);

    private static final Pattern ADDED = Pattern.compile("\"content\": *\"([^\"]*)\"");

    @TempDir
    Path folder;

    @Test
    void trainedModel() throws IOException {
        compare(Files.readString(TRAINED));
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "gliner", "gliner2", "gliclass", "wordpiece"})
    void family(String name) throws IOException {
        compare(Files.readString(SharedFiles.require("goldens-family/tokenizers/" + name + "/tokenizer.json")));
    }

    static Stream<String> variants() {
        return Stream.of(
                normalizer("{'type':'NFC'}"),
                normalizer("{'type':'NFD'}"),
                normalizer("{'type':'NFKC'}"),
                normalizer("{'type':'NFKD'}"),
                normalizer("{'type':'Sequence','normalizers':[{'type':'NFD'},{'type':'StripAccents'},"
                        + "{'type':'Lowercase'}]}"),
                normalizer("{'type':'Nmt'}"),
                normalizer("{'type':'Strip','strip_left':true,'strip_right':false}"),
                normalizer("{'type':'Sequence','normalizers':[{'type':'Replace','pattern':{'String':'a'},"
                        + "'content':'bcd'},{'type':'Prepend','prepend':'▁x'}]}"),
                normalizer("{'type':'Sequence','normalizers':[{'type':'Replace','pattern':{'Regex':"
                        + "'\\\\s{2,}|[\\\\n\\\\r\\\\t]'},'content':' '},{'type':'NFC'},"
                        + "{'type':'Strip','strip_left':false,'strip_right':true}]}"),
                normalizer("{'type':'BertNormalizer','clean_text':true,'handle_chinese_chars':true,"
                        + "'strip_accents':null,'lowercase':true}"),
                normalizer("{'type':'BertNormalizer','clean_text':false,'handle_chinese_chars':false,"
                        + "'strip_accents':true,'lowercase':false}"),
                preTokenizer("{'type':'Metaspace','replacement':'▁','prepend_scheme':'first','split':true}"),
                preTokenizer("{'type':'Metaspace','replacement':'▁','prepend_scheme':'never','split':true}"),
                preTokenizer("{'type':'Metaspace','replacement':'_','prepend_scheme':'always','split':false}"),
                preTokenizer("{'type':'Whitespace'}"),
                preTokenizer("{'type':'WhitespaceSplit'}"),
                preTokenizer("{'type':'BertPreTokenizer'}"),
                preTokenizer("{'type':'Digits','individual_digits':true}"),
                preTokenizer("{'type':'Digits','individual_digits':false}"),
                preTokenizer("{'type':'Punctuation','behavior':'Removed'}"),
                preTokenizer("{'type':'Punctuation','behavior':'MergedWithPrevious'}"),
                preTokenizer("{'type':'Punctuation','behavior':'MergedWithNext'}"),
                preTokenizer("{'type':'Punctuation','behavior':'Contiguous'}"),
                preTokenizer("{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':true,'use_regex':true}"),
                preTokenizer("{'type':'ByteLevel','add_prefix_space':false,'trim_offsets':true,'use_regex':false}"),
                preTokenizer("{'type':'Sequence','pretokenizers':[{'type':'Split','pattern':{'Regex':"
                        + "'\\\\p{L}+|[^\\\\s\\\\p{L}]+(?!\\\\S)'},'behavior':'MergedWithNext','invert':true},"
                        + "{'type':'Metaspace','replacement':'▁','prepend_scheme':'always','split':true}]}"),
                preTokenizer("{'type':'Split','pattern':{'String':'e'},'behavior':'Contiguous','invert':false}"),
                preTokenizer("{'type':'Split','pattern':{'Regex':'a*'},'behavior':'MergedWithPrevious',"
                        + "'invert':false}"));
    }

    private static String normalizer(String json) {
        return tokenizer(json, "{'type':'Metaspace','replacement':'▁','prepend_scheme':'always','split':true}");
    }

    private static String preTokenizer(String json) {
        return tokenizer("null", json);
    }

    /** A tokenizer of few pieces, and of every flag that an added token has. */
    private static String tokenizer(String normalizer, String preTokenizer) {
        String pieces =
                "▁ ▁the ▁is hm mm hmm e a b c d bc x h m l o ll he ▁he W or ld 1 2 3 é ́ 中 文 한 ᄒ ᅡ Ġ Ġt the [ ] M"
                        + " . , ! ? ' s t A S K Î _ ff i ſ ガ ₂ 가 각 [UNK]";
        String vocab = Stream.of(("[PAD] [CLS] [SEP] [UNK0] " + pieces).split(" "))
                .map(p -> "['" + p.replace("'", "\\u0027") + "',-" + (p.length() % 3 + 1.5) + "]")
                .collect(Collectors.joining(","));
        List<String> added = new ArrayList<>();
        added.add(added("[PAD]", true, false, false, false, false));
        added.add(added("[CLS]", true, false, false, false, false));
        added.add(added("[SEP]", true, false, false, false, false));
        added.add(added("[MASK]", true, false, true, true, false));
        added.add(added("[UNK]", true, true, false, false, false));
        added.add(added("<user>", false, true, false, true, false));
        added.add(added("Hello", false, true, true, false, false));
        added.add(added("is", false, false, false, false, true));
        return ("{'version':'1.0','added_tokens':[" + String.join(",", added) + "],'normalizer':" + normalizer
                        + ",'pre_tokenizer':" + preTokenizer
                        + ",'post_processor':{'type':'BertProcessing','sep':['[SEP]',2],'cls':['[CLS]',1]},"
                        + "'decoder':{'type':'Metaspace','replacement':'▁','prepend_scheme':'always','split':true},"
                        + "'model':{'type':'Unigram','unk_id':3,'vocab':[" + vocab + "],'byte_fallback':false}}")
                .replace('\'', '"');
    }

    private static String added(
            String content, boolean special, boolean normalized, boolean lstrip, boolean rstrip, boolean singleWord) {
        return "{'id':0,'content':'" + content + "','single_word':" + singleWord + ",'lstrip':" + lstrip + ",'rstrip':"
                + rstrip + ",'normalized':" + normalized + ",'special':" + special + "}";
    }

    /** Two ways to divide five dots are as likely, but for how the library reads a number of 16 digits. */
    @Test
    void scoresOfSixteenDigits() throws IOException {
        String json = ("{'added_tokens':[],'normalizer':null,'pre_tokenizer':null,'post_processor':null,'decoder':null,"
                        + "'model':{'type':'Unigram','unk_id':0,'vocab':[['[UNK]',0.0],['▁',-8.264609355111627],"
                        + "['1',-9.338645676479123],['0',-8.51358626702207],['%',-8.693291430043526],"
                        + "['...',-6.905518852862652],['..',-3.5129780557704815],['[PAD]',-20.0]]}}")
                .replace('\'', '"');
        Files.writeString(folder.resolve("tokenizer.json"), json);
        try (NativeTokenizer library = new NativeTokenizer(json)) {
            int[] expected = {1, 2, 3, 4, 5, 6};
            assertArrayEquals(expected, library.encode("▁10%.....").ids());
            assertArrayEquals(
                    expected, Tokenizers.load(folder).encode("▁10%.....").ids());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0.0, 0.0",
        "-0.0, -0.0",
        "12, 12.0",
        "-9.338645676479123, -9.338645676479125",
        "2.5e3, 2500.0",
        "1E-2, 0.01",
        "1e400, Infinity",
        "1e-400, 0.0",
        "0e999, 0.0",
        "184467440737095516150, 1.8446744073709552E20",
        "0.12345678901234567890123, 0.12345678901234568",
    })
    void numbers(String text, double expected) {
        assertEquals(expected, LibraryNumbers.parse(text.toCharArray(), 0, text.length()));
    }

    @ParameterizedTest
    @MethodSource("variants")
    void components(String json) throws IOException {
        compare(json);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "'fuse_unk':true,",
                "'byte_fallback':true,",
                "'ignore_merges':true,",
                "'continuing_subword_prefix':'##',",
                "'end_of_word_suffix':'</w>',"
            })
    void bytePairs(String options) throws IOException {
        boolean prefix = options.contains("##");
        List<String> vocab = new ArrayList<>(List.of("[PAD]", "[CLS]", "[SEP]", "[UNK]"));
        String letters = "helowrdmatisn'.,!0123é中";
        letters.codePoints().forEach(c -> {
            vocab.add(Character.toString(c));
            vocab.add(options.contains("</w>") ? Character.toString(c) + "</w>" : "##" + Character.toString(c));
        });
        for (int b = 0; b < 256; b++) {
            vocab.add(String.format("<0x%02X>", b));
        }
        List<String> merges = new ArrayList<>();
        for (String merge : List.of(
                "h e", "l l", "he ll", "hell o", "m m", "h mm", "mm m", "t h", "th e", "i s", "i t", "l o", "el lo",
                "e l", "1 2", "12 3")) {
            String right = merge.substring(merge.indexOf(' ') + 1);
            String left = merge.substring(0, merge.indexOf(' '));
            vocab.add(left + right);
            vocab.add("##" + right);
            vocab.add("##" + left + right);
            merges.add(prefix ? left + " ##" + right : merge);
        }
        String json = "{'added_tokens':[" + added("[PAD]", true, false, false, false, false) + ","
                + added("[MASK]", true, false, true, false, false)
                + "],'pre_tokenizer':{'type':'WhitespaceSplit'},'post_processor':"
                + "{'type':'RobertaProcessing','sep':['[SEP]',2],'cls':['[CLS]',1],'trim_offsets':true,"
                + "'add_prefix_space':false},'decoder':{'type':'Sequence','decoders':[{'type':'ByteFallback'},"
                + "{'type':'Fuse'},{'type':'Strip','content':' ','start':1,'stop':0}]},'model':{'type':'BPE',"
                + "'unk_token':'[UNK]'," + options + "'vocab':"
                + object(vocab.stream().distinct().toList())
                + ",'merges':["
                + merges.stream().map(m -> "'" + m + "'").collect(Collectors.joining(",")) + "]}}";
        compare(json.replace("\"", "\\\"").replace('\'', '"').replace("\u0007", "'"));
    }

    private static String object(List<String> tokens) {
        List<String> entries = new ArrayList<>();
        for (int id = 0; id < tokens.size(); id++) {
            entries.add("'" + tokens.get(id).replace('\'', '\u0007') + "':" + id);
        }
        return "{" + String.join(",", entries) + "}";
    }

    /** The byte-level tokenizer of v1, written as a tokenizer.json. */
    @Test
    void byteLevelOfV1() throws IOException {
        Path v1 = SharedFiles.require("data/tokenizers/deberta-v1");
        String merges = Files.readAllLines(v1.resolve("merges.txt")).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#version"))
                .map(line -> "\"" + line.replace("\\", "\\\\").replace("\"", "\\\"") + "\"")
                .collect(Collectors.joining(","));
        String json = ("{'added_tokens':[" + added("[PAD]", true, false, false, false, false) + ","
                        + added("[MASK]", true, false, true, false, false)
                        + "],'pre_tokenizer':{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':true,"
                        + "'use_regex':true},'post_processor':{'type':'ByteLevel','add_prefix_space':true,"
                        + "'trim_offsets':true},'decoder':{'type':'ByteLevel','add_prefix_space':true,"
                        + "'trim_offsets':true},'model':{'type':'BPE','vocab':@V,'merges':[@M]}}")
                .replace('\'', '"')
                .replace("@V", Files.readString(v1.resolve("vocab.json")))
                .replace("@M", merges);
        compare(json);
    }

    private void compare(String json) throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), json, StandardCharsets.UTF_8);
        Tokenizer tokenizer = Tokenizers.load(folder);
        Set<String> added = ADDED.matcher(json).results().map(r -> r.group(1)).collect(Collectors.toSet());
        SplittableRandom random = new SplittableRandom(SEED);
        try (NativeTokenizer library = new NativeTokenizer(json)) {
            for (int i = 0; i < TEXTS; i++) {
                String text = RandomTexts.next(random);
                Encoding expected = library.encode(text);
                check(expected, tokenizer.encode(text), added, text);
                String second = RandomTexts.next(random);
                check(library.encode(text, second), tokenizer.encode(text, second), added, text + " | " + second);
                for (boolean skip : new boolean[] {true, false}) {
                    assertEquals(
                            library.decode(expected.ids(), skip), tokenizer.decode(expected.ids(), skip), shown(text));
                }
            }
        }
    }

    private static void check(Encoding expected, Encoding actual, Set<String> added, String text) {
        String shown = shown(text) + " " + expected.tokens() + " " + actual.tokens();
        assertArrayEquals(expected.ids(), actual.ids(), shown);
        assertArrayEquals(expected.typeIds(), actual.typeIds(), shown);
        assertArrayEquals(expected.sequences(), actual.sequences(), shown);
        assertArrayEquals(expected.words(), actual.words(), shown);
        assertArrayEquals(expected.starts(), actual.starts(), shown);
        assertArrayEquals(expected.ends(), actual.ends(), shown);
        for (int i = 0; i < expected.length(); i++) {
            String token = expected.tokens().get(i);
            // The library spells added tokens with the white space that they take, or normalised.
            if (!added.contains(actual.tokens().get(i))) {
                assertEquals(token, actual.tokens().get(i), shown);
            }
        }
    }

    private static String shown(String text) {
        return text + " "
                + text.codePoints().mapToObj(c -> String.format("%04X", c)).collect(Collectors.joining(" "));
    }
}
