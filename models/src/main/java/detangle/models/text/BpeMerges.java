package detangle.models.text;

import detangle.models.text.encoder.Merges;
import detangle.models.text.encoder.Vocabulary;
import java.nio.file.Path;
import java.util.List;

/** Turns merges as files write them, in tokens, into merges of ids. */
final class BpeMerges {
    private BpeMerges() {}

    /**
     * @param pairs of each merge the left and the right token
     * @param prefix of tokens that do not begin a word, which falls away where two become one
     */
    static Merges of(Path file, Vocabulary vocabulary, List<String> pairs, String prefix) {
        Merges merges = new Merges(pairs.size() / 2);
        for (int i = 0; i < pairs.size(); i += 2) {
            String left = pairs.get(i);
            String right = pairs.get(i + 1);
            String merge = "the merge '" + shown(left) + " " + shown(right) + "'";
            if (!right.startsWith(prefix)) {
                throw new TokenizerException(
                        file,
                        merge + " has a right token without the continuing_subword_prefix '" + shown(prefix) + "'");
            }
            merges.add(
                    id(file, vocabulary, left, merge),
                    id(file, vocabulary, right, merge),
                    id(file, vocabulary, left + right.substring(prefix.length()), merge));
        }
        return merges;
    }

    private static String shown(String token) {
        String quoted = JsonComponent.quoted(token);
        return quoted.substring(1, quoted.length() - 1);
    }

    private static int id(Path file, Vocabulary vocabulary, String token, String merge) {
        return vocabulary
                .find(token)
                .orElseThrow(() ->
                        new TokenizerException(file, "has no token '" + shown(token) + "', which " + merge + " needs"));
    }
}
