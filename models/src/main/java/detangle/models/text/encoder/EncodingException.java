package detangle.models.text.encoder;

/**
 * A text cannot be encoded, or ids cannot be decoded; {@link DescribedTokenizer} adds the name of the tokenizer's file.
 */
final class EncodingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    EncodingException(String message) {
        super(message);
    }
}
