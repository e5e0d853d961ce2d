package detangle.train.optimizer;

/**
 * The schedules of HuggingFace's Trainer (transformers optimization.py) whose factor follows from the number of updates
 * alone. All of them rise from 0 to 1 within the warm-up, unless their {@link Form} says otherwise.
 *
 * @param warmup the number of updates of the warm-up
 * @param total the number of all updates
 */
public record HuggingFaceSchedule(Form form, long warmup, long total) implements Schedule {
    /**
     * The form of the schedule after the warm-up. With S updates done, W of the warm-up and T of all, {@code q = (S -
     * W) / max(1, T - W)}.
     */
    public sealed interface Form {}

    /** The factor is 1, without a warm-up. */
    public record Constant() implements Form {}

    /** The factor is 1. */
    public record ConstantWithWarmup() implements Form {}

    /** The factor is {@code 1 - q}, at least 0. */
    public record Linear() implements Form {}

    /** The factor is {@code (1 + cos(2 pi cycles q)) / 2}. */
    public record Cosine(double cycles) implements Form {}

    /** The factor follows a number of half cosines, each from 1 to 0; it is 0 after the last update. */
    public record CosineWithRestarts(double cycles) implements Form {}

    /**
     * The factor is {@code (1 - end) (1 - (S - W) / (T - W))^power + end}.
     *
     * @param end the last factor: the rate at the end divided by the rate at the beginning
     */
    public record Polynomial(double power, double end) implements Form {
        private double factor(long step, long warmup, long total) {
            return step > total
                    ? end
                    : (1 - end) * Math.pow(1 - (double) (step - warmup) / (total - warmup), power) + end;
        }
    }

    /** The factor is {@code 1 / sqrt((S - W + timescale) / timescale)}. */
    public record InverseSquareRoot(double timescale) implements Form {}

    /** The factor follows {@link Cosine}, but falls to a minimum instead of 0. */
    public record CosineWithMinimum(double cycles, double minimum) implements Form {}

    /**
     * The factor follows {@link CosineWithMinimum} one update earlier, so that the first update has a rate already. The
     * warm-up rises from {@code warmupStart}, or by {@code 1 / W} at each update if {@code warmupStart} is NaN.
     */
    public record CosineWarmupWithMinimum(double cycles, double minimum, double warmupStart) implements Form {
        private double rise(long step, long warmup) {
            return Double.isNaN(warmupStart)
                    ? (step + 1.0) / Math.max(1, warmup)
                    : warmupStart + (1 - warmupStart) * step / Math.max(1, warmup - 1);
        }

        private double fall(long step, long warmup, long total) {
            return Math.max(0, above(minimum, cosine(cycles, (step - warmup + 1.0) / Math.max(1, total - warmup))));
        }
    }

    /** The factor rises in the warm-up, stays 1 for a while, and falls to a minimum. */
    public record WarmupStableDecay(Curve rise, long stable, Curve descent, long decay, double minimum, double cycles)
            implements Form {
        private double factor(long step, long warmup) {
            if (step < warmup) {
                double progress = (double) step / Math.max(1, warmup);
                return Math.max(
                        0,
                        above(
                                minimum,
                                switch (rise) {
                                    case LINEAR -> progress;
                                    case COSINE -> 0.5 * (1 - Math.cos(Math.PI * progress));
                                    case ONE_MINUS_SQRT -> 1 - Math.sqrt(1 - progress);
                                }));
            }
            long falling = step - warmup - stable;
            if (falling < 0) {
                return 1;
            }
            if (falling >= decay) {
                return minimum;
            }
            double progress = (double) falling / Math.max(1, decay);
            return Math.max(
                    0,
                    above(
                            minimum,
                            switch (descent) {
                                case LINEAR -> 1 - progress;
                                case COSINE -> cosine(cycles, progress);
                                case ONE_MINUS_SQRT -> 1 - Math.sqrt(progress);
                            }));
        }
    }

    /** The curve of a factor from 0 to 1, or from 1 to 0. */
    public enum Curve {
        LINEAR,
        COSINE,
        ONE_MINUS_SQRT
    }

    /** @throws OptimizerException if a number is negative, or the descent of a polynomial has no updates */
    public HuggingFaceSchedule {
        if (warmup < 0 || total < 0) {
            throw new OptimizerException(
                    "a schedule has " + total + " updates, " + warmup + " of them warm-up: neither may be negative");
        }
        if (form instanceof Polynomial && warmup == total) {
            throw new OptimizerException("polynomial needs updates behind the warm-up, and all " + total
                    + " belong to it: take a shorter warm-up");
        }
    }

    @Override
    public double factor(long step) {
        double rise = (double) step / Math.max(1, warmup);
        double q = (double) (step - warmup) / Math.max(1, total - warmup);
        boolean warms = step < warmup;
        return switch (form) {
            case Constant c -> 1;
            case ConstantWithWarmup c -> warms ? rise : 1;
            case Linear l -> warms ? rise : Math.max(0, (double) (total - step) / Math.max(1, total - warmup));
            case Cosine(double cycles) -> warms ? rise : Math.max(0, cosine(cycles, q));
            case CosineWithRestarts(double cycles) ->
                warms ? rise : q >= 1 ? 0 : Math.max(0, 0.5 * (1 + Math.cos(Math.PI * (cycles * q % 1))));
            case Polynomial p -> warms ? rise : p.factor(step, warmup, total);
            case InverseSquareRoot(double timescale) ->
                warms ? rise : 1 / Math.sqrt((step + timescale - warmup) / timescale);
            case CosineWithMinimum(double cycles, double minimum) ->
                warms ? rise : Math.max(0, above(minimum, cosine(cycles, q)));
            case CosineWarmupWithMinimum c -> warms ? c.rise(step, warmup) : c.fall(step, warmup, total);
            case WarmupStableDecay w -> w.factor(step, warmup);
        };
    }

    private static double cosine(double cycles, double q) {
        return 0.5 * (1 + Math.cos(Math.PI * cycles * 2 * q));
    }

    /** Maps a factor from [0,1] to [minimum,1]. */
    private static double above(double minimum, double factor) {
        return factor * (1 - minimum) + minimum;
    }
}
