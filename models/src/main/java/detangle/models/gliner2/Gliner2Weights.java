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

/** A GLiNER2 checkpoint held against its configuration; gliner2 loads strictly, and so does this. */
public final class Gliner2Weights {
    /** The prefix of the encoder's tensors. */
    public static final String ENCODER = "encoder.";

    private static final String WORDS = ENCODER + "embeddings.word_embeddings.weight";

    private Gliner2Weights() {}

    /**
     * Returns rows of the encoder's table of words.
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
     * @param whole programs whose parameters a checkpoint may hold, though the others do not read them
     * @param ignoreUnused whether tensors that no parameter takes are passed over
     * @throws WeightsException that names a tensor that is lacking, of another shape, not of finite numbers, or left
     *     over
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
