package detangle.train.data;

import detangle.models.text.Punctuation;
import detangle.models.text.Tokenizer;
import java.util.BitSet;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Says which tokens of a vocabulary continue a word: the original's {@code part_of_whole_word} for each id, for
 * vocabularies of SentencePiece, GPT-2 and WordPiece alike. A token continues the word before it if no space stands
 * before it, unless it is a single space, control character or punctuation mark.
 *
 * @param special the ids of {@code [MASK]}, {@code [CLS]}, {@code [SEP]}, {@code [PAD]} and {@code [UNK]}, which are
 *     never masked; callers must not change it
 * @param continuing the ids of tokens that continue a word; callers must not change it
 */
public record WordParts(BitSet special, BitSet continuing) {
    private static final Set<String> SPECIAL_NAMES = Set.of("[MASK]", "[CLS]", "[SEP]", "[PAD]", "[UNK]");

    /** The mark that SentencePiece writes for the space before a word. */
    private static final String SPACE_MARK = "\u2581";

    /** Finds the parts of words in the vocabulary of a tokenizer. */
    public static WordParts of(Tokenizer tokenizer) {
        BitSet special = special(tokenizer);
        int[] ids = IntStream.range(0, tokenizer.vocabSize())
                .filter(id -> tokenizer.token(id).isPresent() && !special.get(id))
                .toArray();
        BitSet continuing = new BitSet();
        boolean spells = IntStream.of(ids)
                .mapToObj(id -> tokenizer.token(id).orElseThrow())
                .anyMatch(token ->
                        token.length() > 1 && token.startsWith(SPACE_MARK) && Character.isLetter(token.charAt(1)));
        if (spells) {
            IntStream.of(ids)
                    .forEach(id ->
                            continuing.set(id, continues(tokenizer.token(id).orElseThrow(), SPACE_MARK)));
        } else {
            IntStream.of(ids).forEach(behindAWord(tokenizer, ids, continuing));
        }
        return new WordParts(special, continuing);
    }

    /**
     * Finds by decoding whether a space stands before a token. The token is decoded behind a word, as a decoder may
     * leave out a space at the beginning of a text.
     */
    private static IntConsumer behindAWord(Tokenizer tokenizer, int[] ids, BitSet continuing) {
        int word = IntStream.of(ids)
                .filter(id -> tokenizer.decode(new int[] {id}, false).matches("[a-z]+"))
                .findFirst()
                .orElseThrow(
                        () -> new DataException("the tokenizer has no token of letters: n-grams of words need some"));
        String before = tokenizer.decode(new int[] {word}, false);
        return id -> {
            String both = tokenizer.decode(new int[] {word, id}, false);
            continuing.set(id, both.startsWith(before) && continues(both.substring(before.length()), " "));
        };
    }

    private static BitSet special(Tokenizer tokenizer) {
        BitSet special = new BitSet();
        int[] frame = tokenizer.encode("").ids();
        IntStream.of(frame).forEach(special::set);
        IntStream.range(0, tokenizer.vocabSize())
                .filter(id ->
                        tokenizer.token(id).filter(SPECIAL_NAMES::contains).isPresent())
                .forEach(special::set);
        special.set(tokenizer.padTokenId());
        tokenizer.maskTokenId().ifPresent(special::set);
        tokenizer.unknownTokenId().ifPresent(special::set);
        return special;
    }

    private static boolean continues(String text, String space) {
        boolean isSingle = text.codePointCount(0, text.length()) == 1;
        return !text.startsWith(space) && !(isSingle && standsAlone(text.codePointAt(0)));
    }

    /** Returns whether a character is a word of its own: a space, a control character or a punctuation mark. */
    private static boolean standsAlone(int c) {
        return Punctuation.is(c)
                || switch (Character.getType(c)) {
                    case Character.SPACE_SEPARATOR,
                            Character.CONTROL,
                            Character.FORMAT,
                            Character.SURROGATE,
                            Character.PRIVATE_USE,
                            Character.UNASSIGNED -> true;
                    default -> false;
                };
    }
}
