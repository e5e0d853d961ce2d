package detangle.cli;

import detangle.pipelines.ProgressListener.RowMessage;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.regex.Pattern;

/** Rows that stand on the command line. */
final class GivenRows implements RowSource {
    private static final Pattern NUMBER = Pattern.compile("\\d+");

    private final Iterator<List<String>> rows;
    private final int count;
    private long row;

    GivenRows(List<List<String>> rows) {
        this.rows = rows.iterator();
        this.count = rows.size();
    }

    /** Returns the names of columns of such rows, which nobody sees. */
    static List<String> columns(List<List<String>> rows) {
        List<String> names = new ArrayList<>();
        rows.getFirst().forEach(text -> names.add(Integer.toString(names.size())));
        return names;
    }

    @Override
    public String name() {
        return "the command line";
    }

    @Override
    public String nameOf(SourceRow given) {
        return count == 1 ? "the text" : "text " + given.number();
    }

    /**
     * Names a row as the pipeline does, which knows whether it is a text, a pair or a part of one; but a batch
     * has numbers of its own.
     */
    @Override
    public String nameOf(SourceRow given, RowMessage message) {
        if (count == 1) {
            return message.name();
        }
        return NUMBER.matcher(message.name()).find()
                ? NUMBER.matcher(message.name()).replaceFirst(Long.toString(given.number()))
                : nameOf(given);
    }

    @Override
    public Optional<SourceRow> next() {
        if (!rows.hasNext()) {
            return Optional.empty();
        }
        row++;
        SequencedMap<String, Object> columns = new LinkedHashMap<>();
        rows.next().forEach(text -> columns.put(Integer.toString(columns.size()), text));
        return Optional.of(SourceRow.of(row, columns));
    }

    @Override
    public void close() {
        // There is nothing to close.
    }
}
