package detangle.hostile;

import static detangle.hostile.TokenizerJson.BPE;
import static detangle.hostile.TokenizerJson.FRAME;
import static detangle.hostile.TokenizerJson.METASPACE;
import static detangle.hostile.TokenizerJson.PAIR;
import static detangle.hostile.TokenizerJson.SINGLE;
import static detangle.hostile.TokenizerJson.UNIGRAM;
import static detangle.hostile.TokenizerJson.WORD_PIECE;
import static detangle.hostile.TokenizerJson.added;
import static detangle.hostile.TokenizerJson.tokenizer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Files named tokenizer.json that someone might make to do harm. */
final class TokenizerJsonFiles {
    private final List<Hostile> files = new ArrayList<>();

    private TokenizerJsonFiles() {}

    static List<Hostile> madeByHand() {
        TokenizerJsonFiles made = new TokenizerJsonFiles();
        made.components();
        made.expressions();
        made.sizes();
        made.texts();
        return made.files;
    }

    private void json(String name, String json, String expected) {
        files.add(new Hostile(name, TokenizerJson.file("tokenizer.json", json), expected));
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
        model("a score that no two can be added of", UNIGRAM.replace("-3.5", "1e308"), "has no score");
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
                "the expression "
                        + (expression.length() > 40
                                ? expression.substring(0, 20) + " of " + expression.length() + " characters"
                                : expression),
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
        model(
                "7 000 tokens of 1000 letters",
                UNIGRAM.replace("['x',-5]", HostileTokens.random(7000, 1000, "['%',-#]", ",")),
                "too long together");
        model(
                "a million tokens",
                UNIGRAM.replace("['x',-5]", "['x',-5]" + ",['x',-5]".repeat(1_100_000)),
                "a vocab of more than 1048576 pieces");
        model(
                "a million merges",
                BPE.replace("'a b'", "'a b'" + ",'a b'".repeat(1_000_000)),
                "more than 524288 merges");
        model("merges of pairs", BPE.replace("'a b'", "['a','b']" + ",['a','b']".repeat(100_000)), "");
        model("the greatest id", BPE.replace("'x':8", "'x':1048575"), "");
        model("an id of 4194303", BPE.replace("'x':8", "'x':4194303"), "ids are whole numbers up to 1048575");
        json(
                "an added token of the greatest id",
                tokenizer("null", "null", FRAME, "null", UNIGRAM, added("z", 1_048_575)),
                "");
        json(
                "3 000 added tokens of 1000 letters",
                tokenizer(
                        "null",
                        "null",
                        FRAME,
                        "null",
                        UNIGRAM,
                        HostileTokens.random(3000, 990, added("%", 999).replace("999", "#"), ",")),
                "too long together");
        model("words without end", WORD_PIECE.replace("100,", "9223372036854775807,"), "");
    }

    /** Text from the file that a message might repeat, and files that are not what their name says. */
    private void texts() {
        for (String strange :
                List.of("\\u001b[2Jcleared", "first\\nsecond", "\\u202eback", "\\ud800", "\\u2028", "\\u0000")) {
            normalizer("the type " + strange, "{'type':'" + strange + "'}", "normalizer is of type");
            model("the merge of " + strange, BPE.replace("'a b'", "'a " + strange + "'"), "has no token");
            model(
                    "the unknown token " + strange,
                    BPE.replace("'unk_token':'[UNK]'", "'unk_token':'" + strange + "'"),
                    "vocab lacks");
            json(
                    "the field " + strange,
                    tokenizer("null", "null", FRAME, "null", UNIGRAM, "")
                            .replaceFirst("\\{", "{'" + strange.replace("\\", "\\\\") + "':1,"),
                    "");
        }
        json("an array", "[]", "it is not a JSON object");
        json("two values", "{} {}", "something follows its end");
        json("a text", "'tokenizer'", "it is not a JSON object");
        json(
                "NaN for scores",
                tokenizer("null", "null", FRAME, "null", UNIGRAM.replace("-3.5", "NaN"), ""),
                "tokenizer.json");
        json(
                "a number of a million digits",
                tokenizer("null", "null", FRAME, "null", UNIGRAM.replace("-3.5", "-" + "9".repeat(1_000_000)), ""),
                "tokenizer.json");
        json(
                "a score of a million digits behind the point",
                tokenizer("null", "null", FRAME, "null", UNIGRAM.replace("-3.5", "-0." + "9".repeat(1_000_000)), ""),
                "");
        json(
                "an exponent of a billion",
                tokenizer("null", "null", FRAME, "null", UNIGRAM.replace("-3.5", "-1e1000000000"), ""),
                "tokenizer.json");
        json("a name of a million characters", "{'" + "n".repeat(1_000_000) + "':1}", "tokenizer.json");
        json(
                "200 000 fields",
                "{"
                        + IntStream.range(0, 200_000)
                                .mapToObj(i -> "'f" + i + "':0")
                                .collect(Collectors.joining(",")) + "}",
                "tokenizer.json");
        json("the same field 200 000 times", "{" + "'model':1,".repeat(200_000) + "'model':2}", "tokenizer.json");
        json("a million empty arrays", "{'model':[" + "[],".repeat(1_000_000) + "[]]}", "tokenizer.json");
        json("half a string", "{'model':'" + "x".repeat(100_000), "tokenizer.json");
    }
}
