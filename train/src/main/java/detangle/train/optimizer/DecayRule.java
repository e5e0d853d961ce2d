package detangle.train.optimizer;

import java.util.Locale;
import java.util.regex.Pattern;

/** Which parameters decay, by their names. */
public enum DecayRule {
    /** All but biases and the scales of layer norms (DeBERTa/training/optimizer_utils.py). */
    MICROSOFT(Pattern.compile("bias|LayerNorm.weight")),
    /** All but what a layer norm holds and what is called like a bias or a norm (transformers trainer.py). */
    HUGGINGFACE(Pattern.compile("bias|layernorm|rmsnorm|(?:^|\\.)norm(?:$|\\.)|_norm(?:$|\\.)"));

    private final Pattern exempt;

    DecayRule(Pattern exempt) {
        this.exempt = exempt;
    }

    /** Whether the parameter of a name decays. */
    public boolean decays(String parameter) {
        String name = this == HUGGINGFACE ? parameter.toLowerCase(Locale.ROOT) : parameter;
        return !exempt.matcher(name).find();
    }
}
