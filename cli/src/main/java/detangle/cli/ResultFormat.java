package detangle.cli;

import de.siegmar.fastcsv.writer.CsvWriter;
import detangle.pipelines.Classification;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** How classifications are printed; the constants are the words of {@code --format}. */
enum ResultFormat {
    /** {@code card_arrival (0.98)} a line; several labels separated by commas. */
    text {
        @Override
        void write(PrintWriter out, List<String> texts, List<List<Classification>> results) {
            for (List<Classification> result : results) {
                out.println(String.join(
                        ", ", result.stream().map(ResultFormat::words).toList()));
            }
        }
    },
    /** One array, with an array of {label, score} for each text, as HuggingFace pipelines give with top_k. */
    json {
        @Override
        void write(PrintWriter out, List<String> texts, List<List<Classification>> results) {
            StringWriter buffer = new StringWriter();
            try (JsonGenerator json = new JsonFactory().createGenerator(ObjectWriteContext.empty(), buffer)) {
                json.writeStartArray();
                for (List<Classification> result : results) {
                    json.writeStartArray();
                    for (Classification c : result) {
                        json.writeStartObject();
                        fields(json, c);
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                }
                json.writeEndArray();
            }
            out.println(buffer);
        }
    },
    /** One object {text, label, score} a line; a line for each label. */
    jsonl {
        @Override
        void write(PrintWriter out, List<String> texts, List<List<Classification>> results) {
            for (int i = 0; i < results.size(); i++) {
                for (Classification c : results.get(i)) {
                    StringWriter buffer = new StringWriter();
                    try (JsonGenerator json = new JsonFactory().createGenerator(ObjectWriteContext.empty(), buffer)) {
                        json.writeStartObject();
                        json.writeStringProperty("text", texts.get(i));
                        fields(json, c);
                        json.writeEndObject();
                    }
                    out.println(buffer);
                }
            }
        }
    },
    /** A header and a row text,label,score for each label. */
    csv {
        @Override
        void write(PrintWriter out, List<String> texts, List<List<Classification>> results) {
            StringWriter buffer = new StringWriter();
            try (CsvWriter writer = CsvWriter.builder().build(buffer)) {
                writer.writeRecord("text", "label", "score");
                for (int i = 0; i < results.size(); i++) {
                    for (Classification c : results.get(i)) {
                        writer.writeRecord(texts.get(i), c.label(), Double.toString(rounded(c.score())));
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            out.print(buffer);
        }
    };

    abstract void write(PrintWriter out, List<String> texts, List<List<Classification>> results);

    private static String words(Classification c) {
        return String.format(Locale.ROOT, "%s (%.2f)", c.label(), c.score());
    }

    private static void fields(JsonGenerator json, Classification c) {
        json.writeStringProperty("label", c.label());
        json.writeNumberProperty("score", rounded(c.score()));
    }

    /** Six decimals: single precision has no more. */
    private static double rounded(double score) {
        return Math.rint(score * 1e6) / 1e6;
    }
}
