package detangle.pipelines.redaction;

/**
 * The names of what may be done with a part of a text that was found; all but {@link #NUMBER} are those of Presidio's
 * operators.
 */
public enum OperatorKind {
    /** The name of its kind stands in its place: {@code [PERSON]}. */
    REPLACE,
    /** The name of its kind and a number stand in its place, the same number for the same part: {@code [PERSON_1]}. */
    NUMBER,
    /** The name of its kind and a keyed hash of the part stand in its place: {@code [PERSON_3b0c8a6f1d2e4975]}. */
    HASH,
    /** A character stands in the place of each of its code points: {@code ************}. */
    MASK,
    /** Nothing stands in its place. */
    REDACT,
    /** It stays as it is, unless it overlaps with a part that does not. */
    KEEP
}
