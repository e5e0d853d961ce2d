package detangle.train.data;

import detangle.models.text.Encoding;

/**
 * A text or a pair of texts as a model reads it.
 *
 * @param ids the tokens, the special ones included; callers must not change the array
 * @param pairStart the first token of type 1, which is the first token of the second text; the number of all tokens if
 *     there is no second text
 */
public record TokenIds(int[] ids, int pairStart) {
    /** Returns the ids and types of an encoding. */
    public static TokenIds of(Encoding encoding) {
        int[] types = encoding.typeIds();
        int pairStart = 0;
        while (pairStart < types.length && types[pairStart] == 0) {
            pairStart++;
        }
        return new TokenIds(encoding.ids(), pairStart);
    }

    public int length() {
        return ids.length;
    }
}
