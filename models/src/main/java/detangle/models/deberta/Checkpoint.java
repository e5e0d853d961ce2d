package detangle.models.deberta;

import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.models.weights.Artifact;
import detangle.models.weights.FiniteWeights;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The parameters of a checkpoint under the names that {@link DebertaModel} gives them, which are HuggingFace's. Also
 * understood are the bare encoder, encoders under another name, the masked-LM head under its older, its newer and
 * microsoft's names, and attention projections in the layout of v1 where those of v2 are wanted, and the reverse.
 */
public final class Checkpoint {
    private static final String ENCODER = EncoderPrefix.PUBLISHED;

    /** The parameter of absolute positions. */
    static final String ABSOLUTE_POSITIONS = ENCODER + "embeddings.position_embeddings.weight";

    private static final String LAYERS = "encoder.layer.";
    private static final String FIRST_LAYER = ENCODER + LAYERS + "0.";
    private static final String RELATIVE = ENCODER + "encoder.rel_embeddings.weight";
    private static final String LEGACY_HEAD = "cls.predictions.";
    private static final String HEAD = "lm_predictions.lm_head.";
    private static final String NORM = "LayerNorm.";
    private static final int NAMED_TENSORS = 4;

    private final Weights weights;
    private final DebertaConfig config;
    private final ProjectionLayouts projections;
    private final ConfigHints hints;
    private final String encoderPrefix;
    private final String headPrefix;
    private final Set<String> taken = new HashSet<>();

    Checkpoint(Weights weights, DebertaConfig config) {
        this.weights = weights;
        this.config = config;
        this.projections = new ProjectionLayouts(config);
        this.hints = new ConfigHints(config);
        this.encoderPrefix = EncoderPrefix.of(weights);
        this.headPrefix = EncoderPrefix.ofHeads(encoderPrefix);
    }

    /**
     * Returns what weights call a parameter, or would call it if they held it; that of an encoder begins with {@code
     * deberta.}.
     */
    public static UnaryOperator<String> names(Weights weights) {
        String encoder = EncoderPrefix.of(weights);
        String heads = EncoderPrefix.ofHeads(encoder);
        return name -> name.startsWith(ENCODER) ? encoder + name.substring(ENCODER.length()) : heads + name;
    }

    /**
     * Compares all sizes of the encoder with what a checkpoint holds; to be called before a program of these sizes is
     * built. It takes a program of one layer, as layers are alike, so that no configuration makes more work than the
     * checkpoint is worth.
     *
     * @throws ConfigException if there are fewer layers in the checkpoint
     * @throws WeightsException if a parameter of the encoder is lacking or of another shape
     */
    public static void checkSizes(Weights weights, DebertaConfig config) {
        int held = EncoderPrefix.layers(EncoderPrefix.of(weights), weights.names());
        if (held > 0 && held < config.numHiddenLayers()) {
            throw new ConfigException(
                    config.file(),
                    "says " + config.numHiddenLayers() + " layers (num_hidden_layers), and the checkpoint "
                            + weights.origin() + " has " + held);
        }
        new Checkpoint(weights, config).checkEncoder();
        // What was folded when an artifact was compiled is called after the layers that it was made of.
        if (!Artifact.is(weights.origin())) {
            EncoderPrefix.warnOfOthers(weights);
        }
    }

    private void checkEncoder() {
        SequencedMap<String, TensorType> one = parametersOfOneLayer();
        SequencedMap<String, Shape> found = new LinkedHashMap<>();
        List<String> lacking = new ArrayList<>();
        Map<String, Set<String>> sources = new HashMap<>();
        one.keySet().forEach(name -> sources.put(name, look(name, found, lacking)));
        for (int layer = 1; layer < config.numHiddenLayers(); layer++) {
            for (String first : one.keySet()) {
                // Tensors of the same names and shapes need no second look, so that nothing is made of them twice.
                if (first.startsWith(FIRST_LAYER) && !areAlike(sources.get(first), layer)) {
                    look(ofLayer(first, layer), found, lacking);
                }
            }
        }
        checkEncoder(lacking);
        found.forEach((name, shape) -> checkShape(name, shape, one.get(ofLayer(name, 0))));
    }

    private SequencedMap<String, TensorType> parametersOfOneLayer() {
        ModelOptions options = ModelOptions.DEFAULT.withHiddenStates(false);
        SequencedMap<String, TensorType> parameters = new LinkedHashMap<>();
        for (Node node : DebertaModel.build(config.withLayers(1), Architecture.ENCODER, options)
                .nodes()) {
            if (node.op() instanceof TensorOp.Param(String name, TensorType type)) {
                parameters.put(name, type);
            }
        }
        return parameters;
    }

    /**
     * Returns the tensors that a parameter is made of; none if they are lacking. What is stored as it is needed is not
     * read for it.
     */
    private Set<String> look(String name, Map<String, Shape> found, List<String> lacking) {
        Optional<String> stored = storedAsParameter(name);
        if (stored.isPresent()) {
            found.put(name, Shape.of(weights.shape(stored.get())));
            return Set.of(stored.get());
        }
        taken.clear();
        find(name).ifPresentOrElse(tensor -> found.put(name, tensor.type().shape()), () -> lacking.add(name));
        return Set.copyOf(taken);
    }

    /** Returns whether a layer has what the first one has. */
    private boolean areAlike(Set<String> firsts, int layer) {
        return !firsts.isEmpty()
                && firsts.stream().allMatch(first -> {
                    String other = ofLayer(first, layer);
                    return weights.contains(other)
                            && weights.isReadable(other)
                            && Arrays.equals(weights.shape(first), weights.shape(other));
                });
    }

    /**
     * Returns the same tensor of another layer; what belongs to no layer stays as it is. Every parameter of every layer
     * comes here.
     */
    private static String ofLayer(String name, int layer) {
        int at = name.lastIndexOf(LAYERS);
        if (at < 0) {
            return name;
        }
        int number = at + LAYERS.length();
        return name.substring(0, number) + layer + name.substring(name.indexOf('.', number));
    }

    /**
     * Checks a folder or an artifact as {@link #checkSizes(Weights, DebertaConfig)} does. A model without weights is
     * not checked.
     */
    public static void checkSizes(Path model, DebertaConfig config) {
        if (Weights.existIn(model)) {
            try (Weights weights = Weights.open(model)) {
                checkSizes(weights, config);
            }
        }
    }

    /**
     * Returns the parameters of a program, as the checkpoint holds them. Those of a head of one's own that it lacks are
     * left out.
     *
     * @param head the published head of the program; empty for one of one's own
     * @param ignoreUnused whether tensors of the encoder and of the head may be left over
     * @throws HeadException if the checkpoint does not hold the head
     * @throws WeightsException if a parameter of the encoder is lacking or of another shape, a tensor is left over, a
     *     small one is not of finite numbers, or the layout of a projection cannot be turned into the one that is
     *     needed
     */
    public static Map<String, Tensor> parameters(
            Weights weights, DebertaConfig config, Program program, Optional<Architecture> head, boolean ignoreUnused) {
        Checkpoint checkpoint = new Checkpoint(weights, config);
        Map<String, Tensor> parameters = new TreeMap<>();
        List<String> lacking = new ArrayList<>();
        SequencedMap<String, TensorType> needed = new LinkedHashMap<>();
        Map<String, Shape> others = new HashMap<>();
        for (Node node : program.nodes()) {
            if (node.op() instanceof TensorOp.Param(String name, TensorType type)) {
                needed.put(name, type);
                Optional<Shape> other = checkpoint.otherShape(name, type);
                if (other.isPresent()) {
                    others.put(name, other.get());
                    continue;
                }
                checkpoint.find(name).ifPresentOrElse(tensor -> parameters.put(name, tensor), () -> lacking.add(name));
            }
        }
        checkpoint.checkEncoder(lacking);
        head.ifPresent(wanted -> checkpoint.checkHead(wanted, lacking, ignoreUnused));
        // What is in an artifact was taken when it was compiled, and what was folded then is beside it.
        if (!ignoreUnused && !Artifact.is(weights.origin())) {
            checkpoint.checkUnused(head);
        }
        needed.forEach((name, type) -> Optional.ofNullable(parameters.get(name))
                .map(tensor -> tensor.type().shape())
                .or(() -> Optional.ofNullable(others.get(name)))
                .ifPresent(shape -> checkpoint.checkShape(name, shape, type)));
        FiniteWeights.checkSmall(weights, parameters);
        // Infinity in a row of positions may make a probability 0, which no answer shows; the table is small.
        Optional.ofNullable(parameters.get(RELATIVE))
                .ifPresent(table -> FiniteWeights.check(weights, Map.of(RELATIVE, table)));
        return parameters;
    }

    /**
     * Returns whether a folder's model has been trained with the enhanced mask decoder: it has absolute positions, and
     * its input does without them.
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
        return !config.positionBiasedInput() && shape(ABSOLUTE_POSITIONS).isPresent();
    }

    /** Returns the sizes of a parameter, if the checkpoint holds it as it is; none of its elements is read. */
    Optional<long[]> shape(String name) {
        return storedNames(name).stream().filter(weights::contains).findFirst().map(weights::shape);
    }

    /**
     * Returns the parameter of that name, if the checkpoint holds it under a name and in a layout that are understood.
     */
    Optional<Tensor> find(String name) {
        return stored(name).or(() -> projections.find(this::stored, weights.origin(), name));
    }

    private Optional<Tensor> stored(String name) {
        for (String alias : storedNames(name)) {
            if (weights.contains(alias)) {
                if (weights.isReadable(alias) && !weights.isFloat(alias)) {
                    // Quantised weights are whole numbers whose meaning stands in other tensors.
                    throw new WeightsException(
                            weights.source(alias),
                            "tensor '" + alias + "' has dtype " + weights.type(alias)
                                    + ", and a parameter is a floating-point number: quantised weights are not"
                                    + " supported");
                }
                taken.add(alias);
                return Optional.of(weights.get(alias));
            }
        }
        return Optional.empty();
    }

    private List<String> storedNames(String name) {
        Stream<String> names = name.startsWith(ENCODER)
                ? Stream.of(encoderPrefix + name.substring(ENCODER.length()))
                : aliases(name).stream().map(alias -> headPrefix + alias);
        return names.flatMap(n -> Stream.of(n, olderNorm(n))).distinct().toList();
    }

    /** Returns what old TensorFlow code calls a norm's weight and bias. */
    private static String olderNorm(String name) {
        if (name.endsWith(NORM + "weight")) {
            return name.substring(0, name.length() - "weight".length()) + "gamma";
        }
        return name.endsWith(NORM + "bias") ? name.substring(0, name.length() - "bias".length()) + "beta" : name;
    }

    /**
     * Returns the name that HuggingFace's older masked LM has for a parameter of microsoft's head; other names stay as
     * they are.
     */
    static String legacyName(String name) {
        String rest = name.startsWith(HEAD) ? name.substring(HEAD.length()) : "";
        return rest.isEmpty() ? name : LEGACY_HEAD + (rest.equals("bias") ? rest : "transform." + rest);
    }

    private static List<String> aliases(String name) {
        if (name.startsWith(HEAD)) {
            return List.of(name, legacyName(name));
        }
        if (name.startsWith(LEGACY_HEAD)) {
            String rest = name.substring(LEGACY_HEAD.length());
            return List.of(name, HEAD + rest.replaceFirst("^transform\\.", ""));
        }
        return List.of(name);
    }

    /** Returns whether a parameter of that name is one of the encoder, and not of a head. */
    static boolean isOfEncoder(String name) {
        return name.startsWith(ENCODER);
    }

    void checkEncoder(List<String> lacking) {
        List<String> names = lacking.stream().filter(Checkpoint::isOfEncoder).toList();
        if (!names.isEmpty()) {
            int shown = Math.min(NAMED_TENSORS, names.size());
            throw new WeightsException(
                    weights.origin(),
                    "lacks " + names.size() + (names.size() == 1 ? " parameter: " : " parameters: ")
                            + String.join(", ", names.subList(0, shown))
                            + (names.size() > shown ? " and " + (names.size() - shown) + " more" : "") + ", which "
                            + config.file() + " asks for"
                            + hints.ofPresence(names)
                                    .map(field -> " by its " + field + ": correct that field")
                                    .orElse(": correct it")
                            + ", or choose the weights that belong to it");
        }
    }

    /**
     * Returns the name under which a parameter is stored as it is; other types than those of parameters are refused
     * when they are read.
     */
    private Optional<String> storedAsParameter(String name) {
        return storedNames(name).stream()
                .filter(weights::contains)
                .findFirst()
                .filter(alias -> weights.isReadable(alias) && weights.isFloat(alias));
    }

    /**
     * Returns the shape of a parameter that is stored in another than it should have: its elements, of any number, are
     * not read.
     */
    Optional<Shape> otherShape(String name, TensorType type) {
        Optional<String> stored = storedAsParameter(name);
        Optional<Shape> other =
                stored.map(alias -> Shape.of(weights.shape(alias))).filter(shape -> !shape.equals(type.shape()));
        other.ifPresent(shape -> taken.add(stored.get()));
        return other;
    }

    void checkShape(String name, Shape stored, TensorType type) {
        if (stored.equals(type.shape())) {
            return;
        }
        int axis = 0;
        while (axis < Math.min(stored.rank(), type.rank()) && stored.dim(axis).equals(type.dim(axis))) {
            axis++;
        }
        throw new WeightsException(
                weights.origin(),
                "the parameter " + name + " has shape " + stored + ", and " + config.file()
                        + " asks for "
                        + type.shape()
                        + (stored.rank() == type.rank() ? hints.ofSize(name, axis) : Optional.<String>empty())
                                .map(field -> " by its " + field + ": correct that field")
                                .orElse(": correct it")
                        + ", or choose the weights that belong to it");
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
        String classifier = headPrefix + "classifier.weight";
        if (!byLabel || !weights.contains(classifier) || weights.shape(classifier).length != 2) {
            return;
        }
        long rows = weights.shape(classifier)[0];
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

    void checkUnused(Optional<Architecture> head) {
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
