package detangle.train.optimizer;

import java.util.List;
import java.util.Map;

/**
 * Optimizers by names: those of HuggingFace's {@code optim}, and those of microsoft's {@code opt_type} and {@code
 * with_radam}.
 */
public final class Optimizers {
    private static final List<String> NAMES = List.of("adamw_torch", "adamw_torch_fused", "xadam", "admax", "radam");

    private Optimizers() {}

    /**
     * Returns all names. {@code adamw_torch_fused} is another implementation of {@code adamw_torch} in PyTorch, and the
     * same here.
     */
    public static List<String> names() {
        return NAMES;
    }

    /**
     * Returns an optimizer by its name. What the settings do not say is as in {@link AdamW#DEFAULT} or {@link
     * XAdam#DEFAULT}.
     *
     * @param settings all have {@code adam_beta1}, {@code adam_beta2} and {@code adam_epsilon}; AdamW has {@code
     *     amsgrad}, microsoft's optimizers have {@code lookahead_k} and {@code lookahead_alpha}
     * @throws OptimizerException if there is no optimizer of that name, it has no such setting, or a value is wrong
     */
    public static Optimizer named(String name, Map<String, String> settings) {
        Settings given = new Settings("the optimizer " + name, settings);
        Optimizer optimizer = switch (name) {
            case "adamw_torch", "adamw_torch_fused" -> adamW(given);
            case "xadam" -> xAdam(given, XAdam.Form.ADAM, false);
            case "admax" -> xAdam(given, XAdam.Form.ADMAX, false);
            case "radam" -> xAdam(given, XAdam.Form.ADAM, true);
            default ->
                throw new OptimizerException(
                        "there is no optimizer '" + name + "'; there are " + String.join(", ", NAMES));
        };
        given.refuseOthers();
        return optimizer;
    }

    private static AdamW adamW(Settings given) {
        AdamW usual = AdamW.DEFAULT;
        return new AdamW(
                given.number("adam_beta1", usual.beta1()),
                given.number("adam_beta2", usual.beta2()),
                given.number("adam_epsilon", usual.epsilon()),
                given.flag("amsgrad"));
    }

    private static XAdam xAdam(Settings given, XAdam.Form form, boolean radam) {
        XAdam usual = XAdam.DEFAULT;
        return new XAdam(
                given.number("adam_beta1", usual.beta1()),
                given.number("adam_beta2", usual.beta2()),
                given.number("adam_epsilon", usual.epsilon()),
                form,
                radam,
                given.whole("lookahead_k", usual.lookahead()),
                given.number("lookahead_alpha", usual.lookaheadShare()));
    }
}
