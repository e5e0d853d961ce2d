package detangle.train.optimizer;

import java.util.Locale;
import java.util.regex.Pattern;

/** The rules that decide by its name whether a parameter decays. */
public enum DecayRule {
    /** All parameters decay but biases and the scales of layer norms (DeBERTa/training/optimizer_utils.py). */
    MICROSOFT(Pattern.compile("bias|LayerNorm.weight")),
    /**
     * All parameters decay but those of layer norms and those with a name of a bias or a norm (transformers
     * trainer.py).
     */
    HUGGINGFACE(Pattern.compile("bias|layernorm|rmsnorm|(?:^|\\.)norm(?:$|\\.)|_norm(?:$|\\.)"));

    private final Pattern exempt;

    DecayRule(Pattern exempt) {
        this.exempt = exempt;
    }

    /** Returns whether the parameter of a name decays. */
    public boolean decays(String parameter) {
        String name = this == HUGGINGFACE ? parameter.toLowerCase(Locale.ROOT) : parameter;
        return !exempt.matcher(name).find();
    }
}
