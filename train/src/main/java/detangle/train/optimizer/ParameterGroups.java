package detangle.train.optimizer;

import java.util.Collection;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Divides the parameters of a model into groups, by their names in HuggingFace's checkpoints.
 *
 * @param weightDecay the decay of parameters that decay
 * @param layers the number of layers of the encoder
 * @param layerwiseDecay the factor from the rate of a layer to the rate of the layer below it (ELECTRA,
 *     google-research/electra model/optimization.py); 1 gives all layers the same rate. The head has the full rate, the
 *     top layer comes next, then the other layers, and below them embeddings, positions and the encoder's layer norm; a
 *     convolution belongs to the first layer.
 * @param headRateFactor the rate of the head divided by the rate; empty for the full rate
 * @param frozen the parameters that are not trained
 */
public record ParameterGroups(
        DecayRule rule,
        double weightDecay,
        int layers,
        double layerwiseDecay,
        OptionalDouble headRateFactor,
        FrozenParameters frozen) {
    private static final String ENCODER = "deberta.";
    private static final Pattern LAYER = Pattern.compile("encoder\\.layer\\.(\\d+)\\.");

    /** @throws OptimizerException if the decay of layers is not in (0,1] */
    public ParameterGroups {
        if (!(layerwiseDecay > 0 && layerwiseDecay <= 1)) {
            throw new OptimizerException("layerwise_decay is " + layerwiseDecay + ": it must be above 0 and at most 1");
        }
    }

    /** All parameters are trained at one rate. */
    public static ParameterGroups of(DecayRule rule, double weightDecay) {
        return new ParameterGroups(rule, weightDecay, 0, 1, OptionalDouble.empty(), FrozenParameters.NONE);
    }

    /**
     * Refuses rates that follow from layers if no parameter belongs to the encoder, as all would have the rate of the
     * head. Those of replaced-token detection are called {@code generator.deberta.} and {@code
     * discriminator.deberta.}, and have no rates of their own by layers.
     *
     * @throws OptimizerException if that is so
     */
    public void check(Collection<String> parameters) {
        boolean differ = layerwiseDecay < 1 || headRateFactor.isPresent();
        if (differ && parameters.stream().noneMatch(name -> name.startsWith(ENCODER))) {
            String head = headRateFactor.isPresent() ? ", and the head has a rate of its own" : "";
            throw new OptimizerException("layerwise_decay is " + layerwiseDecay + head
                    + ": rates follow from the layers of an encoder, and no parameter is called like " + ENCODER
                    + "encoder.layer.0.: train all parameters at one rate");
        }
    }

    /** Returns the group of a parameter that is trained. */
    public ParameterGroup of(String parameter) {
        return new ParameterGroup(rateFactor(parameter), rule.decays(parameter) ? weightDecay : 0);
    }

    private double rateFactor(String parameter) {
        if (!parameter.startsWith(ENCODER)) {
            return headRateFactor.orElse(1);
        }
        return Math.pow(layerwiseDecay, layers + 1 - depth(parameter));
    }

    /**
     * Returns the layer of the encoder that a parameter belongs to, from 0; empty if it belongs to none. A convolution
     * belongs to the first layer.
     */
    public static OptionalInt layer(String parameter) {
        Matcher matcher = LAYER.matcher(parameter);
        if (matcher.find()) {
            return OptionalInt.of(Integer.parseInt(matcher.group(1)));
        }
        return parameter.contains("encoder.conv.") ? OptionalInt.of(0) : OptionalInt.empty();
    }

    /** Returns the height of a parameter: 0 below the layers, 1 for the first layer. */
    private static int depth(String parameter) {
        OptionalInt layer = layer(parameter);
        return layer.isPresent() ? layer.getAsInt() + 1 : 0;
    }
}
