package detangle.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A page with the table, and a plot of speeds, in one file that needs no network. */
final class HtmlTable {
    private static final String CHART = "/META-INF/resources/webjars/chart.js/4.5.1/dist/chart.umd.js";

    private static final Pattern PART = Pattern.compile("@(?:SUMMARY|TABLE|DATA|CHART)@");

    private HtmlTable() {}

    /** @param json the report as JSON */
    static String write(Report report, String json) {
        Map<String, String> parts = Map.of(
                "@SUMMARY@", summary(report),
                "@TABLE@", table(report),
                // No name can end the script or begin a comment in it.
                "@DATA@", json.replace("<", "\\u003c"),
                "@CHART@", resource(CHART));
        // In one pass: what is put in may hold the name of another part.
        return PART.matcher(resource("report.html"))
                .replaceAll(part -> Matcher.quoteReplacement(parts.get(part.group())));
    }

    private static String summary(Report report) {
        StringBuilder html = new StringBuilder();
        for (String line : report.summary()) {
            html.append("<p>").append(escaped(line)).append("</p>\n");
        }
        report.date().ifPresent(date -> html.append("<p>").append(escaped(date)).append("</p>\n"));
        return html.toString();
    }

    private static String table(Report report) {
        List<List<String>> rows = report.table();
        StringBuilder html = new StringBuilder();
        for (int i = 0; i < rows.size(); i++) {
            String cell = i == 0 ? "th" : "td";
            html.append("<tr>");
            for (int j = 0; j < rows.get(i).size(); j++) {
                String text = rows.get(i).get(j);
                html.append('<')
                        .append(cell)
                        .append(j < report.words() ? " class=\"word\">" : ">")
                        .append(escaped(text))
                        .append("</")
                        .append(cell)
                        .append('>');
            }
            html.append("</tr>\n");
        }
        return html.toString();
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    private static String resource(String name) {
        try (InputStream in = HtmlTable.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
