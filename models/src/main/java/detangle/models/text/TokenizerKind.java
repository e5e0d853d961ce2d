package detangle.models.text;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Whose code a tokenizer follows, where there is a choice. */
public enum TokenizerKind {
    /** HuggingFace's fast tokenizers as of transformers 4, out of whatever files there are. */
    HUGGINGFACE,
    /** HuggingFace's slow tokenizer of v2 and v3: SentencePiece between the special tokens that a text holds. */
    SLOW,
    /** microsoft's tokenizer of v2 and v3: SentencePiece, to which nothing in a text is special. */
    SENTENCEPIECE,
    /** microsoft's tokenizer of v1: a dictionary of GPT-2's ids, to which nothing in a text is special. */
    GPT2;

    /** Returns the name on the command line. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns the kind with that {@link #text()}. */
    public static Optional<TokenizerKind> named(String text) {
        return Arrays.stream(values()).filter(k -> k.text().equals(text)).findFirst();
    }
}
