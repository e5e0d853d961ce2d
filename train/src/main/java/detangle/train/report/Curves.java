package detangle.train.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Draws a picture of curves over the updates, as SVG. */
final class Curves {
    private static final int WIDTH = 720;
    private static final int HEIGHT = 240;
    private static final int LEFT = 76;
    private static final int RIGHT = 16;
    private static final int TOP = 12;
    private static final int BOTTOM = 34;
    private static final int LETTER_HEIGHT = 12;
    private static final int MAX_INTERVALS = 5;
    private static final double MIN_RELATIVE_RANGE = 1e-6;
    private static final double MIN_PLAIN_NUMBER = 1e-3;
    private static final double MAX_PLAIN_NUMBER = 1e5;

    /** A value at a step. */
    record Point(long step, double value) {}

    /**
     * A line.
     *
     * @param name the name in the legend
     * @param points the points, with rising steps; points whose value is not finite are left out
     */
    record Curve(String name, List<Point> points) {
        Curve {
            points = points.stream().filter(p -> Double.isFinite(p.value)).toList();
        }
    }

    private final List<Curve> curves;
    private final long lastStep;
    private final double interval;
    private final double lowest;
    private final double highest;
    private final StringBuilder svg = new StringBuilder();

    private Curves(List<Curve> curves, long lastStep) {
        this.curves = curves;
        this.lastStep = Math.max(1, lastStep);
        List<Point> all = curves.stream().flatMap(c -> c.points.stream()).toList();
        double low = all.stream().mapToDouble(Point::value).min().orElse(0);
        double high = all.stream().mapToDouble(Point::value).max().orElse(1);
        double size = Math.max(Math.abs(low), Math.abs(high));
        boolean isFlat = high - low <= MIN_RELATIVE_RANGE * size;
        double margin = isFlat ? (size == 0 ? 1 : size / 2) : 0;
        interval = interval((high - low + 2 * margin) / (MAX_INTERVALS - 1));
        lowest = Math.floor((low - margin) / interval) * interval;
        highest = Math.ceil((high + margin) / interval) * interval;
    }

    /** Returns 1, 2 or 5 times a power of ten, at least as large as a number. */
    private static double interval(double atLeast) {
        double power = Math.pow(10, Math.floor(Math.log10(atLeast)));
        for (int digit : new int[] {1, 2, 5}) {
            if (digit * power >= atLeast) {
                return digit * power;
            }
        }
        return 10 * power;
    }

    /**
     * Returns the picture; an empty text if no curve has a point.
     *
     * @param lastStep the step at the right edge, which pictures of one page share
     */
    static String svg(List<Curve> curves, long lastStep) {
        List<Curve> drawn = curves.stream().filter(c -> !c.points.isEmpty()).toList();
        return drawn.isEmpty() ? "" : new Curves(drawn, lastStep).drawn();
    }

    private String drawn() {
        add("<svg viewBox=\"0 0 %d %d\" role=\"img\">", WIDTH, HEIGHT);
        axisOfValues();
        axisOfSteps();
        for (int c = 0; c < curves.size(); c++) {
            Curve curve = curves.get(c);
            List<String> places = new ArrayList<>();
            curve.points.forEach(p -> places.add(String.format(Locale.ROOT, "%.1f,%.1f", x(p.step), y(p.value))));
            add("<polyline class=\"c%d\" points=\"%s\"/>", c, String.join(" ", places));
            Point last = curve.points.getLast();
            add(
                    "<circle class=\"c%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"><title>%s: %s at step %d</title></circle>",
                    c, x(last.step), y(last.value), HtmlReport.escaped(curve.name), number(last.value), last.step);
        }
        return svg.append("</svg>").toString();
    }

    private void axisOfValues() {
        for (long i = Math.round(lowest / interval); i <= Math.round(highest / interval); i++) {
            double y = y(i * interval);
            add("<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>", LEFT, y, WIDTH - RIGHT, y);
            add(
                    "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" dominant-baseline=\"central\">%s</text>",
                    LEFT - 8, y, tick(i));
        }
    }

    /** Draws round numbers, and the last step with its unit, which no other number comes near. */
    private void axisOfSteps() {
        String end = lastStep + (lastStep == 1 ? " update" : " updates");
        int free = WIDTH - RIGHT - LETTER_HEIGHT * (end.length() + 1);
        long every = Math.max(1, Math.round(interval((double) lastStep / MAX_INTERVALS)));
        for (long step = 0; step < lastStep && x(step) < free; step += every) {
            add("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>", x(step), HEIGHT - 6, step);
        }
        add("<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>", WIDTH - RIGHT, HEIGHT - 6, end);
    }

    /** Returns the text of a multiple of the interval: 0.15 or 4e-5. */
    private String tick(long multiple) {
        BigDecimal value = new BigDecimal(interval)
                .round(new MathContext(1))
                .multiply(BigDecimal.valueOf(multiple))
                .stripTrailingZeros();
        boolean plain =
                interval >= MIN_PLAIN_NUMBER && Math.max(Math.abs(lowest), Math.abs(highest)) < MAX_PLAIN_NUMBER;
        if (plain || multiple == 0) {
            int decimals = Math.max(0, (int) -Math.floor(Math.log10(interval * (1 + 1e-9))));
            return multiple == 0 ? "0" : value.setScale(decimals).toPlainString();
        }
        int exponent = value.precision() - value.scale() - 1;
        return value.movePointLeft(exponent).toPlainString() + "e" + exponent;
    }

    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values));
    }

    private double x(long step) {
        return LEFT + (double) (WIDTH - LEFT - RIGHT) * step / lastStep;
    }

    private double y(double value) {
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (value - lowest) / (highest - lowest);
    }

    static String number(double value) {
        double size = Math.abs(value);
        return size != 0 && (size < 1e-3 || size >= 1e5)
                ? String.format(Locale.ROOT, "%.2e", value)
                : String.format(Locale.ROOT, "%.4g", value);
    }
}
