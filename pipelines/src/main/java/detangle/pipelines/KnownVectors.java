package detangle.pipelines;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Vectors of labels that have an encoder of their own. The vector of a label is the same for all texts, so it is
 * computed once, or never if the caller gives it. Any number of threads may use one object.
 */
final class KnownVectors {
    /** The most numbers of the vectors that are kept: 64 MB of floats. */
    private static final long MAX_NUMBERS = 1 << 24;

    private final int width;
    private final Map<String, float[]> given = new HashMap<>();

    /** The computed vectors, the least recently used first. */
    private final LinkedHashMap<Key, float[]> computed = new LinkedHashMap<>(16, 0.75f, true);

    /** @param length of the padded label that the vector was made of; 0 where padding does not change it */
    private record Key(String label, int length) {}

    /** @param width the number of components of a vector */
    KnownVectors(int width) {
        this.width = width;
    }

    /**
     * Stores vectors that replace computed ones.
     *
     * @throws PipelineException if one is of another length, or has a number that is not finite
     */
    synchronized void give(Map<String, float[]> vectors) {
        vectors.forEach((label, vector) -> {
            if (vector.length != width) {
                throw new PipelineException("the vector of the label '" + label + "' has " + vector.length
                        + " numbers, and hidden_size is " + width);
            }
            for (float number : vector) {
                if (!Float.isFinite(number)) {
                    throw new PipelineException("the vector of the label '" + label + "' holds " + number);
                }
            }
        });
        vectors.forEach((label, vector) -> given.put(label, vector.clone()));
    }

    /** Returns whether vectors of all these labels were given. */
    synchronized boolean areGiven(Collection<String> labels) {
        return given.keySet().containsAll(labels);
    }

    /**
     * Returns the vectors of labels.
     *
     * @param length to which labels are padded; 0 where padding does not change vectors
     * @param compute makes those that are neither given nor known
     */
    Map<String, float[]> of(
            Collection<String> labels, int length, Function<List<String>, Map<String, float[]>> compute) {
        Map<String, float[]> found = new HashMap<>();
        List<String> missing = new ArrayList<>();
        synchronized (this) {
            for (String label : labels) {
                float[] known = given.containsKey(label) ? given.get(label) : computed.get(new Key(label, length));
                if (known == null) {
                    missing.add(label);
                } else {
                    found.put(label, known);
                }
            }
        }
        if (!missing.isEmpty()) {
            Map<String, float[]> fresh = compute.apply(missing);
            found.putAll(fresh);
            keep(fresh, length);
        }
        return found;
    }

    private synchronized void keep(Map<String, float[]> fresh, int length) {
        fresh.forEach((label, vector) -> computed.put(new Key(label, length), vector));
        Iterator<Key> oldest = computed.keySet().iterator();
        for (long numbers = (long) computed.size() * width; numbers > MAX_NUMBERS; numbers -= width) {
            oldest.next();
            oldest.remove();
        }
    }
}
