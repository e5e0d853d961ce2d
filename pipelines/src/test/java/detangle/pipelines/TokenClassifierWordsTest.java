package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which tokens HuggingFace's token-classification takes for the rest of a word. */
class TokenClassifierWordsTest {
    @TempDir
    private Path folder;

    private static List<String> words(Tokenizer tokenizer, String text) {
        Encoding encoding = tokenizer.encode(text);
        Characters characters = new Characters(text);
        List<String> words = new ArrayList<>();
        for (int i = 0; i < encoding.length(); i++) {
            if (encoding.sequences()[i] != Encoding.SPECIAL) {
                String token = characters
                        .span(encoding.starts()[i], encoding.ends()[i])
                        .word();
                if (!words.isEmpty() && TokenClassifier.continues(encoding, i, characters, tokenizer)) {
                    words.set(words.size() - 1, words.getLast() + "+" + token);
                } else {
                    words.add(token);
                }
            }
        }
        return words;
    }

    /** WordPiece marks what continues a word, so that punctuation is a word of its own. */
    @Test
    void wordPieceKnowsItsWords() throws IOException {
        Path file = Files.writeString(folder.resolve("tokenizer.json"), """
                {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],
                 "normalizer":null,"pre_tokenizer":{"type":"BertPreTokenizer"},"post_processor":null,"decoder":null,
                 "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
                  "vocab":{"[PAD]":0,"[UNK]":1,"play":2,"##ing":3,"card":4,"##s":5,",":6,".":7}}}
                """);
        assertEquals(
                List.of("play+ing", ",", "card+s", ".", "card", "zebra"),
                words(Tokenizers.fromJson(file), "playing,cards. card zebra"));
    }

    /** Without such marks words end at white space, and an unknown token begins one. */
    @Test
    void otherwiseWordsEndAtWhiteSpace() {
        Tokenizer tokenizer = Tokenizers.load(TinyModel.SHIPPED);
        assertEquals(List.of("card+,+c+ard", "card"), words(tokenizer, "card,card\u2028card"));
        assertEquals(List.of("card", "\ud83d\ude00+s"), words(tokenizer, "card\ud83d\ude00s"));
    }
}
