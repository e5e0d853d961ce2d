package detangle.pipelines.redaction;

import detangle.pipelines.PipelineException;
import java.io.Serializable;

/** An operator on a found part of a text. */
public sealed interface RedactionOperator extends Serializable {
    /**
     * Replaces a part by a text.
     *
     * @param newValue the text, in which {@value #LABEL} stands for the name of the part's kind
     */
    record Replace(String newValue) implements RedactionOperator {}

    /** Replaces a part by the name of its kind and a number. */
    record Number() implements RedactionOperator {}

    /**
     * Replaces a part by the name of its kind and a hash: the first digits of the HMAC-SHA-256 (RFC 2104) of the part's
     * UTF-8, in hexadecimal. The same part has the same hash in every text, whatever its kind. Without the key, nobody
     * can compute the hash of a guessed part, or find a part by trying.
     *
     * @param digits how many digits of the hash are kept, {@value #LEAST_DIGITS} to {@value #MOST_DIGITS}
     */
    record Hash(HashKey key, int digits) implements RedactionOperator {
        /**
         * Checks the number of digits. With fewer digits, different parts would soon have the same hash.
         *
         * @throws PipelineException if the digits are not {@value #LEAST_DIGITS} to {@value #MOST_DIGITS}
         */
        public Hash {
            if (digits < LEAST_DIGITS || digits > MOST_DIGITS) {
                throw new PipelineException(
                        "a hash must have " + LEAST_DIGITS + " to " + MOST_DIGITS + " digits, not " + digits);
            }
        }
    }

    /**
     * Replaces each code point of a part by a character, so the text keeps its number of code points.
     *
     * @param character one code point
     */
    record Mask(String character) implements RedactionOperator {
        /**
         * Checks the character.
         *
         * @throws PipelineException if the text is not one visible character
         */
        public Mask {
            if (character.codePointCount(0, character.length()) != 1 || !isVisible(character.codePointAt(0))) {
                throw new PipelineException("the masking character must be one visible character, such as * or #");
            }
        }

        private static boolean isVisible(int codePoint) {
            return switch (Character.getType(codePoint)) {
                case Character.CONTROL,
                        Character.FORMAT,
                        Character.SURROGATE,
                        Character.UNASSIGNED,
                        Character.SPACE_SEPARATOR,
                        Character.LINE_SEPARATOR,
                        Character.PARAGRAPH_SEPARATOR,
                        Character.NON_SPACING_MARK,
                        Character.COMBINING_SPACING_MARK,
                        Character.ENCLOSING_MARK -> false;
                default -> true;
            };
        }
    }

    /** Removes a part. */
    record Remove() implements RedactionOperator {}

    /** Keeps a part, unless it overlaps with a part that is replaced. */
    record Keep() implements RedactionOperator {}

    /** The word that stands for the name of a part's kind in a new value. */
    String LABEL = "{label}";

    /**
     * The least number of digits of a hash: among ten thousand different parts, two have the same hash in about one
     * case of a hundred.
     */
    int LEAST_DIGITS = 8;

    /** The digits of SHA-256. */
    int MOST_DIGITS = 64;
}
