package detangle.pipelines.redaction;

import detangle.pipelines.PipelineException;
import java.io.Serializable;

/** The treatment of a part of a text that was found. */
public sealed interface RedactionOperator extends Serializable {
    /**
     * A text stands in its place.
     *
     * @param newValue the text, in which {@value #LABEL} stands for the name of the part's kind
     */
    record Replace(String newValue) implements RedactionOperator {}

    /** The name of its kind and a number stand in its place. */
    record Number() implements RedactionOperator {}

    /**
     * The name of its kind and a hash stand in its place: the first digits of the HMAC-SHA-256 (RFC 2104) of the
     * part's UTF-8, in hexadecimal. The same part has the same hash in every text, whatever its kind. Whoever does not
     * have the key can neither compute the hash of a part that they guess nor find the part by trying.
     *
     * @param digits how many digits of the hash are kept, {@value #LEAST_DIGITS} to {@value #MOST_DIGITS}
     */
    record Hash(HashKey key, int digits) implements RedactionOperator {
        /** Refuses a number of digits that a hash does not have, and so few that different parts are soon the same. */
        public Hash {
            if (digits < LEAST_DIGITS || digits > MOST_DIGITS) {
                throw new PipelineException(
                        "a hash has " + LEAST_DIGITS + " to " + MOST_DIGITS + " digits, not " + digits);
            }
        }
    }

    /**
     * A character stands in the place of each of its code points, so that the text has as many as before.
     *
     * @param character one code point
     */
    record Mask(String character) implements RedactionOperator {
        /** Refuses what is not one character that stands for itself. */
        public Mask {
            if (character.codePointCount(0, character.length()) != 1 || !isVisible(character.codePointAt(0))) {
                throw new PipelineException("a text is masked with one visible character, such as * or #");
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

    /** Nothing stands in its place. */
    record Remove() implements RedactionOperator {}

    /** It stays as it is, unless it overlaps with a part that does not. */
    record Keep() implements RedactionOperator {}

    /** Stands in a new value for the name of a part's kind. */
    String LABEL = "{label}";

    /**
     * The fewest digits of a hash: of ten thousand different parts two have the same one in about one case of a
     * hundred.
     */
    int LEAST_DIGITS = 8;

    /** The digits of SHA-256. */
    int MOST_DIGITS = 64;
}
