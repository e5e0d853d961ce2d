package detangle.hostile;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What stands beside a vocabulary: tokenizer_config.json, special_tokens_map.json and added_tokens.json. */
final class TokenizerSettingsReader implements Reader {
    private static final String CONFIG = "tokenizer_config.json";
    private static final String SPECIAL = "special_tokens_map.json";
    private static final String ADDED = "added_tokens.json";
    private static final FolderWriter JSON = TokenizerJson.file("tokenizer.json", TokenizerJson.EVERYTHING);
    private static final FolderWriter TEXT =
            FolderWriter.file("vocab.txt", "[PAD]\n[CLS]\n[SEP]\n[UNK]\n[MASK]\na\nb\n##b\n##a\nab\nx\n");
    private static final String TOKEN = "{'content':'[MASK]','lstrip':true,'normalized':false,'rstrip':false,"
            + "'single_word':false,'special':true}";

    private final List<Hostile> files = new ArrayList<>();

    @Override
    public String name() {
        return "tokenizer-settings";
    }

    @Override
    public List<Hostile> good() {
        String config = "{'do_lower_case':true,'split_by_punct':false,'add_prefix_space':false,'model_max_length':512,"
                + "'tokenizer_class':'DebertaV2Tokenizer','cls_token':'[CLS]','sep_token':'[SEP]','mask_token':" + TOKEN
                + ",'additional_special_tokens':['<user>'],'added_tokens_decoder':{'10':" + TOKEN + "}}";
        String special = "{'cls_token':'[CLS]','sep_token':'[SEP]','mask_token':" + TOKEN + "}";
        return List.of(
                new Hostile(
                        "all beside tokenizer.json",
                        JSON.and(TokenizerJson.file(CONFIG, config))
                                .and(TokenizerJson.file(SPECIAL, special))
                                .and(TokenizerJson.file(ADDED, "{'[MASK]':10}")),
                        ""),
                new Hostile(
                        "all beside vocab.txt",
                        TEXT.and(TokenizerJson.file(CONFIG, "{'do_lower_case':true}"))
                                .and(TokenizerJson.file(SPECIAL, special))
                                .and(TokenizerJson.file(ADDED, "{'<user>':11}")),
                        ""));
    }

    @Override
    public void read(Path folder) {
        TokenizerRoundTrip.of(folder);
    }

    @Override
    public List<Hostile> madeByHand() {
        files.clear();
        for (String file : List.of(CONFIG, SPECIAL, ADDED)) {
            files.addAll(StrangeFiles.inThePlaceOf(file, JSON));
            both(file, "an array", "[]", "it is not a JSON object");
            both(file, "100 000 nested objects", "{'a':".repeat(100_000), file);
            both(file, "half an object", "{'a':1,", file);
            both(file, "200 000 fields", "{" + fields(200_000) + "}", "");
        }
        config();
        special();
        added();
        return List.copyOf(files);
    }

    private void config() {
        both(CONFIG, "do_lower_case of 1", "{'do_lower_case':1}", "do_lower_case is not true or false");
        both(CONFIG, "a class that is a number", "{'tokenizer_class':7}", "tokenizer_class is not a text");
        both(CONFIG, "a class that steers a terminal", "{'tokenizer_class':'\\u001b[2J\\n'}", "");
        for (String length :
                List.of("-1", "0", "1e999", "1e30", "'512'", "'x'", "[]", "99999999999999999999", "NaN", "0.5", "1")) {
            both(CONFIG, "a length of " + length.replace("'", ""), "{'model_max_length':" + length + "}", "");
        }
        both(CONFIG, "a length that steers a terminal", "{'model_max_length':'\\n\\u001b[2J\\u202e'}", "");
        both(CONFIG, "an id of 2^31-1", "{'added_tokens_decoder':{'2147483647':" + TOKEN + "}}", "the id '2147483647'");
        both(CONFIG, "an id of -1", "{'added_tokens_decoder':{'-1':" + TOKEN + "}}", "the id '-1'");
        both(
                CONFIG,
                "an id that is not a number",
                "{'added_tokens_decoder':{'\\u0000\\n':" + TOKEN + "}}",
                "has the id");
        both(CONFIG, "an id far behind the others", "{'added_tokens_decoder':{'1000000':{'content':'zz'}}}", "");
        both(
                CONFIG,
                "an array of added tokens",
                "{'added_tokens_decoder':[]}",
                "added_tokens_decoder is not an object");
        both(CONFIG, "a token that is null", "{'added_tokens_decoder':{'10':null}}", "is not a token");
        both(
                CONFIG,
                "a token of 100 000 characters",
                "{'mask_token':'" + "m".repeat(100_000) + "'}",
                "has a token of 100000");
        both(CONFIG, "an empty token", "{'mask_token':''}", "has a token of 0");
        both(
                CONFIG,
                "two ids for a token",
                "{'added_tokens_decoder':{'11':{'content':'z'},'12':{'content':'z'}}}",
                "with the id 11");
        both(
                CONFIG,
                "two tokens for an id",
                "{'added_tokens_decoder':{'11':{'content':'z'},'011':{'content':'y'}}}",
                "");
        both(
                CONFIG,
                "100 000 special tokens",
                "{'additional_special_tokens':["
                        + IntStream.range(0, 100_000)
                                .mapToObj(i -> "'<" + i + ">'")
                                .collect(Collectors.joining(","))
                        + "]}",
                "");
        both(
                CONFIG,
                "runs of one letter as special tokens",
                "{'additional_special_tokens':["
                        + IntStream.range(1, 400)
                                .mapToObj(i -> "'" + "a".repeat(i) + "'")
                                .collect(Collectors.joining(","))
                        + "]}",
                "");
        both(CONFIG, "special tokens that are numbers", "{'additional_special_tokens':[1,2]}", "is not a token");
        both(CONFIG, "special tokens that are a text", "{'additional_special_tokens':'<a>'}", "is not an array");
    }

    private void special() {
        both(SPECIAL, "a role that is a number", "{'cls_token':7}", "cls_token is not a token");
        both(SPECIAL, "a role that is an array", "{'cls_token':['[CLS]']}", "cls_token is not a token");
        both(SPECIAL, "a role without content", "{'cls_token':{}}", "cls_token is not a token");
        both(SPECIAL, "all roles in one token", "{'cls_token':'[SEP]','unk_token':'[SEP]','mask_token':'[SEP]'}", "");
        both(SPECIAL, "a role that no vocabulary has", "{'cls_token':'\\u001b[2J\\n\\u202e'}", "");
        both(SPECIAL, "a space as a role", "{'mask_token':' '}", "");
        both(SPECIAL, "half a character as a role", "{'mask_token':'\\ud800'}", "");
        both(
                SPECIAL,
                "a flag that is a number",
                "{'mask_token':{'content':'m','lstrip':1}}",
                "lstrip is not true or false");
    }

    private void added() {
        both(ADDED, "an id that is a text", "{'z':'11'}", "gives 'z' the id");
        both(ADDED, "an id of 1e7", "{'z':1e7}", "gives 'z' the id");
        both(ADDED, "an id of 2^63", "{'z':9223372036854775808}", "gives 'z' the id");
        both(ADDED, "an id that is an object", "{'z':{'id':{'id':{}}}}", "gives 'z' the id");
        both(ADDED, "an id of a million digits", "{'z':" + "1".repeat(1_000_000) + "}", ADDED);
        both(ADDED, "two tokens for an id", "{'y':11,'z':11}", "the id 11");
        both(ADDED, "an id that the vocabulary has", "{'zz':0}", "");
        both(ADDED, "an empty token", "{'':11}", "has a token of 0");
        both(ADDED, "a token that steers a terminal", "{'\\u001b[2J\\n\\u202e':-5}", "the id");
        both(
                ADDED,
                "100 000 tokens",
                "{"
                        + IntStream.range(20, 100_000)
                                .mapToObj(i -> "'<" + i + ">':" + i)
                                .collect(Collectors.joining(","))
                        + "}",
                "");
    }

    private static String fields(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> "'f" + i + "':" + (i % 900))
                .collect(Collectors.joining(","));
    }

    /** Beside a tokenizer.json; every other one beside a vocab.txt. */
    private void both(String file, String name, String json, String expected) {
        FolderWriter vocabulary = files.size() % 2 == 0 ? JSON : TEXT;
        files.add(new Hostile(file + ": " + name, vocabulary.and(TokenizerJson.file(file, json)), expected));
    }
}
