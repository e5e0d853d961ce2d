package detangle.models.text.encoder;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The tokens of one text, collected one by one. */
final class TokenList {
    private final List<String> spellings = new ArrayList<>();
    private int[] ids = new int[32];
    private int[] starts = new int[32];
    private int[] ends = new int[32];
    private int[] words = new int[32];
    private int word = -1;

    /** Tokens that are added from now on are of the next word. */
    void beginWord() {
        word++;
    }

    /** Adds a token that a part of a text, from one of its code points to that before another, is. */
    void add(int id, String spelling, AlignedText text, int from, int to) {
        add(id, spelling, text.start(from), text.end(to - 1));
    }

    private void add(int id, String spelling, int start, int end) {
        int count = spellings.size();
        if (count == ids.length) {
            ids = Arrays.copyOf(ids, 2 * count);
            starts = Arrays.copyOf(starts, 2 * count);
            ends = Arrays.copyOf(ends, 2 * count);
            words = Arrays.copyOf(words, 2 * count);
        }
        ids[count] = id;
        starts[count] = start;
        ends[count] = end;
        words[count] = word;
        spellings.add(spelling);
    }

    int size() {
        return spellings.size();
    }

    int id(int index) {
        return ids[index];
    }

    String spelling(int index) {
        return spellings.get(index);
    }

    int start(int index) {
        return starts[index];
    }

    int end(int index) {
        return ends[index];
    }

    /** Returns the number of the word that a token is of. */
    int word(int index) {
        return words[index];
    }

    void respell(int index, String spelling) {
        spellings.set(index, spelling);
    }

    void realign(int index, int start, int end) {
        starts[index] = start;
        ends[index] = end;
    }
}
