package detangle.train.optimizer;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The schedules of microsoft's DeBERTa (DeBERTa/optims/lr_schedulers.py), with their jumps. All of them rise from 0 to
 * 1 within the warm-up; then the factor depends on the share x of the updates that are done.
 *
 * @param total the number of updates
 * @param warmup the share of all updates that the warm-up takes, in [0,1)
 * @param ends the factor at the end of the linear and cosine parts
 */
public record MicrosoftSchedule(Form form, long total, double warmup, double ends) implements Schedule {
    private static final int CYCLES = 4;

    /** The form of the schedule after the warm-up. */
    public enum Form {
        /**
         * The factor is {@code (1 - ends) (1 - x) + ends}: it jumps at the end of the warm-up, from 1 to {@code 1 -
         * warmup}.
         */
        WARMUP_LINEAR,
        /** The factor follows the same line, moved so that it begins at 1. */
        WARMUP_LINEAR_SHIFT,
        /** The factor is 1. */
        WARMUP_CONSTANT,
        /**
         * The factor is {@code (1 + cos(pi x)) / 2}, whatever {@code ends} is; it begins as if there had been no
         * warm-up.
         */
        WARMUP_COSINE,
        /** The factor follows half a cosine from the end of the warm-up to {@code ends}. */
        WARMUP_LINEAR_COSINE,
        /** The factor follows four half cosines one after the other, each a step down. */
        WARMUP_CYCLIC_LINEAR_COSINE;

        /** Returns the name in microsoft's options. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        static String names() {
            return Arrays.stream(values()).map(Form::text).collect(Collectors.joining(", "));
        }
    }

    /** @throws OptimizerException if a number is outside its range, or too few updates are left behind the warm-up */
    public MicrosoftSchedule {
        if (total < 1) {
            throw new OptimizerException("a schedule needs at least one update, not " + total);
        }
        if (!(warmup >= 0 && warmup < 1)) {
            throw new OptimizerException("the warm-up takes " + warmup
                    + " of all updates: it must be at least 0 and less than 1, or a number of updates below " + total);
        }
        if (form == Form.WARMUP_CYCLIC_LINEAR_COSINE && period(total, warmup) == 0) {
            throw new OptimizerException(form.text() + " needs at least " + CYCLES
                    + " updates behind the warm-up, and of " + total + " there are " + behindWarmup(total, warmup)
                    + ": take another schedule or a shorter warm-up");
        }
    }

    /**
     * Makes a schedule from microsoft's options.
     *
     * @param warmup a share of all updates if it is less than 1, and a number of updates otherwise
     */
    public static MicrosoftSchedule of(Form form, long total, double warmup, double ends) {
        return new MicrosoftSchedule(form, total, warmup < 1 ? warmup : warmup / total, ends);
    }

    private static long behindWarmup(long total, double warmup) {
        return total - (long) (total * warmup);
    }

    private static long period(long total, double warmup) {
        return behindWarmup(total, warmup) / CYCLES;
    }

    @Override
    public double factor(long step) {
        double share = (double) step / total;
        boolean isCyclic = form == Form.WARMUP_CYCLIC_LINEAR_COSINE;
        double x = isCyclic ? share : share - (long) share; // all others begin anew after the last update
        if (x < warmup) {
            return x / warmup;
        }
        double left = (x - warmup) / (1 - warmup);
        return switch (form) {
            case WARMUP_LINEAR -> ending(1 - x);
            case WARMUP_LINEAR_SHIFT -> ending(1 - left);
            case WARMUP_CONSTANT -> 1;
            case WARMUP_COSINE -> 0.5 * (1 + Math.cos(Math.PI * x));
            case WARMUP_LINEAR_COSINE -> ending(Math.max(0.5 * (1 + Math.cos(Math.PI * left)), 0));
            case WARMUP_CYCLIC_LINEAR_COSINE -> ending(Math.max(cyclic(step), 0));
        };
    }

    private double ending(double factor) {
        return (1 - ends) * factor + ends;
    }

    /** Subtracts the warm-up from the number of updates twice, as the original does. */
    private double cyclic(long step) {
        long rest = behindWarmup(total, warmup);
        long moved = step - (long) (rest * warmup);
        long period = period(total, warmup);
        long cycle = Math.floorDiv(moved, period);
        double sign = cycle % 2 == 0 ? 1 : -1;
        double wave = sign * Math.cos(Math.PI * moved / period) - 1;
        return 1 - (double) cycle / CYCLES + wave / (2 * CYCLES);
    }
}
