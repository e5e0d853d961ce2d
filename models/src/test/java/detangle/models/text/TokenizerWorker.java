package detangle.models.text;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A process that loads the tokenizers of folders, whose names it reads, and encodes texts with each. It answers a line for
 * each: what became of it, and the message.
 */
final class TokenizerWorker {
    private static final List<String> TEXTS = List.of(
            "",
            " ",
            "Where is my card? It's lost, [MASK] [SEP] <user>!",
            "x".repeat(40),
            "a".repeat(3000),
            "ab ".repeat(3000),
            "e\u0301\u0316".repeat(500),
            "\uD83D\uDE00\uFDFA\u3000中文 ｶﾞ",
            "\uD83D half");

    private TokenizerWorker() {}

    public static void main(String[] arguments) throws IOException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        BufferedReader folders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String folder = folders.readLine(); folder != null; folder = folders.readLine()) {
            out.println(outcome(Path.of(folder)));
        }
    }

    private static String outcome(Path folder) {
        try {
            Tokenizer tokenizer = Tokenizers.load(folder);
            SplittableRandom random = new SplittableRandom(1);
            int tokens = 0;
            for (int i = 0; i < TEXTS.size(); i++) {
                String text = TEXTS.get(i);
                int[] ids = tokenizer.encode(text).ids();
                tokens += ids.length
                        + tokenizer.encode(RandomTexts.next(random), "x").length();
                tokenizer.decode(ids, i % 2 == 0);
            }
            return "loaded " + tokens + " tokens";
        } catch (TokenizerException e) {
            boolean oneLine =
                    e.getMessage().lines().count() == 1 && e.getMessage().startsWith(folder.toString());
            return (oneLine ? "refused " : "badly-refused ") + e.getMessage().replace("\n", "\\n");
        } catch (RuntimeException | Error e) {
            return "failed " + String.valueOf(e).replace("\n", "\\n") + " at " + e.getStackTrace()[0];
        }
    }
}
