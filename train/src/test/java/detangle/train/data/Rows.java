package detangle.train.data;

import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** Rows for tests, and the tokenizer of the model that comes with the project. */
final class Rows {
    static final Tokenizer TOKENIZER = Tokenizers.load(
            Path.of(System.getProperty("detangle.home", "..")).resolve("models/pretrained/banking77-small"));

    private Rows() {}

    /** Rows of a table with these columns, one after another. */
    static List<DataRow> of(List<String> columns, Object... values) {
        List<DataRow> rows = new ArrayList<>();
        for (int first = 0; first < values.length; first += columns.size()) {
            SequencedMap<String, Object> row = new LinkedHashMap<>();
            for (int i = 0; i < columns.size(); i++) {
                row.put(columns.get(i), values[first + i]);
            }
            rows.add(new DataRow("t.csv, row " + (rows.size() + 1), row));
        }
        return rows;
    }

    static ExampleEncoder encoder(int maxLength) {
        return new ExampleEncoder(TOKENIZER, maxLength, true);
    }
}
