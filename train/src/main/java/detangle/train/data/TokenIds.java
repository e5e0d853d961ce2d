package detangle.train.data;

import detangle.models.text.Encoding;

/**
 * A text or a pair of texts as a model reads it.
 *
 * @param ids the tokens, the special ones included; whoever holds them must not change them
 * @param pairStart the first token of type 1, which is the first one of the second text; as many as there are tokens if there is none
 */
public record TokenIds(int[] ids, int pairStart) {
    /** What an encoding says of ids and types. */
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
