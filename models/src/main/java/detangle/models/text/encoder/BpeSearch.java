package detangle.models.text.encoder;

import java.util.Arrays;

/** Merges the neighbours of a word, the pair of lowest rank first and of those the leftmost, as the library does. */
final class BpeSearch {
    private final Model.Bpe model;

    /**
     * The token of each symbol, its length in bytes of UTF-8 (0 once it is merged into another), and its neighbours.
     */
    private int[] ids;

    private int[] lengths;
    private int[] previous;
    private int[] next;
    private int count;

    private BpeSearch(Model.Bpe model, int capacity) {
        this.model = model;
        this.ids = new int[capacity];
        this.lengths = new int[capacity];
    }

    static void search(Model.Bpe model, AlignedText word, TokenList out) {
        if (model.ignoreMerges()) {
            int whole = model.vocabulary().child(Vocabulary.ROOT, word.text());
            if (whole != Vocabulary.NONE && model.vocabulary().id(whole) != Vocabulary.NONE) {
                int id = model.vocabulary().id(whole);
                out.add(id, model.vocabulary().token(id), word, 0, word.length());
                return;
            }
        }
        BpeSearch search = new BpeSearch(model, word.length());
        search.split(word);
        search.merge();
        search.write(word, out);
    }

    /** Makes every character a symbol. Unknown ones wait for the next known one, so that neighbours can be fused. */
    private void split(AlignedText word) {
        Vocabulary vocabulary = model.vocabulary();
        int inner = vocabulary.child(Vocabulary.ROOT, model.prefix());
        int unknownLength = 0;
        for (int i = 0; i < word.length(); i++) {
            int codePoint = word.at(i);
            int bytes = utf8Length(codePoint);
            int prefix = i == 0 ? Vocabulary.ROOT : inner;
            int token = prefix == Vocabulary.NONE ? Vocabulary.NONE : vocabulary.child(prefix, codePoint);
            if (i == word.length() - 1 && token != Vocabulary.NONE) {
                token = vocabulary.child(token, model.suffix());
            }
            int id = token == Vocabulary.NONE ? Vocabulary.NONE : vocabulary.id(token);
            if (id != Vocabulary.NONE) {
                unknownLength = unknown(unknownLength);
                add(id, bytes);
                continue;
            }
            int[] spelled = model.bytes().spell(Character.toString(codePoint));
            for (int b : spelled) {
                add(b, 1);
            }
            if (spelled.length == 0 && model.unknown().isPresent()) {
                unknownLength = model.fuseUnknown() ? unknownLength + bytes : unknown(unknownLength) + bytes;
            }
        }
        unknown(unknownLength);
    }

    /** Adds the unknown symbol that waits, if one does; none waits then. */
    private int unknown(int length) {
        if (length > 0) {
            add(model.vocabulary().find(model.unknown().orElseThrow()).orElseThrow(), length);
        }
        return 0;
    }

    private void add(int id, int length) {
        if (count == ids.length) {
            ids = Arrays.copyOf(ids, 2 * count);
            lengths = Arrays.copyOf(lengths, 2 * count);
        }
        ids[count] = id;
        lengths[count] = length;
        count++;
    }

    private void merge() {
        previous = new int[count];
        next = new int[count];
        MergeQueue queue = new MergeQueue(count);
        for (int i = 0; i < count; i++) {
            previous[i] = i - 1;
            next[i] = i + 1;
            if (i + 1 < count) {
                offer(queue, i);
            }
        }
        while (!queue.isEmpty()) {
            long top = queue.remove();
            int left = MergeQueue.position(top);
            int right = lengths[left] == 0 ? count : next[left];
            if (right == count) {
                continue;
            }
            // The pair may have changed since; it still counts if it becomes the same token.
            int rank = model.merges().rank(ids[left], ids[right]);
            int result = model.merges().result(MergeQueue.rank(top));
            if (rank == Merges.NONE || model.merges().result(rank) != result) {
                continue;
            }
            ids[left] = result;
            lengths[left] += lengths[right];
            lengths[right] = 0;
            next[left] = next[right];
            if (next[left] < count) {
                previous[next[left]] = left;
            }
            if (previous[left] >= 0) {
                offer(queue, previous[left]);
            }
            if (next[left] < count) {
                offer(queue, left);
            }
        }
    }

    private void offer(MergeQueue queue, int left) {
        int rank = model.merges().rank(ids[left], ids[next[left]]);
        if (rank != Merges.NONE) {
            queue.add(rank, left);
        }
    }

    /** Writes the tokens; one may begin within a character, of which it is then said to be. */
    private void write(AlignedText word, TokenList out) {
        int at = 0;
        int atByte = 0;
        int startByte = 0;
        for (int i = 0; i < count; i++) {
            if (lengths[i] == 0) {
                continue;
            }
            int endByte = startByte + lengths[i];
            while (atByte + utf8Length(word.at(at)) <= startByte) {
                atByte += utf8Length(word.at(at++));
            }
            int from = at;
            while (atByte + utf8Length(word.at(at)) < endByte) {
                atByte += utf8Length(word.at(at++));
            }
            out.add(ids[i], model.vocabulary().token(ids[i]), word, from, at + 1);
            startByte = endByte;
        }
    }

    private static int utf8Length(int codePoint) {
        if (codePoint < 0x80) {
            return 1;
        }
        if (codePoint < 0x800) {
            return 2;
        }
        return codePoint < Character.MIN_SUPPLEMENTARY_CODE_POINT ? 3 : 4;
    }
}
