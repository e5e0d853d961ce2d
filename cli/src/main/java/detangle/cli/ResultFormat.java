package detangle.cli;

import de.siegmar.fastcsv.writer.CsvWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** How results are printed; the constants are the words of {@code --format}. */
enum ResultFormat {
    /** A line for people. */
    text {
        @Override
        Printer printer(PrintWriter out, List<String> columns) {
            return result -> out.println(result.text());
        }
    },
    /** One array, with what HuggingFace's pipeline returns for each text. */
    json {
        @Override
        Printer printer(PrintWriter out, List<String> columns) {
            return new Printer() {
                private char separator = '[';

                @Override
                public void print(Result result) {
                    out.print(separator);
                    out.print(JsonMapper.shared().writeValueAsString(result.json()));
                    separator = ',';
                }

                @Override
                public void end() {
                    out.println(separator == '[' ? "[]" : "]");
                }
            };
        }
    },
    /** An object a line, with the columns as properties. */
    jsonl {
        @Override
        Printer printer(PrintWriter out, List<String> columns) {
            return result -> {
                for (List<Object> row : result.records()) {
                    Map<String, Object> line = new LinkedHashMap<>();
                    for (int i = 0; i < row.size(); i++) {
                        line.put(columns.get(i), row.get(i));
                    }
                    out.println(JsonMapper.shared().writeValueAsString(line));
                }
            };
        }
    },
    /** A header and a row for each record. */
    csv {
        @Override
        Printer printer(PrintWriter out, List<String> columns) {
            return new Printer() {
                private boolean begun;

                @Override
                public void print(Result result) {
                    begin();
                    for (List<Object> values : result.records()) {
                        out.print(row(values.stream().map(ResultFormat::field).toList()));
                    }
                }

                @Override
                public void end() {
                    begin();
                }

                private void begin() {
                    if (!begun) {
                        out.print(row(columns));
                    }
                    begun = true;
                }
            };
        }
    };

    /** Takes results one by one. Nothing is printed before the first of them, so that a failure leaves nothing behind. */
    interface Printer {
        void print(Result result);

        /** After the last result, if nothing failed. */
        default void end() {
            // Only what is printed as a whole has an end.
        }
    }

    abstract Printer printer(PrintWriter out, List<String> columns);

    private static String field(Object value) {
        return value instanceof List<?> list ? JsonMapper.shared().writeValueAsString(list) : String.valueOf(value);
    }

    private static String row(List<String> fields) {
        StringWriter buffer = new StringWriter();
        try (CsvWriter writer = CsvWriter.builder().build(buffer)) {
            writer.writeRecord(fields);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return buffer.toString();
    }
}
