package detangle.train.report;

import detangle.train.report.Curves.Curve;
import detangle.train.report.Curves.Point;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/**
 * A page with the curves of a training, its options and its results. It needs no other file and no network.
 *
 * @param title the title of the page
 * @param options the options of the training, by name
 * @param results the results, by name
 * @param log the entries of the log, in order
 */
public record HtmlReport(
        String title, SequencedMap<String, String> options, SequencedMap<String, Double> results, List<LogEntry> log) {
    private static final String LOSS = "loss";
    private static final Set<String> NOT_DRAWN =
            Set.of(LOSS, "grad_norm", "learning_rate", "eval_loss", "eval_runtime", "eval_samples_per_second");

    private static final String STYLE = """
            body { font: 15px/1.5 system-ui, sans-serif; max-width: 760px; margin: 2rem auto; padding: 0 1rem;
              color: #1d2733; background: #fff; }
            h2 { font-size: 1.05rem; margin: 1.6rem 0 .3rem; }
            svg { width: 100%; height: auto; } svg text { font-size: 12px; fill: #667; }
            .grid { stroke: #e3e6ea; } polyline { fill: none; stroke-width: 1.6; }
            .c0 { stroke: #2166ac; fill: #2166ac; } .c1 { stroke: #d6604d; fill: #d6604d; }
            .c2 { stroke: #4d9221; fill: #4d9221; } .c3 { stroke: #8073ac; fill: #8073ac; } polyline.c0, polyline.c1,
            polyline.c2, polyline.c3 { fill: none; }
            .key { display: inline-block; margin-right: 1em; font-size: .85rem; white-space: nowrap; } .key svg { width: 1.4em; height: .7em; }
            table { border-collapse: collapse; } td { padding: .1rem 1.2rem .1rem 0; vertical-align: top; }
            td:first-child { white-space: nowrap; }
            td + td { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; padding-right: 0; }
            @media (max-width: 600px) { svg text { font-size: 22px; } polyline { stroke-width: 3; } }
            @media (prefers-color-scheme: dark) { body { color: #dde3ea; background: #14181d; } .grid { stroke: #2b333c; }
              svg text { fill: #9aa6b2; } }
            """;

    /**
     * Writes the page.
     *
     * @throws ReportException if that fails
     */
    public void write(Path file) {
        JsonResults.whole(file, html().getBytes(StandardCharsets.UTF_8));
    }

    String html() {
        StringBuilder page = new StringBuilder("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                + "<meta name=\"viewport\" content=\"width=device-width\"><title>" + escaped(title)
                + "</title><style>\n"
                + STYLE + "</style></head><body>\n<h1>" + escaped(title) + "</h1>\n");
        table(page, "Results", texts(results));
        long lastStep = log.stream().mapToLong(LogEntry::step).max().orElse(1);
        section(page, "Loss", List.of(curve("training", LOSS), curve("validation", "eval_loss")), lastStep);
        Set<String> metrics = new LinkedHashSet<>();
        log.stream()
                .filter(LogEntry::isEvaluation)
                .forEach(entry -> metrics.addAll(entry.values().keySet()));
        metrics.removeIf(name -> NOT_DRAWN.contains(name) || !name.startsWith("eval_"));
        List<Curve> shares = new ArrayList<>();
        metrics.forEach(name -> shares.add(curve(name.substring("eval_".length()), name)));
        for (int i = 0; i < shares.size(); i += 4) {
            section(
                    page,
                    i == 0 ? "Validation" : "Validation, continued",
                    shares.subList(i, Math.min(i + 4, shares.size())),
                    lastStep);
        }
        section(page, "Learning rate", List.of(curve("learning rate", "learning_rate")), lastStep);
        section(page, "Norm of the gradients", List.of(curve("before clipping", "grad_norm")), lastStep);
        table(page, "Options", options);
        return page.append("</body></html>\n").toString();
    }

    private Curve curve(String name, String value) {
        return new Curve(
                name,
                log.stream()
                        .filter(entry -> entry.values().containsKey(value))
                        .map(entry -> new Point(entry.step(), entry.values().get(value)))
                        .toList());
    }

    private static void section(StringBuilder page, String heading, List<Curve> curves, long lastStep) {
        String svg = Curves.svg(curves, lastStep);
        if (svg.isEmpty()) {
            return;
        }
        page.append("<h2>").append(escaped(heading)).append("</h2>\n");
        List<Curve> drawn = curves.stream().filter(c -> !c.points().isEmpty()).toList();
        for (int c = 0; c < drawn.size(); c++) {
            page.append("<span class=\"key\"><svg viewBox=\"0 0 14 7\"><polyline class=\"c")
                    .append(c)
                    .append("\" points=\"0,4 14,4\"/></svg> ")
                    .append(escaped(drawn.get(c).name()))
                    .append("</span>");
        }
        page.append(svg).append('\n');
    }

    private static SequencedMap<String, String> texts(Map<String, Double> values) {
        SequencedMap<String, String> texts = new LinkedHashMap<>();
        values.forEach((name, value) -> texts.put(name, text(name, value)));
        return texts;
    }

    /** Returns the text of a result: whole numbers are counts, and times have their unit. */
    private static String text(String name, double value) {
        String number = value == Math.rint(value) ? String.format(Locale.ROOT, "%.0f", value) : Curves.number(value);
        return name.endsWith("_runtime") ? number + " s" : number;
    }

    private static void table(StringBuilder page, String heading, Map<String, String> values) {
        if (values.isEmpty()) {
            return;
        }
        page.append("<h2>").append(heading).append("</h2>\n<table>");
        values.forEach((name, value) -> page.append("<tr><td>")
                .append(escaped(name))
                .append("</td><td>")
                .append(escaped(value))
                .append("</td></tr>\n"));
        page.append("</table>\n");
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
