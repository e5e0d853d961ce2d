package detangle.train.optimizer;

import detangle.train.optimizer.HuggingFaceSchedule.Curve;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Schedules by the names and settings of HuggingFace's {@code lr_scheduler_type} and {@code lr_scheduler_kwargs}, and
 * by the names of microsoft's {@code lr_schedule}.
 */
public final class Schedules {
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
            ReduceOnPlateau.NAME);

    private final String name;
    private final double rate;
    private final Settings settings;

    private Schedules(String name, double rate, Map<String, String> settings) {
        this.name = name;
        this.rate = rate;
        this.settings = new Settings("the schedule " + name, settings);
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
     *     lr_schedule_ends}; {@link ReduceOnPlateau} has those of PyTorch's class
     * @throws OptimizerException if there is no schedule of that name, it has no such setting, or a value is wrong
     */
    public static Schedule named(String name, double warmup, long total, double rate, Map<String, String> settings) {
        return new Schedules(name, rate, settings).make(warmup, total);
    }

    private Schedule make(double warmup, long total) {
        Schedule schedule;
        if (name.equals(ReduceOnPlateau.NAME)) {
            schedule = plateau(warmup);
        } else if (HUGGINGFACE.contains(name)) {
            schedule = huggingFace((long) Math.ceil(warmup < 1 ? warmup * total : warmup), total);
        } else {
            schedule = MicrosoftSchedule.of(microsoft(), total, warmup, settings.number("lr_schedule_ends", 0));
        }
        settings.refuseOthers();
        return schedule;
    }

    private ReduceOnPlateau plateau(double warmup) {
        if (warmup > 0) {
            throw new OptimizerException(name + " has no warm-up: set warmup_ratio and warmup_steps to 0");
        }
        return ReduceOnPlateau.begin(new ReduceOnPlateau.Rule(
                settings.word("mode", "min", "min", "max").equals("max"),
                settings.number("factor", 0.1),
                settings.whole("patience", 10),
                settings.number("threshold", 1e-4),
                settings.word("threshold_mode", "rel", "rel", "abs").equals("rel"),
                settings.whole("cooldown", 0),
                settings.number("min_lr", 0) / rate,
                settings.number("eps", 1e-8) / rate));
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
            case "cosine" -> new HuggingFaceSchedule.Cosine(settings.number("num_cycles", 0.5));
            case "cosine_with_restarts" -> new HuggingFaceSchedule.CosineWithRestarts(settings.number("num_cycles", 1));
            case "polynomial" ->
                new HuggingFaceSchedule.Polynomial(settings.number("power", 1), settings.number("lr_end", 1e-7) / rate);
            case "constant" -> new HuggingFaceSchedule.Constant();
            case "constant_with_warmup" -> new HuggingFaceSchedule.ConstantWithWarmup();
            case "inverse_sqrt" ->
                new HuggingFaceSchedule.InverseSquareRoot(settings.number("timescale", warmup == 0 ? 10_000 : warmup));
            case "cosine_with_min_lr" ->
                new HuggingFaceSchedule.CosineWithMinimum(settings.number("num_cycles", 0.5), minimum());
            case "cosine_warmup_with_min_lr" ->
                new HuggingFaceSchedule.CosineWarmupWithMinimum(
                        settings.number("num_cycles", 0.5), minimum(), settings.number("warmup_lr_rate", Double.NaN));
            case "warmup_stable_decay" -> stable(warmup, total);
            default -> throw new IllegalStateException(name + " is listed and not made");
        };
    }

    private double minimum() {
        OptionalDouble least = settings.optional("min_lr");
        OptionalDouble share = settings.optional("min_lr_rate");
        if (least.isPresent() == share.isPresent()) {
            throw new OptimizerException("the schedule " + name + " needs one of the settings min_lr and min_lr_rate");
        }
        return least.isPresent() ? least.getAsDouble() / rate : share.getAsDouble();
    }

    private HuggingFaceSchedule.Form stable(long warmup, long total) {
        long decay = (long) settings.optional("num_decay_steps")
                .orElseThrow(
                        () -> new OptimizerException("the schedule " + name + " needs the setting num_decay_steps"));
        return new HuggingFaceSchedule.WarmupStableDecay(
                curve("warmup_type", "linear"),
                (long) settings.number("num_stable_steps", total - warmup - decay),
                curve("decay_type", "cosine"),
                decay,
                settings.number("min_lr_ratio", 0),
                settings.number("num_cycles", 0.5));
    }

    private Curve curve(String setting, String otherwise) {
        return switch (settings.word(setting, otherwise, "linear", "cosine", "1-sqrt")) {
            case "linear" -> Curve.LINEAR;
            case "cosine" -> Curve.COSINE;
            default -> Curve.ONE_MINUS_SQRT;
        };
    }
}
