package detangle.models.deberta;

import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The parameters of a checkpoint under the names that {@link DebertaModel} gives them, which are HuggingFace's. Also
 * understood are the bare encoder, encoders under another name, the masked-LM head under its older, its newer and
 * microsoft's names, and attention projections in the layout of v1 where those of v2 are wanted, and the reverse.
 */
public final class Checkpoint {
    private static final String ENCODER = "deberta.";
    private static final String WORDS = "embeddings.word_embeddings.weight";
    private static final String POSITIONS = "embeddings.position_embeddings.weight";
    private static final String LEGACY_HEAD = "cls.predictions.";
    private static final String HEAD = "lm_predictions.lm_head.";

    private final Weights weights;
    private final ProjectionLayouts projections;
    private final String encoderPrefix;
    private final String headPrefix;

    private Checkpoint(Weights weights, DebertaConfig config) {
        this.weights = weights;
        this.projections = new ProjectionLayouts(config);
        this.encoderPrefix = weights.names().stream()
                .filter(name -> name.equals(WORDS) || name.endsWith("." + WORDS))
                .findFirst()
                .map(name -> name.substring(0, name.length() - WORDS.length()))
                .orElse(ENCODER);
        // Heads stand beside the encoder: "model.deberta.encoder..." goes with "model.classifier...".
        this.headPrefix = encoderPrefix.replaceFirst("[^.]+\\.$", "");
    }

    /**
     * The parameters of a program that the checkpoint holds; those that it lacks are left out.
     *
     * @throws WeightsException if the layout of a projection cannot be turned into the one that is needed
     */
    public static Map<String, Tensor> parameters(Weights weights, DebertaConfig config, Program program) {
        Checkpoint checkpoint = new Checkpoint(weights, config);
        Map<String, Tensor> parameters = new TreeMap<>();
        for (Node node : program.nodes()) {
            if (node.op() instanceof TensorOp.Param(String name, var type)) {
                checkpoint.find(name).ifPresent(tensor -> parameters.put(name, tensor));
            }
        }
        return parameters;
    }

    /**
     * Whether a folder's model has been trained with the enhanced mask decoder: it has absolute positions, and its input does
     * without them.
     */
    public static boolean hasMaskDecoder(Path folder) {
        DebertaConfig config = DebertaConfig.read(folder);
        if (config.positionBiasedInput()) {
            return false;
        }
        try (Weights weights = Weights.open(folder)) {
            return new Checkpoint(weights, config).find(ENCODER + POSITIONS).isPresent();
        }
    }

    private Optional<Tensor> find(String name) {
        return stored(name).or(() -> projections.find(this::stored, weights.origin(), name));
    }

    private Optional<Tensor> stored(String name) {
        if (name.startsWith(ENCODER)) {
            return weights.find(encoderPrefix + name.substring(ENCODER.length()));
        }
        return aliases(name).stream()
                .flatMap(alias -> weights.find(headPrefix + alias).stream())
                .findFirst();
    }

    private static List<String> aliases(String name) {
        if (name.startsWith(HEAD)) {
            String rest = name.substring(HEAD.length());
            return List.of(name, LEGACY_HEAD + (rest.equals("bias") ? rest : "transform." + rest));
        }
        if (name.startsWith(LEGACY_HEAD)) {
            String rest = name.substring(LEGACY_HEAD.length());
            return List.of(name, HEAD + rest.replaceFirst("^transform\\.", ""));
        }
        return List.of(name);
    }
}
