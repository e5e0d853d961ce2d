package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads metrics in Prometheus' text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats) and fails on
 * what Prometheus would not take, or what has no text of help or no type.
 */
final class PrometheusText {
    private static final String NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
    private static final Pattern HELP = Pattern.compile("# HELP (" + NAME + ") ((?:[^\\\\\n]|\\\\\\\\|\\\\n)+)");
    private static final Pattern TYPE =
            Pattern.compile("# TYPE (" + NAME + ") (counter|gauge|histogram|summary|untyped)");
    private static final String LABEL = "([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\n]|\\\\[\\\\\"n])*)\"";
    private static final Pattern SAMPLE = Pattern.compile(
            "(" + NAME + ")(?:\\{((?:" + LABEL + ",?)*)\\})? ([-+]?(?:Inf|NaN|[0-9.]+(?:[eE][-+]?[0-9]+)?))");

    /** A value of a metric. */
    record Sample(String name, Map<String, String> labels, double value) {}

    private record Family(String name, String help, String type, List<Sample> samples) {}

    private final Map<String, Family> families = new LinkedHashMap<>();

    private PrometheusText() {}

    static PrometheusText parse(String text) {
        PrometheusText parsed = new PrometheusText();
        assertTrue(text.endsWith("\n"), "the last line does not end");
        Family family = null;
        String[] help = new String[2];
        Set<String> seen = new HashSet<>();
        for (String line : text.split("\n")) {
            Matcher said = HELP.matcher(line);
            Matcher typed = TYPE.matcher(line);
            Matcher sample = SAMPLE.matcher(line);
            if (said.matches()) {
                help = new String[] {said.group(1), said.group(2).strip()};
            } else if (typed.matches()) {
                assertEquals(help[0], typed.group(1), "the help of another metric stands before " + line);
                family = new Family(typed.group(1), help[1], typed.group(2), new ArrayList<>());
                assertFalse(family.help.isEmpty(), line);
                assertEquals(null, parsed.families.put(family.name, family), "twice: " + line);
            } else {
                assertTrue(sample.matches(), "not a sample: " + line);
                assertTrue(family != null && belongs(sample.group(1), family), "no type stands before " + line);
                Sample read = new Sample(sample.group(1), labels(sample.group(2)), number(sample.group(5)));
                assertTrue(seen.add(read.name + new TreeMap<>(read.labels)), "twice: " + line);
                family.samples.add(read);
            }
        }
        parsed.families.values().stream()
                .filter(f -> f.type.equals("histogram"))
                .forEach(PrometheusText::checkHistogram);
        return parsed;
    }

    private static boolean belongs(String name, Family family) {
        List<String> suffixes = switch (family.type) {
            case "histogram" -> List.of("_bucket", "_sum", "_count");
            case "summary" -> List.of("", "_sum", "_count");
            default -> List.of("");
        };
        return suffixes.stream().anyMatch(suffix -> name.equals(family.name + suffix));
    }

    private static Map<String, String> labels(String text) {
        Map<String, String> labels = new LinkedHashMap<>();
        Matcher label = Pattern.compile(LABEL).matcher(text == null ? "" : text);
        while (label.find()) {
            StringBuilder value = new StringBuilder();
            for (int i = 0; i < label.group(2).length(); i++) {
                char c = label.group(2).charAt(i);
                if (c == '\\') {
                    char escaped = label.group(2).charAt(++i);
                    value.append(escaped == 'n' ? '\n' : escaped);
                } else {
                    value.append(c);
                }
            }
            assertEquals(null, labels.put(label.group(1), value.toString()), "a label twice: " + text);
        }
        return labels;
    }

    private static double number(String text) {
        return Double.parseDouble(text.replace("Inf", "Infinity"));
    }

    /** Counts of buckets grow with their bounds, and the last one has all. */
    private static void checkHistogram(Family family) {
        Map<Map<String, String>, List<Sample>> buckets = new LinkedHashMap<>();
        Map<Map<String, String>, Double> counts = new LinkedHashMap<>();
        Set<Map<String, String>> sums = new HashSet<>();
        for (Sample sample : family.samples) {
            Map<String, String> labels = new TreeMap<>(sample.labels);
            if (sample.name.endsWith("_bucket")) {
                assertTrue(labels.remove("le") != null, sample + " has no bound");
                buckets.computeIfAbsent(labels, l -> new ArrayList<>()).add(sample);
            } else if (sample.name.endsWith("_count")) {
                counts.put(labels, sample.value);
            } else {
                sums.add(labels);
            }
        }
        assertFalse(buckets.isEmpty(), family.name);
        assertEquals(counts.keySet(), buckets.keySet(), family.name);
        assertEquals(counts.keySet(), sums, family.name);
        buckets.forEach((labels, all) -> {
            double bound = Double.NEGATIVE_INFINITY;
            double count = 0;
            for (Sample bucket : all) {
                double next = number(bucket.labels.get("le"));
                assertTrue(next > bound && bucket.value >= count, bucket.toString());
                bound = next;
                count = bucket.value;
            }
            assertEquals(Double.POSITIVE_INFINITY, bound, family.name + labels);
            assertEquals(counts.get(labels), count, family.name + labels);
        });
    }

    /** The samples of all metrics whose names begin so. */
    List<Sample> samples(String prefix) {
        return families.values().stream()
                .filter(family -> family.name.startsWith(prefix))
                .flatMap(family -> family.samples.stream())
                .toList();
    }

    String type(String name) {
        assertTrue(families.containsKey(name), () -> name + " is not among " + families.keySet());
        return families.get(name).type;
    }
}
