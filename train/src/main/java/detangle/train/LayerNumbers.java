package detangle.train;

import detangle.train.optimizer.ParameterGroups;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Numbers the layers of all encoders of a program, from 0, as layers that are computed again are told apart by their
 * numbers. An encoder is what stands in front of {@code encoder.} in the names of weights: a program of replaced-token
 * detection has one in {@code generator.deberta.} and one in {@code discriminator.deberta.}, whose layers come behind.
 *
 * @param firstOf the number of the first layer of each encoder
 */
record LayerNumbers(Map<String, Integer> firstOf) {
    private static final String ENCODER = "encoder.";

    /** @param weights the names of the weights of a program, in the order in which it reads them */
    static LayerNumbers of(Stream<String> weights) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        weights.forEach(name ->
                ParameterGroups.layer(name).ifPresent(layer -> counts.merge(encoder(name), layer + 1, Math::max)));
        int first = 0;
        for (Map.Entry<String, Integer> entry : counts.entrySet()) {
            first += entry.setValue(first);
        }
        return new LayerNumbers(counts);
    }

    private static String encoder(String weight) {
        return weight.substring(0, weight.indexOf(ENCODER));
    }

    /** Returns whether there is no layer. */
    boolean isEmpty() {
        return firstOf.isEmpty();
    }

    /** Returns the number of the layer that a weight belongs to; empty if it belongs to none. */
    OptionalInt layer(String weight) {
        OptionalInt layer = ParameterGroups.layer(weight);
        return layer.isPresent() && firstOf.containsKey(encoder(weight))
                ? OptionalInt.of(firstOf.get(encoder(weight)) + layer.getAsInt())
                : OptionalInt.empty();
    }
}
