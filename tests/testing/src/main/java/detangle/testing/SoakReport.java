package detangle.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Samples of a run that takes long, and whether what the process holds is flat: the growth of each figure after the
 * warm-up, by the median of the slopes between all pairs of samples (Theil and Sen's line, which single high samples do
 * not move), is at most its bound.
 */
public final class SoakReport {
    /** Compilers and caches fill up during this part of a run. */
    private static final double WARM_UP_SHARE = 0.2;

    private static final double LONGEST_WARM_UP_MINUTES = 20;

    /** With fewer samples behind the warm-up, a slope says nothing. */
    private static final int FEWEST_SAMPLES = 8;

    private static final double MINUTES_OF_AN_HOUR = 60;

    private final List<Moment> moments = new ArrayList<>();

    private record Moment(double minutes, SoakSample sample) {}

    /** The trend of a figure behind the warm-up. */
    private record Trend(double first, double last, double perHour, double growth) {}

    /** Makes a report without samples. */
    public SoakReport() {}

    /** Adds a sample that was taken so many minutes after the beginning; later ones come later. */
    public void add(double minutes, SoakSample sample) {
        moments.add(new Moment(minutes, sample));
    }

    /** Returns the last sample in one line. */
    public String line() {
        Moment last = moments.getLast();
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%6.1f min", last.minutes));
        last.sample.figures().forEach((figure, value) -> {
            line.append(String.format(Locale.ROOT, ", %s %.1f", figure.name().toLowerCase(Locale.ROOT), value));
        });
        return line.toString();
    }

    private List<Moment> warm() {
        double end = moments.getLast().minutes;
        double warm = Math.min(LONGEST_WARM_UP_MINUTES, WARM_UP_SHARE * end);
        return moments.stream().filter(moment -> moment.minutes >= warm).toList();
    }

    private static Trend trend(List<Moment> warm, SoakFigure figure) {
        double[] slopes = new double[warm.size() * (warm.size() - 1) / 2];
        int pairs = 0;
        for (int i = 0; i < warm.size(); i++) {
            for (int j = i + 1; j < warm.size(); j++) {
                slopes[pairs++] = (value(warm.get(j), figure) - value(warm.get(i), figure))
                        / (warm.get(j).minutes - warm.get(i).minutes);
            }
        }
        Arrays.sort(slopes);
        double slope = (slopes[(pairs - 1) / 2] + slopes[pairs / 2]) / 2;
        double minutes = warm.getLast().minutes - warm.getFirst().minutes;
        return new Trend(
                value(warm.getFirst(), figure),
                value(warm.getLast(), figure),
                slope * MINUTES_OF_AN_HOUR,
                slope * minutes);
    }

    private static double value(Moment moment, SoakFigure figure) {
        return moment.sample.figures().get(figure);
    }

    /** Returns whether there are enough samples for a verdict. */
    public boolean isLongEnough() {
        return warm().size() >= FEWEST_SAMPLES;
    }

    /** Returns whether no figure has grown by more than its bound. */
    public boolean isFlat() {
        List<Moment> warm = warm();
        return Arrays.stream(SoakFigure.values()).allMatch(figure -> isFlat(trend(warm, figure), figure));
    }

    private static boolean isFlat(Trend trend, SoakFigure figure) {
        return trend.growth <= figure.bound();
    }

    /** Returns the figures at the end of the warm-up and at the end, and the slope of each in between, as a table. */
    public String table() {
        List<Moment> warm = warm();
        if (!isLongEnough()) {
            return "too short for a verdict: " + warm.size() + " samples behind the warm-up, and a verdict takes "
                    + FEWEST_SAMPLES;
        }
        StringBuilder table = new StringBuilder(String.format(
                Locale.ROOT,
                "| | after %.0f min | after %.0f min | slope per hour | growth | bound | verdict |%n"
                        + "| --- | ---: | ---: | ---: | ---: | ---: | --- |%n",
                warm.getFirst().minutes,
                warm.getLast().minutes));
        for (SoakFigure figure : SoakFigure.values()) {
            Trend trend = trend(warm, figure);
            table.append(String.format(
                    Locale.ROOT,
                    "| %s | %.1f | %.1f | %+.2f | %+.2f | %.0f | %s |%n",
                    figure.title(),
                    trend.first,
                    trend.last,
                    trend.perHour,
                    trend.growth,
                    figure.bound(),
                    isFlat(trend, figure) ? "flat" : "GROWS"));
        }
        return table.append(isFlat() ? "flat" : "not flat").toString();
    }
}
