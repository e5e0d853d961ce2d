package detangle.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** How reports are written; the constants are the words of {@code --format}. */
public enum ReportFormat {
    text {
        @Override
        public String write(Report report) {
            List<List<String>> rows = table(report);
            int columns = rows.getFirst().size();
            StringBuilder out = new StringBuilder(host(report)).append('\n');
            for (List<String> row : rows) {
                StringBuilder line = new StringBuilder();
                for (int i = 0; i < columns; i++) {
                    int at = i;
                    int width = rows.stream()
                            .mapToInt(r -> r.get(at).length())
                            .max()
                            .orElse(0);
                    line.append(String.format(i < 2 ? "%-" + width + "s  " : "%" + width + "s  ", row.get(i)));
                }
                out.append(line.toString().stripTrailing()).append('\n');
            }
            return out.toString();
        }
    },
    markdown {
        @Override
        public String write(Report report) {
            List<List<String>> rows = table(report);
            StringBuilder out = new StringBuilder(host(report)).append("\n\n");
            for (int i = 0; i < rows.size(); i++) {
                out.append("| ").append(String.join(" | ", rows.get(i))).append(" |\n");
                if (i == 0) {
                    out.append("| --- | ---")
                            .append(" | ---:".repeat(rows.get(i).size() - 2))
                            .append(" |\n");
                }
            }
            return out.toString();
        }
    },
    csv {
        @Override
        public String write(Report report) {
            return table(report).stream()
                    .map(row -> row.stream()
                            .map(c -> c.contains(",") ? '"' + c + '"' : c)
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
    /** One result a line. */
    jsonl {
        @Override
        public String write(Report report) {
            return report.results().stream()
                    .map(MAPPER::writeValueAsString)
                    .collect(Collectors.joining("\n", "", "\n"));
        }
    },
    /** One self-contained page with a plot. */
    html {
        @Override
        public String write(Report report) {
            return HtmlReport.write(report, MAPPER.writeValueAsString(report));
        }
    };

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .build();

    public abstract String write(Report report);

    /** The format that a file's name asks for; text where it asks for none. */
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

    /** The machine and the versions, in one line. */
    static String host(Report report) {
        Host host = report.host();
        return host.cpu() + ", " + host.processors() + " processors, " + host.memory() + ", " + host.os() + ", JDK "
                + host.java() + "; "
                + String.join("; ", new TreeSet<>(host.versions().values()));
    }

    /** Headings, then a row for each result. */
    static List<List<String>> table(Report report) {
        boolean mixes = report.results().stream().anyMatch(r -> r.mix().isPresent());
        TreeSet<String> peers = new TreeSet<>();
        report.results().forEach(r -> peers.addAll(r.peers().keySet()));
        List<List<String>> rows = new ArrayList<>();
        List<String> heading = new ArrayList<>(List.of(
                "model",
                "backend",
                "batch",
                "seq",
                "threads",
                "p50 ms",
                "p90 ms",
                "p99 ms",
                "tokens/s",
                "GFLOP/s",
                "of peak",
                "RSS MiB"));
        if (mixes) {
            heading.add("one by one ms");
        }
        for (String peer : peers) {
            heading.addAll(List.of(peer + " ms", "ratio", peer + " RSS"));
            if (mixes) {
                heading.addAll(List.of(peer + " one by one ms", "ratio"));
            }
        }
        heading.add("clean");
        rows.add(heading);
        for (Result r : report.results()) {
            List<String> row = new ArrayList<>(List.of(
                    r.model(),
                    r.backend(),
                    Integer.toString(r.batch()),
                    r.mix().isPresent() ? "mix of " + r.seq() : Integer.toString(r.seq()),
                    Integer.toString(r.threads()),
                    number("%.1f", r.p50Ms()),
                    number("%.1f", r.p90Ms()),
                    number("%.1f", r.p99Ms()),
                    number("%.0f", r.tokensPerS()),
                    number("%.1f", r.gflops()),
                    r.peakShare().map(s -> number("%.0f %%", 100 * s)).orElse(""),
                    r.rssMb().map(s -> number("%.0f", s)).orElse("")));
            if (mixes) {
                row.add(r.oneByOneP50Ms().map(t -> number("%.1f", t)).orElse(""));
            }
            for (String peer : peers) {
                Optional<Result.Peer> p = Optional.ofNullable(r.peers().get(peer));
                row.add(p.map(x -> number("%.1f", x.p50Ms())).orElse(""));
                row.add(p.map(x -> number("%.2f", x.ratio())).orElse(""));
                row.add(p.flatMap(Result.Peer::rssMb)
                        .map(x -> number("%.0f", x))
                        .orElse(""));
                if (mixes) {
                    row.add(p.flatMap(Result.Peer::oneByOneP50Ms)
                            .map(x -> number("%.1f", x))
                            .orElse(""));
                    row.add(p.flatMap(Result.Peer::oneByOneRatio)
                            .map(x -> number("%.2f", x))
                            .orElse(""));
                }
            }
            row.add(r.clean() ? "yes" : "disturbed");
            rows.add(row);
        }
        return rows;
    }

    private static String number(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }
}
