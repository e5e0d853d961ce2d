package detangle.models.deberta;

import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.models.weights.Artifact;
import detangle.models.weights.FiniteWeights;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The parameters of a checkpoint under the names that {@link DebertaModel} gives them, which are HuggingFace's. Also
 * understood are the bare encoder, encoders under another name, the masked-LM head under its older, its newer and
 * microsoft's names, and attention projections in the layout of v1 where those of v2 are wanted, and the reverse.
 */
public final class Checkpoint {
    private static final String ENCODER = EncoderPrefix.PUBLISHED;
    private static final String POSITIONS = "embeddings.position_embeddings.weight";
    private static final String LEGACY_HEAD = "cls.predictions.";
    private static final String HEAD = "lm_predictions.lm_head.";

    private final Weights weights;
    private final DebertaConfig config;
    private final ProjectionLayouts projections;
    private final String encoderPrefix;
    private final String headPrefix;
    private final Set<String> taken = new HashSet<>();

    Checkpoint(Weights weights, DebertaConfig config) {
        this.weights = weights;
        this.config = config;
        this.projections = new ProjectionLayouts(config);
        this.encoderPrefix = EncoderPrefix.of(weights);
        // Heads stand beside the encoder: "model.deberta.encoder..." goes with "model.classifier...".
        this.headPrefix = encoderPrefix.replaceFirst("[^.]+\\.$", "");
    }

    /**
     * The parameters of a program that the checkpoint holds. Those of the encoder that it lacks are left out, as are those of a head of
     * one's own.
     *
     * @param head the published head of the program; empty for one of one's own
     * @param ignoreUnused whether tensors of the encoder and of the head may be left over
     * @throws HeadException if the checkpoint does not hold the head
     * @throws WeightsException if a tensor is left over, a small one is not of finite numbers, or the layout of a projection cannot be turned into the one that is needed
     */
    public static Map<String, Tensor> parameters(
            Weights weights, DebertaConfig config, Program program, Optional<Architecture> head, boolean ignoreUnused) {
        Checkpoint checkpoint = new Checkpoint(weights, config);
        Map<String, Tensor> parameters = new TreeMap<>();
        List<String> lacking = new ArrayList<>();
        for (Node node : program.nodes()) {
            if (node.op() instanceof TensorOp.Param(String name, var type)) {
                checkpoint.find(name).ifPresentOrElse(tensor -> parameters.put(name, tensor), () -> lacking.add(name));
            }
        }
        head.ifPresent(wanted -> checkpoint.checkHead(wanted, lacking, ignoreUnused));
        // What is in an artifact was taken when it was compiled, and what was folded then is beside it.
        if (!ignoreUnused && !Artifact.is(weights.origin())) {
            checkpoint.checkUnused(head);
        }
        FiniteWeights.checkSmall(weights, parameters);
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
            return new Checkpoint(weights, config).hasMaskDecoder();
        }
    }

    boolean hasMaskDecoder() {
        return !config.positionBiasedInput() && find(ENCODER + POSITIONS).isPresent();
    }

    /** The parameter of that name, if the checkpoint holds it under a name and in a layout that are understood. */
    Optional<Tensor> find(String name) {
        return stored(name).or(() -> projections.find(this::stored, weights.origin(), name));
    }

    private Optional<Tensor> stored(String name) {
        for (String alias : storedNames(name)) {
            Optional<Tensor> tensor = weights.find(alias);
            if (tensor.isPresent()) {
                if (!tensor.get().dtype().isFloat()) {
                    // Quantised weights are whole numbers whose meaning stands in other tensors.
                    throw new WeightsException(
                            weights.source(alias),
                            "tensor '" + alias + "' has dtype " + weights.type(alias)
                                    + ", and a parameter is a floating-point number: quantised weights are not supported");
                }
                taken.add(alias);
                return tensor;
            }
        }
        return Optional.empty();
    }

    private List<String> storedNames(String name) {
        return name.startsWith(ENCODER)
                ? List.of(encoderPrefix + name.substring(ENCODER.length()))
                : aliases(name).stream().map(alias -> headPrefix + alias).toList();
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

    private void checkHead(Architecture head, List<String> lacking, boolean ignoreUnused) {
        List<String> ofHead =
                lacking.stream().filter(n -> !n.startsWith(ENCODER)).toList();
        if (!ofHead.isEmpty()) {
            Set<Architecture> held = CheckpointHeads.in(weights, config);
            throw new HeadException(
                    weights.origin(),
                    "lacks " + ofHead.size() + (ofHead.size() == 1 ? " parameter: " : " parameters: ")
                            + String.join(", ", ofHead) + ", which " + head.text() + " needs; "
                            + (held.isEmpty()
                                    ? "it holds the encoder alone: choose another checkpoint"
                                    : "it holds " + CheckpointHeads.names(held)
                                            + ": choose a head that it was trained for, or another checkpoint"));
        }
        checkLabels(head);
        boolean pooled = head == Architecture.TOKEN_CLASSIFICATION
                && weights.contains(headPrefix + "pooler.dense.weight")
                && config.architecture().filter(own -> own == head).isEmpty();
        if (pooled && !ignoreUnused) {
            throw new HeadException(
                    weights.origin(),
                    "has pooler.dense.weight, so its classifier is one of sequence-classification and not of "
                            + head.text() + ": choose another model, or pass --ignore-unused");
        }
    }

    /** A number of labels that the file and the checkpoint do not agree on is nothing that shapes explain. */
    private void checkLabels(Architecture head) {
        boolean byLabel = head == Architecture.SEQUENCE_CLASSIFICATION || head == Architecture.TOKEN_CLASSIFICATION;
        Optional<Tensor> classifier = weights.find(headPrefix + "classifier.weight");
        if (!byLabel || classifier.isEmpty() || classifier.get().rank() != 2) {
            return;
        }
        long rows = classifier.get().dim(0);
        if (rows != config.numLabels()) {
            throw new HeadException(
                    weights.origin(),
                    "classifier.weight has " + rows + (rows == 1 ? " row" : " rows") + ", one for each label, and "
                            + config.file() + (config.labelCount().isPresent() ? " names " : " means ")
                            + config.numLabels()
                            + (config.labelCount().isPresent()
                                    ? " in id2label or num_labels: correct them there"
                                    : " as it has neither id2label nor num_labels: add one of them"));
        }
    }

    private void checkUnused(Optional<Architecture> head) {
        List<String> unused = new UnusedTensors(config, encoderPrefix, headPrefix, taken).of(weights, head);
        if (!unused.isEmpty()) {
            throw new WeightsException(
                    weights.origin(),
                    "holds " + unused.getFirst()
                            + (unused.size() == 1 ? "" : " and " + (unused.size() - 1) + " more tensors")
                            + " of the model that no parameter takes"
                            + UnusedTensors.reason(config, encoderPrefix, unused)
                            + "; --ignore-unused passes over them");
        }
    }
}
