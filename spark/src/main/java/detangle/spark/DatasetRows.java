package detangle.spark;

import detangle.train.data.DataRow;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import scala.collection.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The rows of a dataset for training, in the order of its partitions. One partition after the other comes to the
 * driver.
 *
 * @param name the name of the dataset in messages
 */
record DatasetRows(Dataset<Row> rows, String name) implements Iterable<DataRow> {
    @Override
    public Iterator<DataRow> iterator() {
        List<String> columns = List.of(rows.columns());
        Iterator<Row> all = rows.toLocalIterator();
        return new Iterator<>() {
            private long number;

            @Override
            public boolean hasNext() {
                return all.hasNext();
            }

            @Override
            public DataRow next() {
                Row row = all.next();
                SequencedMap<String, Object> values = new LinkedHashMap<>();
                for (int i = 0; i < columns.size(); i++) {
                    Object value = row.get(i);
                    values.put(
                            columns.get(i), value instanceof Seq<?> list ? CollectionConverters.asJava(list) : value);
                }
                number++;
                return new DataRow(name + ", row " + number, values);
            }
        };
    }
}
