package detangle.train.data;

import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Texts for a masked language model. Masks are drawn anew for each epoch; see {@link Masking}.
 *
 * @param examples an example for each text, or blocks of the same length
 * @param notices remarks on the data for the user, one line each
 */
public record MaskedData(List<Example> examples, List<String> notices) {

    /**
     * Makes an example of each row.
     *
     * @throws DataException if there are no rows
     */
    public static MaskedData lines(Iterable<DataRow> rows, String name, DataColumns columns, ExampleEncoder encoder) {
        List<Example> examples = new ArrayList<>();
        for (DataRow row : rows) {
            Encoding encoding = encoder.encode(row.text(columns.textOf(row)), row.where());
            examples.add(Example.of(TokenIds.of(encoding), Target.NONE));
        }
        if (examples.isEmpty()) {
            throw new DataException(name + " has no rows");
        }
        return new MaskedData(examples, encoder.notices());
    }

    /**
     * Joins all texts and cuts the result into blocks that fill an example: {@code [CLS] block [SEP]}, as the original
     * prepares its corpus. The rest at the end is a shorter example.
     */
    public static MaskedData blocks(
            Iterable<DataRow> rows, String name, DataColumns columns, Tokenizer tokenizer, int maxLength) {
        List<Example> examples = new ArrayList<>();
        int[] block = new int[maxLength];
        int count = 1;
        for (DataRow row : rows) {
            Encoding encoding = tokenizer.encode(row.text(columns.textOf(row)));
            block[0] = encoding.ids()[0];
            int end = encoding.ids()[encoding.length() - 1];
            for (int t = 0; t < encoding.length(); t++) {
                if (encoding.sequences()[t] != Encoding.SPECIAL) {
                    block[count++] = encoding.ids()[t];
                }
                if (count == maxLength - 1) {
                    examples.add(block(block, count, end));
                    count = 1;
                }
            }
            block[count] = end;
        }
        if (count > 1) {
            examples.add(block(block, count, block[count]));
        }
        if (examples.isEmpty()) {
            throw new DataException(name + " has no text");
        }
        return new MaskedData(examples, List.of());
    }

    private static Example block(int[] block, int count, int end) {
        int[] ids = Arrays.copyOf(block, count + 1);
        ids[count] = end;
        return Example.of(new TokenIds(ids, ids.length), Target.NONE);
    }
}
