package detangle.train.data;

import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Truncation;
import detangle.models.text.Truncation.Strategy;
import java.util.List;
import java.util.Optional;

/** Encodes texts as tokens. A text that is too long for an example is cut and counted, or refused. */
public final class ExampleEncoder {
    private final Tokenizer tokenizer;
    private final int maxLength;
    private final boolean cuts;
    private long rows;
    private long tokens;
    private long cut;
    private int longest;
    private String longestRow = "";

    /**
     * @param maxLength the most tokens of an example, special ones included
     * @param cuts whether longer examples are cut, as HuggingFace's example scripts do; they are refused otherwise
     */
    public ExampleEncoder(Tokenizer tokenizer, int maxLength, boolean cuts) {
        this.tokenizer = tokenizer;
        this.maxLength = maxLength;
        this.cuts = cuts;
    }

    Tokenizer tokenizer() {
        return tokenizer;
    }

    int maxLength() {
        return maxLength;
    }

    /** Encodes a text as {@code [CLS] text [SEP]}, and cuts it if it is too long. */
    Encoding encode(String text, String where) {
        return fit(tokenizer.encode(text), where);
    }

    /**
     * Encodes a pair as {@code [CLS] first [SEP] second [SEP]}. If it is too long, the longer of the two texts is cut.
     */
    Encoding encode(String first, String second, String where) {
        return fit(tokenizer.encode(first, second), where);
    }

    private Encoding fit(Encoding encoding, String where) {
        rows++;
        tokens += Math.min(encoding.length(), maxLength);
        if (encoding.length() <= maxLength) {
            return encoding;
        }
        if (!cuts) {
            throw new DataException(where + " has " + encoding.length() + " tokens, and " + maxLength
                    + " are taken: shorten it, take more, or let rows be cut");
        }
        cut++;
        if (encoding.length() > longest) {
            longest = encoding.length();
            longestRow = where;
        }
        return new Truncation(maxLength, Strategy.LONGEST_FIRST, Optional.empty())
                .apply(encoding)
                .getFirst();
    }

    /** Returns the number of tokens of all texts that have been encoded, after cutting. */
    public long tokens() {
        return tokens;
    }

    /** Returns a remark for the user on how many texts were cut, if any were. */
    public List<String> notices() {
        return cut == 0
                ? List.of()
                : List.of(cut + " of " + rows + (rows == 1 ? " row has" : " rows have") + " more than " + maxLength
                        + " tokens and are cut; the longest, " + longestRow + ", has " + longest);
    }
}
