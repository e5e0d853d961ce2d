package detangle.pipelines;

/**
 * A predicted token for the place of a {@code [MASK]}.
 *
 * @param score its probability
 * @param token its id
 * @param tokenStr the token as text
 * @param sequence the text with the token in it; if the text has other masks, with its special tokens
 */
public record MaskPrediction(double score, int token, String tokenStr, String sequence) {}
