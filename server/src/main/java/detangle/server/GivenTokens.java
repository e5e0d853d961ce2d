package detangle.server;

import detangle.models.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Texts that a request gives as the ids of their tokens. */
final class GivenTokens {
    private GivenTokens() {}

    /**
     * Reads the ids of a text or of several.
     *
     * @param ids an array of numbers, or an array of such arrays
     * @param field the name of the array, for messages
     * @param maxIds the most ids of all texts together
     */
    static List<int[]> read(JsonNode ids, String field, Tokenizer tokenizer, int maxIds) {
        if (!ids.isArray()) {
            throw ApiException.validation(field + " is not an array of token ids, or of arrays of them");
        }
        List<int[]> texts = new ArrayList<>();
        if (ids.path(0).isArray()) {
            ids.forEach(text -> texts.add(one(text, field, tokenizer)));
        } else if (!ids.isEmpty()) {
            texts.add(one(ids, field, tokenizer));
        }
        long count = texts.stream().mapToLong(text -> text.length).sum();
        if (count > maxIds) {
            throw ApiException.tooLarge(field + " has " + count + " token ids, and may have " + maxIds);
        }
        return texts;
    }

    private static int[] one(JsonNode ids, String field, Tokenizer tokenizer) {
        if (!ids.isArray()) {
            throw ApiException.validation(field + " mixes token ids with arrays of them");
        }
        int[] text = new int[ids.size()];
        for (int i = 0; i < text.length; i++) {
            JsonNode id = ids.get(i);
            if (!id.isInt() || id.intValue() < 0 || id.intValue() >= tokenizer.vocabSize()) {
                throw ApiException.validation(field + " holds something that is not the id of one of the "
                        + tokenizer.vocabSize() + " tokens");
            }
            text[i] = id.intValue();
        }
        return text;
    }
}
