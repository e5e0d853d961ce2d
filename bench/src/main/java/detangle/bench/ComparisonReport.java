package detangle.bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Reports of several machines, devices or versions as one table. The first side is the one that the others are compared
 * with.
 *
 * @param results a line for each work of a model, with a value for each side, in the order of the sides
 */
public record ComparisonReport(List<Side> sides, List<Line> results) implements Report {
    public ComparisonReport {
        sides = List.copyOf(sides);
        results = List.copyOf(results);
    }

    /**
     * One runtime on one machine.
     *
     * @param report the name of the report's file, without its ending
     * @param runtime a backend of Detangle or a peer, and the number of threads
     */
    public record Side(String report, String runtime, Host host) {
        String name() {
            return report + ": " + runtime;
        }
    }

    /**
     * One work of one model.
     *
     * @param unit of the values: {@code ms}, or {@code ms/token}
     */
    public record Line(String model, String work, String unit, List<Optional<Value>> values) {
        public Line {
            values = List.copyOf(values);
        }

        /** Returns the value of a side over that of the first side, where both have one. */
        Optional<Double> ratio(int side) {
            return values.getFirst().flatMap(base -> values.get(side).map(v -> v.time() / base.time()));
        }
    }

    /**
     * What one side took.
     *
     * @param time in the unit of the line
     * @param tokensPerS tokens a second, padding not counted, where they are known
     * @param clean whether no other process disturbed the runs
     */
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    public record Value(double time, Optional<Double> tokensPerS, boolean clean) {}

    @Override
    public Host host() {
        return sides.getFirst().host();
    }

    /** Returns the result in sentences, then what was measured where. */
    @Override
    public List<String> summary() {
        List<String> lines = new ArrayList<>();
        IntStream.range(1, sides.size()).mapToObj(this::conclusion).forEach(lines::add);
        long disturbed = results.stream()
                .flatMap(line -> line.values().stream())
                .filter(value -> value.isPresent() && !value.get().clean())
                .count();
        if (disturbed > 0) {
            lines.add("Other work disturbed " + disturbed
                    + (disturbed == 1 ? " measurement, which has" : " measurements, which have")
                    + " a star: measure again before you rely on it.");
        }
        sides.stream()
                .map(side -> side.report() + ": " + ReportFormat.host(side.host()) + "; "
                        + side.host().date())
                .distinct()
                .forEach(lines::add);
        return lines;
    }

    @Override
    public Optional<String> date() {
        return Optional.empty();
    }

    private String conclusion(int side) {
        double[] ratios = results.stream()
                .flatMap(line -> line.ratio(side).stream())
                .mapToDouble(Double::doubleValue)
                .sorted()
                .toArray();
        String name = sides.get(side).name();
        String base = sides.getFirst().name();
        if (ratios.length == 0) {
            return name + " has no measurement in common with " + base + ".";
        }
        double logarithms = 0;
        for (double ratio : ratios) {
            logarithms += Math.log(ratio);
        }
        double mean = Math.exp(logarithms / ratios.length);
        String verdict = mean < 0.995 ? "is faster than " : mean > 1.005 ? "is slower than " : "is as fast as ";
        return name + " " + verdict + base + ": it takes " + Cells.number("%.2f", mean) + " times as long"
                + (ratios.length == 1
                        ? " in the one measurement that both have."
                        : ", the geometric mean of " + ratios.length + " measurements from "
                                + Cells.number("%.2f", ratios[0]) + " to "
                                + Cells.number("%.2f", ratios[ratios.length - 1]) + ".");
    }

    @Override
    public List<List<String>> table() {
        List<List<String>> rows = new ArrayList<>();
        List<String> heading = new ArrayList<>(List.of("model", "work", "unit"));
        for (int side = 0; side < sides.size(); side++) {
            heading.add(sides.get(side).name());
            if (side > 0) {
                heading.add("ratio");
            }
        }
        rows.add(heading);
        for (Line line : results) {
            List<String> row = new ArrayList<>(List.of(line.model(), line.work(), line.unit()));
            String format = line.unit().equals("ms") ? "%.1f" : "%.3f";
            for (int side = 0; side < sides.size(); side++) {
                row.add(line.values()
                        .get(side)
                        .map(v -> Cells.number(format, v.time()) + (v.clean() ? "" : " *"))
                        .orElse(""));
                if (side > 0) {
                    row.add(line.ratio(side).map(r -> Cells.number("%.2f", r)).orElse(""));
                }
            }
            rows.add(row);
        }
        return rows;
    }

    @Override
    public int words() {
        return 3;
    }
}
