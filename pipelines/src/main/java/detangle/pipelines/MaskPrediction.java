package detangle.pipelines;

/**
 * A token that a model puts in the place of a {@code [MASK]}.
 *
 * @param score its probability
 * @param token its id
 * @param tokenStr the token as text
 * @param sequence the text with the token in it; where the text has other masks, with its special tokens
 */
public record MaskPrediction(double score, int token, String tokenStr, String sequence) {}
