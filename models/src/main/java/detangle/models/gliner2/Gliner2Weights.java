package detangle.models.gliner2;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.models.weights.OwnParameters;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/** Compares a GLiNER2 checkpoint with its configuration, as strictly as gliner2 does when it loads one. */
public final class Gliner2Weights {
    /** The prefix of the encoder's tensors. */
    public static final String ENCODER = "encoder.";

    private static final String WORDS = ENCODER + "embeddings.word_embeddings.weight";

    private Gliner2Weights() {}

    /**
     * Returns the number of rows of the encoder's table of words.
     *
     * @throws WeightsException if there is no such table
     */
    public static int wordRows(Weights weights) {
        return OwnParameters.wordRows(
                weights, Optional.of(WORDS).filter(weights::contains), WORDS + ", as GLiNER2 models have");
    }

    /**
     * Returns the parameters of programs behind the encoder.
     *
     * @param whole programs whose parameters a checkpoint may hold even if the other programs do not read them
     * @param ignoreUnused whether tensors that no parameter takes are ignored
     * @throws WeightsException if a tensor is missing, has another shape, is not finite, or is left over; the message
     *     names it
     */
    public static Map<String, Tensor> parameters(
            Collection<Program> programs, Collection<Program> whole, Weights weights, boolean ignoreUnused) {
        String sizes = Gliner2Config.FILE + " or hidden_size of " + Gliner2Config.ENCODER_FILE;
        SequencedMap<String, TensorType> known = types(whole);
        Map<String, Tensor> tensors = OwnParameters.read(weights, types(programs), sizes);
        OwnParameters.check(weights, known, sizes);
        if (!ignoreUnused) {
            OwnParameters.refuseUnused(
                    weights, name -> !name.startsWith(ENCODER) && !known.containsKey(name), Gliner2Config.FILE);
        }
        return tensors;
    }

    private static SequencedMap<String, TensorType> types(Collection<Program> programs) {
        SequencedMap<String, TensorType> types = new LinkedHashMap<>();
        programs.forEach(program -> OwnParameters.add(types, program));
        return types;
    }
}
