package detangle.experiment.data;

import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.train.data.DataException;
import detangle.train.data.Draws;
import detangle.train.data.Example;
import detangle.train.data.Target;
import detangle.train.data.TokenIds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * The common features of tasks (microsoft/DeBERTa, DeBERTa/data/example.py): {@code [CLS] first [SEP]} or {@code [CLS]
 * first [SEP] second [SEP]}. While they are too long, the longer segment loses its first or its last token, by chance.
 * Segments keep their order; the original puts the longer one first once it has cut something.
 *
 * @param tokenizer the tokenizer of the model
 * @param maxLength the most tokens of an example, special ones included ({@code --max_seq_length})
 */
public record SegmentFeatures(Tokenizer tokenizer, int maxLength) {
    private static final double HALF = 0.5;
    private static final int MIN_LENGTH = 8;

    /**
     * Makes features of texts.
     *
     * @throws DataException if {@code maxLength} leaves hardly any room for a text
     */
    public SegmentFeatures {
        if (maxLength < MIN_LENGTH) {
            throw new DataException("max_seq_length is " + maxLength + ": it must be at least " + MIN_LENGTH);
        }
    }

    /** Returns the tokens of a text, without special ones. */
    public int[] tokens(String text) {
        Encoding encoding = tokenizer.encode(text);
        return IntStream.range(0, encoding.length())
                .filter(i -> encoding.sequences()[i] != Encoding.SPECIAL)
                .map(i -> encoding.ids()[i])
                .toArray();
    }

    /** Returns the id of {@code [CLS]}. */
    public int classToken() {
        return tokenizer.encode("").ids()[0];
    }

    /** Returns the id of {@code [SEP]}. */
    public int separatorToken() {
        int[] empty = tokenizer.encode("").ids();
        return empty[empty.length - 1];
    }

    /**
     * Makes an example of one or two texts.
     *
     * @param slot the number of the example in its set; it determines which tokens are cut
     */
    public Example example(List<String> segments, Target target, long slot) {
        return Example.of(joined(segments.stream().map(this::tokens).toList(), slot), target);
    }

    /** Makes features of one or two segments of tokens, which are cut to fit. */
    public TokenIds joined(List<int[]> segments, long slot) {
        List<int[]> fitting = truncated(segments, maxLength - segments.size() - 1, slot);
        int length = 1 + fitting.stream().mapToInt(s -> s.length + 1).sum();
        int[] ids = new int[length];
        ids[0] = classToken();
        int separator = separatorToken();
        int at = 1;
        int pairStart = length;
        for (int i = 0; i < fitting.size(); i++) {
            if (i == 1) {
                pairStart = at;
            }
            int[] segment = fitting.get(i);
            System.arraycopy(segment, 0, ids, at, segment.length);
            at += segment.length;
            ids[at++] = separator;
        }
        return new TokenIds(ids, pairStart);
    }

    /**
     * Returns segments of at most so many tokens in all. One after the other, the longest segment loses its first or
     * its last token. Among equally long ones it is that which was the longest one last, as in the original.
     */
    public static List<int[]> truncated(List<int[]> segments, int maxTokens, long slot) {
        int over = segments.stream().mapToInt(s -> s.length).sum() - maxTokens;
        if (over <= 0) {
            return segments;
        }
        Random random = Draws.of(slot);
        int[] from = new int[segments.size()];
        int[] to = segments.stream().mapToInt(s -> s.length).toArray();
        List<Integer> byLength =
                new ArrayList<>(IntStream.range(0, segments.size()).boxed().toList());
        for (int i = 0; i < over; i++) {
            byLength.sort(
                    Comparator.comparingInt((Integer s) -> to[s] - from[s]).reversed());
            int longest = byLength.getFirst();
            if (random.nextDouble() < HALF) {
                from[longest]++;
            } else {
                to[longest]--;
            }
        }
        return IntStream.range(0, segments.size())
                .mapToObj(i -> Arrays.copyOfRange(segments.get(i), from[i], to[i]))
                .toList();
    }
}
