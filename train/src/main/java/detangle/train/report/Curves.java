package detangle.train.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Draws a picture of curves over the updates, as SVG. */
final class Curves {
    private static final int WIDTH = 720;
    private static final int HEIGHT = 240;
    private static final int LEFT = 64;
    private static final int RIGHT = 16;
    private static final int TOP = 12;
    private static final int BOTTOM = 28;
    private static final int TICKS = 4;

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
    private final double lowest;
    private final double highest;
    private final StringBuilder svg = new StringBuilder();

    private Curves(List<Curve> curves) {
        this.curves = curves;
        List<Point> all = curves.stream().flatMap(c -> c.points.stream()).toList();
        lastStep = Math.max(1, all.stream().mapToLong(Point::step).max().orElse(1));
        double low = all.stream().mapToDouble(Point::value).min().orElse(0);
        double high = all.stream().mapToDouble(Point::value).max().orElse(1);
        double margin = high > low ? 0 : Math.max(Math.abs(high), 1) / 2;
        lowest = low - margin;
        highest = high + margin;
    }

    /** Returns the picture; an empty text if no curve has a point. */
    static String svg(List<Curve> curves) {
        List<Curve> drawn = curves.stream().filter(c -> !c.points.isEmpty()).toList();
        return drawn.isEmpty() ? "" : new Curves(drawn).drawn();
    }

    private String drawn() {
        add("<svg viewBox=\"0 0 %d %d\" role=\"img\">", WIDTH, HEIGHT);
        for (int i = 0; i <= TICKS; i++) {
            double value = lowest + (highest - lowest) * i / TICKS;
            double y = y(value);
            add("<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>", LEFT, y, WIDTH - RIGHT, y);
            add("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", LEFT - 8, y + 4, number(value));
            long step = lastStep * i / TICKS;
            add(
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%d</text>",
                    x(step), HEIGHT - 8, i == TICKS ? "end" : "middle", step);
        }
        for (int c = 0; c < curves.size(); c++) {
            Curve curve = curves.get(c);
            List<String> places = new ArrayList<>();
            curve.points.forEach(p -> places.add(String.format(Locale.ROOT, "%.1f,%.1f", x(p.step), y(p.value))));
            add("<polyline class=\"c%d\" points=\"%s\"/>", c, String.join(" ", places));
            Point last = curve.points.getLast();
            add(
                    "<circle class=\"c%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"><title>%s: %s at step %d</title></circle>",
                    c, x(last.step), y(last.value), curve.name, number(last.value), last.step);
        }
        return svg.append("</svg>").toString();
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
