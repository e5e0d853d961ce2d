package detangle.pipelines;

import detangle.models.text.Encoding;
import java.util.Arrays;
import java.util.List;

/** Collects the tokens of an input that a pipeline composes itself. */
final class PromptTokens {
    private static final int INITIAL_CAPACITY = 64;

    private int[] ids = new int[INITIAL_CAPACITY];
    private int size;

    int size() {
        return size;
    }

    void add(int... more) {
        if (size + more.length > ids.length) {
            ids = Arrays.copyOf(ids, 2 * (size + more.length));
        }
        System.arraycopy(more, 0, ids, size, more.length);
        size += more.length;
    }

    int[] array() {
        return Arrays.copyOf(ids, size);
    }

    Encoding encoding() {
        int[] none = new int[size];
        return new Encoding(array(), none, List.of(), none, none, none, none);
    }
}
