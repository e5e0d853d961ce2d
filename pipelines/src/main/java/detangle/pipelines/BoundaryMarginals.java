package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.gliner2.BoundaryHead;
import detangle.models.gliner2.BoundaryPrograms;
import java.util.HashMap;
import java.util.Map;

/**
 * The answer of {@link BoundaryPrograms#marginals} for a text.
 *
 * @param states of boundaries, as they go on to other programs
 * @param firsts logits of first boundaries, by query
 * @param lasts logits of last boundaries, by query
 * @param firstVectors of boundaries as first ones of a pair
 * @param lastVectors of boundaries as last ones of a pair
 * @param outputs those that only some configurations have
 */
record BoundaryMarginals(
        Tensor states,
        float[][] firsts,
        float[][] lasts,
        float[][] firstVectors,
        float[][] lastVectors,
        Map<String, Tensor> outputs) {
    static BoundaryMarginals of(BoundaryHead head, HeadPrograms programs, Tensor words, Tensor queries) {
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put(BoundaryPrograms.WORDS, words);
        inputs.put(BoundaryPrograms.QUERIES, queries);
        if (head.candidates().isRotated()) {
            turn(head, head.width(), Math.toIntExact(words.dim(0)) + 1, inputs);
        }
        Map<String, Tensor> outputs = programs.run(BoundaryPrograms.MARGINALS, inputs);
        return new BoundaryMarginals(
                outputs.get(BoundaryPrograms.STATES),
                rows(outputs, BoundaryPrograms.FIRST_LOGITS),
                rows(outputs, BoundaryPrograms.LAST_LOGITS),
                rows(outputs, BoundaryPrograms.FIRST_VECTORS),
                rows(outputs, BoundaryPrograms.LAST_VECTORS),
                outputs);
    }

    /** Returns how many boundaries there are. */
    int boundaries() {
        return firstVectors.length;
    }

    /** Returns an output that only some configurations have. */
    float[][] rows(String output) {
        return rows(outputs, output);
    }

    private static float[][] rows(Map<String, Tensor> outputs, String output) {
        float[][] rows = States.rows(outputs.get(output));
        for (float[] row : rows) {
            Row.finite(row);
        }
        return rows;
    }

    /**
     * Returns the product of the vectors of a span's ends, weighted by a gate unless it is empty, and divided by the
     * square root of their width.
     */
    float product(int start, int end, float[] gate) {
        float[] first = firstVectors[start];
        float[] last = lastVectors[end];
        double sum = 0;
        for (int i = 0; i < first.length; i++) {
            sum += (gate.length == 0 ? first[i] : first[i] * gate[i]) * last[i];
        }
        return (float) (sum / Math.sqrt(first.length));
    }

    /**
     * Puts in the angles by which vectors of boundaries are turned (rotary.py), where the configuration has them
     * turned.
     */
    static void turn(BoundaryHead head, int width, int boundaries, Map<String, Tensor> inputs) {
        if (head.rotaryBase().isEmpty()) {
            return;
        }
        double base = head.rotaryBase().getAsDouble();
        int half = width / 2;
        float[] cosines = new float[boundaries * half];
        float[] sines = new float[boundaries * half];
        for (int i = 0; i < half; i++) {
            float frequency = (float) (1 / Math.pow(base, 2.0 * i / width));
            for (int place = 0; place < boundaries; place++) {
                float angle = place * frequency;
                cosines[place * half + i] = (float) Math.cos(angle);
                sines[place * half + i] = (float) Math.sin(angle);
            }
        }
        inputs.put(BoundaryPrograms.COSINES, Tensor.of(cosines, boundaries, half));
        inputs.put(BoundaryPrograms.SINES, Tensor.of(sines, boundaries, half));
    }
}
