package detangle.pipelines;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The rows of a call as encodings, in order: one of a row, several of a row that is read in windows, none of a row
 * that cannot be answered.
 *
 * @param <E> an encoding, or an encoding with what else a pipeline knows of it
 */
final class EncodedRows<E> {
    private final List<E> encodings = new ArrayList<>();
    private final List<Integer> rows = new ArrayList<>();

    private EncodedRows() {}

    /**
     * Encodes rows.
     *
     * @param what what a row is called in messages
     * @param encode the encodings of a row, whose index it is given
     */
    static <E> EncodedRows<E> of(
            String what, int count, ProgressListener listener, Function<InputRow, List<E>> encode) {
        EncodedRows<E> all = new EncodedRows<>();
        for (int i = 0; i < count; i++) {
            try {
                List<E> own = encode.apply(new InputRow(i, TextModel.name(what, i, count), listener));
                all.encodings.addAll(own);
                for (int window = 0; window < own.size(); window++) {
                    all.rows.add(i);
                }
            } catch (InputRow.UnanswerableException e) {
                // The listener has been told, and the other rows go on.
            }
        }
        return all;
    }

    List<E> encodings() {
        return encodings;
    }

    E encoding(int index) {
        return encodings.get(index);
    }

    /** Returns the row that an encoding is of. */
    int row(int index) {
        return rows.get(index);
    }
}
