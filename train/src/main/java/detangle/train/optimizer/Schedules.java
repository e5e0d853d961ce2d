package detangle.train.optimizer;

import detangle.train.optimizer.HuggingFaceSchedule.Curve;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * Schedules by the names and settings of HuggingFace's {@code lr_scheduler_type} and {@code lr_scheduler_kwargs}, and
 * by the names of microsoft's {@code lr_schedule}.
 */
public final class Schedules {
    /** The schedule whose factor is 1: evaluations that do not become better lower the rate, see {@link #onPlateau}. */
    public static final String PLATEAU = "reduce_lr_on_plateau";

    private static final List<String> HUGGINGFACE = List.of(
            "linear",
            "cosine",
            "cosine_with_restarts",
            "polynomial",
            "constant",
            "constant_with_warmup",
            "inverse_sqrt",
            "cosine_with_min_lr",
            "cosine_warmup_with_min_lr",
            "warmup_stable_decay",
            PLATEAU);

    private final String name;
    private final double rate;

    /** The settings that have not been read yet. */
    private final Map<String, String> settings;

    private Schedules(String name, double rate, Map<String, String> settings) {
        this.name = name;
        this.rate = rate;
        this.settings = new TreeMap<>(settings);
    }

    /** Returns all names: HuggingFace's, then microsoft's. */
    public static List<String> names() {
        List<String> names = new ArrayList<>(HUGGINGFACE);
        for (MicrosoftSchedule.Form form : MicrosoftSchedule.Form.values()) {
            names.add(form.text());
        }
        return names;
    }

    /**
     * Returns a schedule by its name.
     *
     * @param warmup the number of updates of the warm-up; if it is less than 1, their share of all updates
     * @param total the number of all updates
     * @param rate the learning rate, for settings that are rates themselves, such as {@code min_lr}
     * @param settings settings such as {@code num_cycles} and {@code power}; microsoft's schedules have {@code
     *     lr_schedule_ends}
     * @throws OptimizerException if there is no schedule of that name, it has no such setting, or a value is wrong
     */
    public static Schedule named(String name, double warmup, long total, double rate, Map<String, String> settings) {
        return new Schedules(name, rate, settings).make(warmup, total);
    }

    /**
     * Returns the rule of when and how far the rate falls with {@link #PLATEAU}. Its settings are PyTorch's: {@code
     * mode}, {@code factor}, {@code patience}, {@code threshold}, {@code cooldown} and {@code min_lr}.
     *
     * @param greaterIsBetter whether a greater metric is better, if {@code mode} is not set
     * @throws OptimizerException if a value is wrong
     */
    public static ReduceOnPlateau.Rule onPlateau(boolean greaterIsBetter, Map<String, String> settings) {
        return new Schedules(PLATEAU, 1, settings).plateau(greaterIsBetter);
    }

    private ReduceOnPlateau.Rule plateau(boolean greaterIsBetter) {
        ReduceOnPlateau.Rule usual = ReduceOnPlateau.Rule.DEFAULT;
        String mode = settings.containsKey("mode") ? settings.remove("mode") : greaterIsBetter ? "max" : "min";
        if (!List.of("min", "max").contains(mode)) {
            throw new OptimizerException("mode of the schedule " + name + " is '" + mode + "', not min or max");
        }
        return new ReduceOnPlateau.Rule(
                mode.equals("max"),
                number("factor", usual.factor()),
                (long) number("patience", usual.patience()),
                number("threshold", usual.threshold()),
                (long) number("cooldown", usual.cooldown()),
                number("min_lr", usual.least()));
    }

    private Schedule make(double warmup, long total) {
        Schedule schedule = HUGGINGFACE.contains(name)
                ? huggingFace((long) Math.ceil(warmup < 1 ? warmup * total : warmup), total)
                : MicrosoftSchedule.of(microsoft(), total, warmup, number("lr_schedule_ends", 0));
        if (!settings.isEmpty()) {
            throw new OptimizerException("the schedule " + name + " has no setting " + settings.keySet());
        }
        return schedule;
    }

    private MicrosoftSchedule.Form microsoft() {
        for (MicrosoftSchedule.Form form : MicrosoftSchedule.Form.values()) {
            if (form.text().equals(name)) {
                return form;
            }
        }
        throw new OptimizerException("there is no schedule '" + name + "'; there are " + String.join(", ", names()));
    }

    private Schedule huggingFace(long warmup, long total) {
        return new HuggingFaceSchedule(form(warmup, total), warmup, total);
    }

    private HuggingFaceSchedule.Form form(long warmup, long total) {
        return switch (name) {
            case "linear" -> new HuggingFaceSchedule.Linear();
            case "cosine" -> new HuggingFaceSchedule.Cosine(number("num_cycles", 0.5));
            case "cosine_with_restarts" -> new HuggingFaceSchedule.CosineWithRestarts(number("num_cycles", 1));
            case "polynomial" -> new HuggingFaceSchedule.Polynomial(number("power", 1), number("lr_end", 1e-7) / rate);
            case "constant" -> new HuggingFaceSchedule.Constant();
            case PLATEAU -> {
                plateau(false); // This reads its settings, so that those which are left are refused.
                yield new HuggingFaceSchedule.Constant();
            }
            case "constant_with_warmup" -> new HuggingFaceSchedule.ConstantWithWarmup();
            case "inverse_sqrt" ->
                new HuggingFaceSchedule.InverseSquareRoot(number("timescale", warmup == 0 ? 10_000 : warmup));
            case "cosine_with_min_lr" ->
                new HuggingFaceSchedule.CosineWithMinimum(number("num_cycles", 0.5), minimum());
            case "cosine_warmup_with_min_lr" ->
                new HuggingFaceSchedule.CosineWarmupWithMinimum(
                        number("num_cycles", 0.5), minimum(), number("warmup_lr_rate", Double.NaN));
            case "warmup_stable_decay" -> stable(warmup, total);
            default -> throw new IllegalStateException(name + " is listed and not made");
        };
    }

    private double minimum() {
        OptionalDouble least = optional("min_lr");
        OptionalDouble share = optional("min_lr_rate");
        if (least.isPresent() == share.isPresent()) {
            throw new OptimizerException("the schedule " + name + " needs one of the settings min_lr and min_lr_rate");
        }
        return least.isPresent() ? least.getAsDouble() / rate : share.getAsDouble();
    }

    private HuggingFaceSchedule.Form stable(long warmup, long total) {
        long decay = (long) optional("num_decay_steps")
                .orElseThrow(
                        () -> new OptimizerException("the schedule " + name + " needs the setting num_decay_steps"));
        return new HuggingFaceSchedule.WarmupStableDecay(
                curve("warmup_type", "linear"),
                (long) number("num_stable_steps", total - warmup - decay),
                curve("decay_type", "cosine"),
                decay,
                number("min_lr_ratio", 0),
                number("num_cycles", 0.5));
    }

    private Curve curve(String setting, String otherwise) {
        String value = settings.containsKey(setting) ? settings.remove(setting) : otherwise;
        return switch (value) {
            case "linear" -> Curve.LINEAR;
            case "cosine" -> Curve.COSINE;
            case "1-sqrt" -> Curve.ONE_MINUS_SQRT;
            default ->
                throw new OptimizerException(
                        setting + " of the schedule " + name + " is '" + value + "', not linear, cosine or 1-sqrt");
        };
    }

    private double number(String setting, double otherwise) {
        return optional(setting).orElse(otherwise);
    }

    private OptionalDouble optional(String setting) {
        if (!settings.containsKey(setting)) {
            return OptionalDouble.empty();
        }
        String value = settings.remove(setting);
        try {
            return OptionalDouble.of(Double.parseDouble(value));
        } catch (NumberFormatException e) {
            throw new OptimizerException(
                    setting + " of the schedule " + name + " is '" + value + "', which is not a number");
        }
    }
}
