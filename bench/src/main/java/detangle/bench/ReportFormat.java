package detangle.bench;

import detangle.ir.OneLine;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The forms in which reports are written; the constants are the words of {@code --format}. */
public enum ReportFormat {
    text {
        @Override
        public String write(Report report) {
            List<List<String>> rows = report.table();
            int columns = rows.getFirst().size();
            StringBuilder out = new StringBuilder(lines(report, "\n")).append('\n');
            for (List<String> row : rows) {
                StringBuilder line = new StringBuilder();
                for (int i = 0; i < columns; i++) {
                    int at = i;
                    int width = rows.stream()
                            .mapToInt(r -> r.get(at).length())
                            .max()
                            .orElse(0);
                    line.append(
                            String.format(i < report.words() ? "%-" + width + "s  " : "%" + width + "s  ", row.get(i)));
                }
                out.append(OneLine.escaped(line.toString()).stripTrailing()).append('\n');
            }
            return out.toString();
        }
    },
    markdown {
        @Override
        public String write(Report report) {
            List<List<String>> rows = report.table();
            StringBuilder out = new StringBuilder(lines(report, "\n\n").replace("<", "&lt;")).append("\n\n");
            for (int i = 0; i < rows.size(); i++) {
                List<String> cells = rows.get(i).stream()
                        .map(cell -> OneLine.of(cell)
                                .replace("\\", "\\\\")
                                .replace("|", "\\|")
                                .replace("<", "&lt;"))
                        .toList();
                out.append("| ").append(String.join(" | ", cells)).append(" |\n");
                if (i == 0) {
                    out.append("| ---".repeat(report.words()))
                            .append(" | ---:".repeat(rows.get(i).size() - report.words()))
                            .append(" |\n");
                }
            }
            return out.toString();
        }
    },
    csv {
        @Override
        public String write(Report report) {
            return report.table().stream()
                    .map(row -> row.stream()
                            .map(c -> NEEDS_QUOTES.matcher(c).find() ? '"' + c.replace("\"", "\"\"") + '"' : c)
                            .collect(Collectors.joining(",")))
                    .collect(Collectors.joining("\n", "", "\n"));
        }
    },
    json {
        @Override
        public String write(Report report) {
            return MAPPER.rebuild()
                            .enable(SerializationFeature.INDENT_OUTPUT)
                            .build()
                            .writeValueAsString(report)
                    + "\n";
        }
    },
    /** Writes one result a line. */
    jsonl {
        @Override
        public String write(Report report) {
            return report.results().stream()
                    .map(MAPPER::writeValueAsString)
                    .collect(Collectors.joining("\n", "", "\n"));
        }
    },
    /** Writes one self-contained page, with the plots of the report. */
    html {
        @Override
        public String write(Report report) {
            return HtmlTable.write(report, MAPPER.writeValueAsString(report));
        }
    };

    private static final Pattern NEEDS_QUOTES = Pattern.compile("[,\"\r\n]");

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .build();

    public abstract String write(Report report);

    /** Reads what {@link #json} has written. */
    static <R extends Report> R read(String json, Class<R> type) {
        return MAPPER.readValue(json, type);
    }

    /** Returns the format that a file's name asks for; text where it asks for none. */
    public static ReportFormat of(Path file) {
        String name = file.getFileName().toString();
        return switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "md" -> markdown;
            case "csv" -> csv;
            case "json" -> json;
            case "jsonl" -> jsonl;
            case "html" -> html;
            default -> text;
        };
    }

    private static String lines(Report report, String between) {
        return report.summary().stream().map(OneLine::of).collect(Collectors.joining(between));
    }

    /** Returns the machine and the versions, in one line. */
    static String host(Host host) {
        return host.machine() + ", " + host.os() + ", JDK " + host.java() + "; "
                + String.join("; ", new TreeSet<>(host.versions().values()));
    }
}
