package detangle.pipelines.redaction;

/**
 * The kinds of operators on the found parts of a text. All names but {@link #NUMBER} are those of Presidio's operators.
 */
public enum OperatorKind {
    /** Replaces a part by the name of its kind: {@code [PERSON]}. */
    REPLACE,
    /** Replaces a part by the name of its kind and a number, the same number for the same words: {@code [PERSON_1]}. */
    NUMBER,
    /** Replaces a part by the name of its kind and a keyed hash of the words: {@code [PERSON_3b0c8a6f1d2e4975]}. */
    HASH,
    /** Replaces each code point of a part by a character: {@code ************}. */
    MASK,
    /** Removes a part. */
    REDACT,
    /** Keeps a part, unless it overlaps with a part that is replaced. */
    KEEP
}
