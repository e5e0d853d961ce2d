package detangle.cli;

import de.siegmar.fastcsv.writer.CsvWriter;
import detangle.cli.Failures.CliException;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.databind.json.JsonMapper;

/** A header and rows. A text has a row for each record of its result, and one with empty values where there is none. */
final class CsvPrinter extends LinePrinter {
    private final OutputLayout layout;
    private final char delimiter;
    private CsvWriter writer;
    private List<String> joined = List.of();

    CsvPrinter(Supplier<PrintWriter> target, OutputLayout layout, char delimiter) {
        super(target);
        this.layout = layout;
        this.delimiter = delimiter;
    }

    @Override
    public void print(OutputRow row) {
        begin(row.joined().keySet());
        for (String name : row.joined().keySet()) {
            if (!joined.contains(name)) {
                throw new CliException(row.name() + " has '" + name + "', which the header of the output lacks, as the"
                        + " first row has none: write jsonl, or leave out --keep-columns");
            }
        }
        List<List<Object>> records = row.result().map(Result::records).orElse(List.of());
        List<Object> nothing = new ArrayList<>();
        layout.columns().forEach(name -> nothing.add(row.known().get(name)));
        for (List<Object> values : records.isEmpty() ? List.of(nothing) : records) {
            List<Object> all = new ArrayList<>();
            joined.forEach(name -> all.add(row.joined().get(name)));
            layout.asked().forEach(column -> all.add(row.asked().get(column.name())));
            all.addAll(values);
            if (layout.errors()) {
                all.add(row.error().orElse(null));
            }
            writer.writeRecord(all.stream().map(CsvPrinter::field).toList());
        }
    }

    @Override
    public void end() {
        begin(List.of());
    }

    private void begin(Collection<String> names) {
        if (writer != null) {
            return;
        }
        writer = CsvWriter.builder().fieldSeparator(delimiter).bufferSize(0).build(out());
        joined = List.copyOf(names);
        List<String> header = new ArrayList<>(joined);
        layout.asked().forEach(column -> header.add(column.name()));
        header.addAll(layout.columns());
        Optional.of(OutputLayout.ERROR).filter(name -> layout.errors()).ifPresent(header::add);
        writer.writeRecord(header);
    }

    private static String field(Object value) {
        return switch (JsonLinesPrinter.printable(value)) {
            case null -> "";
            case String text -> text;
            case Collection<?> list -> JsonMapper.shared().writeValueAsString(list);
            case Map<?, ?> object -> JsonMapper.shared().writeValueAsString(object);
            // Numbers are plain decimals, where Java would write 9.17E-4 beside 0.016254.
            case Double number when Double.isFinite(number) -> new BigDecimal(number.toString()).toPlainString();
            case Float number when Float.isFinite(number) -> new BigDecimal(number.toString()).toPlainString();
            case byte[] bytes -> JsonMapper.shared().convertValue(bytes, String.class);
            case Object other -> String.valueOf(other);
        };
    }
}
