package detangle.spark;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** Rows of a partition with columns more, which are made for some rows at a time. */
final class BatchedRows implements Iterator<Row> {
    private final Iterator<Row> rows;
    private final int text;
    private final int atOnce;
    private final Function<List<String>, List<Object[]>> scorer;
    private final ArrayDeque<Row> ready = new ArrayDeque<>();

    /**
     * Begins with a partition.
     *
     * @param text the place of the texts' column
     * @param scorer makes the values of the new columns of each text
     */
    BatchedRows(Iterator<Row> rows, int text, int atOnce, Function<List<String>, List<Object[]>> scorer) {
        this.rows = rows;
        this.text = text;
        this.atOnce = atOnce;
        this.scorer = scorer;
    }

    @Override
    public boolean hasNext() {
        return !ready.isEmpty() || rows.hasNext();
    }

    @Override
    public Row next() {
        if (ready.isEmpty()) {
            List<Row> batch = new ArrayList<>();
            while (batch.size() < atOnce && rows.hasNext()) {
                batch.add(rows.next());
            }
            List<Object[]> scores =
                    scorer.apply(batch.stream().map(row -> row.getString(text)).toList());
            for (int i = 0; i < batch.size(); i++) {
                ready.add(with(batch.get(i), scores.get(i)));
            }
        }
        return ready.remove();
    }

    private static Row with(Row row, Object[] more) {
        Object[] values = new Object[row.size() + more.length];
        for (int i = 0; i < row.size(); i++) {
            values[i] = row.get(i);
        }
        System.arraycopy(more, 0, values, row.size(), more.length);
        return RowFactory.create(values);
    }
}
