package detangle.models.text;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Tokenizers that someone might make to do harm, and mutants of good ones. */
final class HostileFiles {
    private static final String TOKENS =
            "'[PAD]':0,'[CLS]':1,'[SEP]':2,'[UNK]':3,'a':4,'b':5,'ab':6,'##b':7,'x':8,'##a':9";
    private static final String BPE = "{'type':'BPE','vocab':{" + TOKENS + "},'merges':['a b'],'unk_token':'[UNK]'}";
    private static final String UNIGRAM =
            "{'type':'Unigram','unk_id':3,'vocab':[['[PAD]',0],['[CLS]',0],['[SEP]',0],['[UNK]',0],['▁',-2],['a',-3],"
                    + "['b',-3.5],['ab',-4],['▁a',-4.25],['x',-5]],'byte_fallback':false}";
    private static final String WORD_PIECE = "{'type':'WordPiece','unk_token':'[UNK]','continuing_subword_prefix':'##',"
            + "'max_input_chars_per_word':100,'vocab':{" + TOKENS + "}}";
    private static final String SINGLE =
            "[{'SpecialToken':{'id':'[CLS]','type_id':0}},{'Sequence':{'id':'A','type_id':0}}]";
    private static final String PAIR = "[{'Sequence':{'id':'A','type_id':0}},{'Sequence':{'id':'B','type_id':1}}]";
    private static final String FRAME = "{'type':'TemplateProcessing','single':" + SINGLE + ",'pair':" + PAIR
            + ",'special_tokens':{'[CLS]':{'id':'[CLS]','ids':[1],'tokens':['[CLS]']}}}";
    private static final String METASPACE =
            "{'type':'Metaspace','replacement':'▁','prepend_scheme':'always','split':true}";

    /** A value that is no array and no object. */
    private static final Pattern VALUE = Pattern.compile("\"[^\"]{0,60}\"|(?<=[:,\\[] ?)(?:-?[0-9.]+|true|false|null)");

    private static final List<String> VALUES = List.of(
            "null",
            "true",
            "-1",
            "0",
            "1e999",
            "2147483648",
            "99999999999999999999",
            "[]",
            "{}",
            "[[]]",
            "\"\"",
            "\"a\"",
            "\"\\ud800\"");

    /**
     * A tokenizer.
     *
     * @param name for messages
     * @param file its name
     * @param content of the file
     * @param expected what the message says of it; empty where it may as well load
     */
    record Hostile(String name, String file, byte[] content, String expected) {
        void write(Path folder) throws IOException {
            Files.createDirectories(folder);
            Files.write(folder.resolve(file), content);
        }
    }

    private final List<Hostile> files = new ArrayList<>();

    private HostileFiles() {}

    /** Those that are made by hand. */
    static List<Hostile> madeByHand() {
        HostileFiles made = new HostileFiles();
        made.components();
        made.expressions();
        made.sizes();
        made.settings();
        return made.files;
    }

    private void json(String name, String json, String expected) {
        files.add(new Hostile(
                name, "tokenizer.json", json.replace('\'', '"').getBytes(StandardCharsets.UTF_8), expected));
    }

    private static String tokenizer(
            String normalizer, String preTokenizer, String postProcessor, String decoder, String model, String added) {
        return "{'version':'1.0','added_tokens':[" + added + "],'normalizer':" + normalizer + ",'pre_tokenizer':"
                + preTokenizer + ",'post_processor':" + postProcessor + ",'decoder':" + decoder + ",'model':" + model
                + "}";
    }

    private static String added(String content, long id) {
        return "{'id':" + id + ",'content':'" + content + "','single_word':false,'lstrip':false,'rstrip':false,"
                + "'normalized':true,'special':false}";
    }

    private void normalizer(String name, String normalizer, String expected) {
        json(name, tokenizer(normalizer, METASPACE, FRAME, "null", UNIGRAM, added("[MASK]", 10)), expected);
    }

    private void model(String name, String model, String expected) {
        json(name, tokenizer("null", "null", FRAME, "null", model, ""), expected);
    }

    private void components() {
        json(
                "FixedLength of 0",
                tokenizer("null", "{'type':'FixedLength','length':0}", FRAME, "null", UNIGRAM, ""),
                "pre_tokenizer is of type 'FixedLength'");
        json(
                "a template that uses B for one text",
                tokenizer("null", "null", FRAME.replace(SINGLE, PAIR), "null", UNIGRAM, ""),
                "uses B in its template for one text");
        json(
                "a template without the text",
                tokenizer("null", "null", FRAME.replace(SINGLE, "[]"), "null", UNIGRAM, ""),
                "uses A 0 times");
        json(
                "450 nested decoders",
                tokenizer(
                        "null",
                        "null",
                        FRAME,
                        "{'type':'Sequence','decoders':[".repeat(450) + "{'type':'Fuse'}" + "]}".repeat(450),
                        UNIGRAM,
                        ""),
                "");
        json(
                "20 nested decoders",
                tokenizer(
                        "null",
                        "null",
                        FRAME,
                        "{'type':'Sequence','decoders':[".repeat(20) + "{'type':'Fuse'}" + "]}".repeat(20),
                        UNIGRAM,
                        ""),
                "is nested more than 8 deep");
        json("100 000 nested arrays", "{'model':" + "[".repeat(100_000), "");
        json(
                "an added id of 2147483647",
                tokenizer("null", "null", FRAME, "null", UNIGRAM, added("z", Integer.MAX_VALUE)),
                "has the id 2147483647");
        normalizer("an unknown field", "{'type':'Lowercase','locale':'tr'}", "has a field 'locale'");
        normalizer("no type", "{'strip_left':true}", "normalizer needs type");
        normalizer("a long type", "{'type':'" + "A".repeat(100_000) + "'}", "type is 100000 characters long");
        normalizer(
                "a charsmap that leads out of itself",
                "{'type':'Precompiled','precompiled_charsmap':'CAAAAP////8AAAAAAAA='}",
                "precompiled_charsmap is damaged");
        model(
                "a prefix longer than a token",
                BPE.replace("'BPE',", "'BPE','continuing_subword_prefix':'#######',"),
                "without the continuing_subword_prefix");
        model("dropout", BPE.replace("'BPE',", "'BPE','dropout':0.5,"), "has a dropout");
        model("a merge of nothing", BPE.replace("'a b'", "'a b','a z'"), "has no token 'z'");
        model("an unknown token that is none", BPE.replace("'unk_token':'[UNK]'", "'unk_token':'?'"), "vocab lacks");
        model("an unk_id behind the vocabulary", UNIGRAM.replace("'unk_id':3", "'unk_id':99"), "has the unk_id 99");
        model("an endless score", UNIGRAM.replace("-3.5", "-1e999"), "has no score");
        model("no unk_id", UNIGRAM.replace("'unk_id':3,", ""), "unk_id names no token");
    }

    private void expressions() {
        for (String slow : List.of("(x+x+)+y", "(?:x*)*y", "(?:x|x)*y", "(?:(?:x+)+)+y", "(?:x?){100}x{100}y")) {
            replace(slow, "");
        }
        replace("(".repeat(50_000) + "x" + ")".repeat(50_000), "100001 characters long");
        replace("(".repeat(50) + "x" + ")".repeat(50), "nest more than 10 deep");
        replace("(?:(?:(?:x{100}){100}){100}){100}", "repeats something more than 1000 times");
        replace("x{2147483647}", "which is not supported");
        replace("(?:a|b)*", "");
        replace("(?:.|\\\\n)*", "");
        for (String unlike : List.of(
                "(?i)a",
                "[[:graph:]]",
                "\\\\h",
                "\\\\1",
                "(?<name>a)",
                "\\\\p{Foo}",
                "a{,3}",
                "[a&&b]",
                "a{2}+",
                "\\\\X",
                "a)",
                "*",
                "(?#c)",
                "\\\\Qa\\\\E",
                "\\\\x41")) {
            replace(unlike, "not supported");
        }
        replace("(a", "does not end");
        replace("[a", "does not end");
        replace("[z-a]", "it is not a regular expression");
    }

    private void replace(String expression, String expected) {
        normalizer(
                "the expression " + expression.substring(0, Math.min(30, expression.length())),
                "{'type':'Replace','pattern':{'Regex':'" + expression + "'},'content':'!'}",
                expected);
    }

    private void sizes() {
        String expanding = IntStream.range(0, 9)
                .mapToObj(i -> "{'type':'Replace','pattern':{'String':'a'},'content':'" + "a".repeat(10) + "'}")
                .collect(Collectors.joining(","));
        normalizer(
                "nine expanding Replaces", "{'type':'Sequence','normalizers':[" + expanding + "]}", "32 times longer");
        normalizer(
                "sixty Prepends",
                "{'type':'Sequence','normalizers':["
                        + String.join(
                                ",", Collections.nCopies(60, "{'type':'Prepend','prepend':'" + "b".repeat(1000) + "'}"))
                        + "]}",
                "32 times longer");
        normalizer(
                "a thousand Lowercases",
                "{'type':'Sequence','normalizers':["
                        + String.join(",", Collections.nCopies(1000, "{'type':'Lowercase'}")) + "]}",
                "at most 64 are taken");
        json(
                "an expanding decoder",
                tokenizer(
                        "null",
                        "null",
                        FRAME,
                        "{'type':'Sequence','decoders':[{'type':'Fuse'}," + expanding + "]}",
                        UNIGRAM,
                        ""),
                "32 times longer");
        json(
                "100 000 added tokens",
                tokenizer(
                        "null",
                        "null",
                        FRAME,
                        "null",
                        UNIGRAM,
                        IntStream.range(0, 100_000)
                                .mapToObj(i -> added("<" + i + ">", 10 + i))
                                .collect(Collectors.joining(","))),
                "");
        json(
                "an added token of a million characters",
                tokenizer("null", "null", FRAME, "null", UNIGRAM, added("z".repeat(1_000_000), 10)),
                "content is 1000000 characters long");
        json(
                "an added token that the normalizer removes",
                tokenizer(
                        "{'type':'Strip','strip_left':true,'strip_right':true}",
                        "null",
                        FRAME,
                        "null",
                        UNIGRAM,
                        added("  ", 10)),
                "leaves nothing");
        model(
                "a token of 100 000 characters",
                UNIGRAM.replace("'x'", "'" + "x".repeat(100_000) + "'"),
                "100000 characters");
        model("an id of 2147483647", BPE.replace("'x':8", "'x':2147483647"), "has in its vocab 'x' without an id");
        model(
                "100 000 tokens of one letter",
                UNIGRAM.replace(
                        "['x',-5]",
                        IntStream.range(1, 400)
                                .mapToObj(i -> "['" + "a".repeat(i) + "',-" + i + "]")
                                .collect(Collectors.joining(","))),
                "");
        model("words without end", WORD_PIECE.replace("100,", "9223372036854775807,"), "");
    }

    private void settings() {
        file("vocab.txt", "no vocabulary", "not found\n", "has no token [CLS]");
        file("vocab.txt", "a web page", "<html>\n<body>not found\n", "it is a web page");
        file("vocab.txt", "a line of a million characters", "[PAD]\n" + "a".repeat(1_000_000), "line 2 is longer");
        file("spm.model", "text", "hello", "not a SentencePiece model");
        file("tokenizer.json", "nothing", "", "it is empty");
        file("tokenizer.json", "an array", "[]", "it is not a JSON object");
        file("tokenizer.json", "two values", "{} {}", "something follows its end");
    }

    private void file(String file, String name, String content, String expected) {
        files.add(new Hostile(file + ": " + name, file, content.getBytes(StandardCharsets.UTF_8), expected));
    }

    /** Mutants of good tokenizers, the same for a seed: bytes and parts of them are changed, removed or repeated. */
    static List<Hostile> mutants(int count, List<Hostile> good, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Hostile> mutants = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Hostile of = good.get(random.nextInt(good.size()));
            byte[] content = of.content().clone();
            int changes = random.nextInt(1, 3);
            for (int change = 0; change < changes && content.length > 0; change++) {
                content = mutated(content, random);
            }
            mutants.add(new Hostile("mutant " + i + " of " + of.name(), of.file(), content, ""));
        }
        return mutants;
    }

    /** Mostly a value of the file stands in the place of another, so that it stays JSON; otherwise bytes change. */
    private static byte[] mutated(byte[] content, SplittableRandom random) {
        String text = new String(content, StandardCharsets.ISO_8859_1);
        int at = random.nextInt(text.length());
        int end = Math.min(text.length(), at + random.nextInt(1, 40));
        String changed = switch (random.nextInt(12)) {
            case 0 -> text.substring(0, at);
            case 1 -> text.substring(0, at) + text.substring(end);
            case 2 -> text.substring(0, end) + text.substring(at);
            case 3 -> text.substring(0, at) + (char) random.nextInt(256) + text.substring(at + 1);
            case 4, 5 -> valueReplaced(text, at, VALUES.get(random.nextInt(VALUES.size())));
            default -> valueReplaced(text, at, valueAt(text, random.nextInt(text.length())));
        };
        return changed.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String valueAt(String text, int at) {
        Matcher value = VALUE.matcher(text);
        return value.find(at) ? value.group() : "7";
    }

    private static String valueReplaced(String text, int at, String replacement) {
        Matcher value = VALUE.matcher(text);
        return value.find(at) ? text.substring(0, value.start()) + replacement + text.substring(value.end()) : text;
    }

    /** Small tokenizers of each kind that load. */
    static List<Hostile> good() {
        HostileFiles good = new HostileFiles();
        String everything = "{'type':'Sequence','normalizers':[{'type':'BertNormalizer','clean_text':true,"
                + "'handle_chinese_chars':true,'strip_accents':null,'lowercase':true},{'type':'NFC'},"
                + "{'type':'Strip','strip_left':true,'strip_right':true},{'type':'Replace','pattern':{'Regex':"
                + "'\\\\s{2,}|[\\\\n\\\\r\\\\t]'},'content':' '},{'type':'Prepend','prepend':'▁'}]}";
        good.json(
                "Unigram",
                tokenizer(
                        everything,
                        "{'type':'Sequence','pretokenizers':[{'type':'Punctuation','behavior':'Isolated'}," + METASPACE
                                + "]}",
                        FRAME,
                        METASPACE,
                        UNIGRAM,
                        added("[MASK]", 10)),
                "");
        good.json(
                "BPE",
                tokenizer(
                        "null",
                        "{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':true,'use_regex':true}",
                        "{'type':'RobertaProcessing','sep':['[SEP]',2],'cls':['[CLS]',1],'trim_offsets':true,"
                                + "'add_prefix_space':true}",
                        "{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':true,'use_regex':true}",
                        BPE,
                        added("[MASK]", 10)),
                "");
        good.json(
                "WordPiece",
                tokenizer(
                        "null",
                        "{'type':'BertPreTokenizer'}",
                        "{'type':'BertProcessing','sep':['[SEP]',2],'cls':['[CLS]',1]}",
                        "{'type':'WordPiece','prefix':'##','cleanup':true}",
                        WORD_PIECE,
                        added("[MASK]", 10)),
                "");
        return good.files;
    }
}
