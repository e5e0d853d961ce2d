package detangle.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Texts of words that mean nothing, and a tokenizer that knows them: seven words in ten are one token, the others two,
 * as English words are on average in vocabularies of published models.
 */
final class SyllableTexts {
    private static final String CONSONANTS = "bdfghklmnprstvwz";
    private static final String VOWELS = "aeiou";
    private static final int WORDS = 3000;
    private static final double SHARE_OF_TWO_TOKENS = 0.3;
    private static final long SEED = 11;

    /** The pad, begin, end and unknown tokens have the first ids. */
    private static final List<String> FRAME = List.of("[PAD]", "[CLS]", "[SEP]", "[UNK]");

    private static final List<String> SYLLABLES = CONSONANTS
            .chars()
            .boxed()
            .flatMap(c -> VOWELS.chars().mapToObj(v -> "" + (char) (int) c + (char) v))
            .toList();

    private static final List<String> STARTS = new Random(SEED)
            .ints(0, SYLLABLES.size() * SYLLABLES.size())
            .distinct()
            .limit(WORDS)
            .mapToObj(i -> SYLLABLES.get(i / SYLLABLES.size()) + SYLLABLES.get(i % SYLLABLES.size()))
            .toList();

    private SyllableTexts() {}

    /** Returns a text of so many words. */
    static String text(Random random, int words) {
        return IntStream.range(0, words)
                .mapToObj(i -> STARTS.get(random.nextInt(WORDS))
                        + (random.nextDouble() < SHARE_OF_TWO_TOKENS
                                ? SYLLABLES.get(random.nextInt(SYLLABLES.size()))
                                : ""))
                .collect(Collectors.joining(" "));
    }

    /** Different labels of a word each. */
    static List<String> labels(int count) {
        return STARTS.subList(0, count);
    }

    /**
     * Returns the tokenizer, as a tokenizer.json.
     *
     * @param special tokens that are found in texts as they are
     */
    static String tokenizer(List<String> special) {
        ObjectNode root = JsonMapper.shared().createObjectNode();
        root.put("version", "1.0");
        ArrayNode added = root.putArray("added_tokens");
        for (int i = 0; i < FRAME.size(); i++) {
            add(added, FRAME.get(i), i);
        }
        List<String> pieces = new ArrayList<>(FRAME);
        pieces.add("\u2581");
        "abcdefghijklmnopqrstuvwxyz0123456789<>()[]|:,._-".chars().forEach(c -> pieces.add(Character.toString(c)));
        STARTS.forEach(start -> pieces.add("\u2581" + start));
        pieces.addAll(SYLLABLES);
        for (int i = 0; i < special.size(); i++) {
            add(added, special.get(i), pieces.size() + i);
        }
        metaspace(root.putObject("pre_tokenizer"));
        ObjectNode frame = root.putObject("post_processor").put("type", "TemplateProcessing");
        ArrayNode single = frame.putArray("single");
        special(single, "[CLS]");
        sequence(single, "A");
        special(single, "[SEP]");
        ArrayNode pair = frame.putArray("pair");
        pair.addAll(single);
        sequence(pair, "B");
        special(pair, "[SEP]");
        ObjectNode tokens = frame.putObject("special_tokens");
        for (String token : List.of("[CLS]", "[SEP]")) {
            ObjectNode own = tokens.putObject(token).put("id", token);
            own.putArray("ids").add(FRAME.indexOf(token));
            own.putArray("tokens").add(token);
        }
        metaspace(root.putObject("decoder"));
        ObjectNode model = root.putObject("model").put("type", "Unigram").put("unk_id", FRAME.indexOf("[UNK]"));
        ArrayNode vocabulary = model.putArray("vocab");
        pieces.forEach(piece -> vocabulary.addArray().add(piece).add(FRAME.contains(piece) ? 0.0 : -10.0));
        model.put("byte_fallback", false);
        return root.toString();
    }

    private static void add(ArrayNode tokens, String token, int id) {
        tokens.addObject()
                .put("id", id)
                .put("content", token)
                .put("single_word", false)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", false)
                .put("special", true);
    }

    private static void metaspace(ObjectNode node) {
        node.put("type", "Metaspace")
                .put("replacement", "\u2581")
                .put("prepend_scheme", "always")
                .put("split", true);
    }

    private static void special(ArrayNode parts, String token) {
        parts.addObject().putObject("SpecialToken").put("id", token).put("type_id", 0);
    }

    private static void sequence(ArrayNode parts, String name) {
        parts.addObject().putObject("Sequence").put("id", name).put("type_id", 0);
    }
}
