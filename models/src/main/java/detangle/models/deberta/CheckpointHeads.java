package detangle.models.deberta;

import detangle.models.weights.Weights;
import java.nio.file.Path;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The published heads in a checkpoint, found by the names of its tensors. Who runs a model says which head is wanted,
 * and the tensors say whether it can be had; {@code architectures} in config.json chooses only where nobody says
 * anything.
 */
public final class CheckpointHeads {
    /**
     * Heads that pre-training leaves behind; the released encoders and many a checkpoint that was trained further have
     * them.
     */
    private static final Set<Architecture> PRE_TRAINING =
            EnumSet.of(Architecture.MASKED_LM, Architecture.MASKED_LM_EMD, Architecture.REPLACED_TOKEN_DETECTION);

    private CheckpointHeads() {}

    /** Returns the heads whose parameters a checkpoint holds, without the encoder, which is in every one. */
    public static Set<Architecture> in(Weights weights, DebertaConfig config) {
        Checkpoint checkpoint = new Checkpoint(weights, config);
        Set<Architecture> heads = EnumSet.noneOf(Architecture.class);
        Optional<long[]> classifier = checkpoint.shape("classifier.weight");
        boolean pooler = checkpoint.shape("pooler.dense.weight").isPresent();
        if (classifier.isPresent() && pooler) {
            // Multiple choice scores each choice with one row, whatever the configuration says of labels.
            boolean oneRow = classifier.get().length == 2 && classifier.get()[0] == 1;
            boolean oneLabel = config.labelCount().filter(n -> n == 1).isPresent();
            heads.add(oneRow && !oneLabel ? Architecture.MULTIPLE_CHOICE : Architecture.SEQUENCE_CLASSIFICATION);
        } else if (classifier.isPresent()) {
            heads.add(Architecture.TOKEN_CLASSIFICATION);
        }
        if (checkpoint.shape("qa_outputs.weight").isPresent()) {
            heads.add(Architecture.QUESTION_ANSWERING);
        }
        if (checkpoint.shape("lm_predictions.lm_head.dense.weight").isPresent()) {
            heads.add(checkpoint.hasMaskDecoder() ? Architecture.MASKED_LM_EMD : Architecture.MASKED_LM);
        }
        if (checkpoint.shape("mask_predictions.dense.weight").isPresent()) {
            heads.add(Architecture.REPLACED_TOKEN_DETECTION);
        }
        return heads;
    }

    /**
     * Returns the heads of a folder or an artifact, as {@link #in(Weights, DebertaConfig)} does; none if it has no
     * weights.
     */
    public static Set<Architecture> in(Path model) {
        if (!Weights.existIn(model)) {
            return EnumSet.noneOf(Architecture.class);
        }
        try (Weights weights = Weights.openAhead(model)) {
            return in(weights, DebertaConfig.read(model));
        }
    }

    /**
     * Returns the head of a model that nobody has named one for: what config.json names, if it is understood, and
     * otherwise what the checkpoint holds for a task. Without any it is the encoder, whatever pre-training has left, as
     * in transformers' AutoModel.
     *
     * @throws HeadException if the checkpoint holds heads of several tasks
     */
    public static Architecture choose(Weights weights, DebertaConfig config) {
        return config.architecture().orElseGet(() -> only(weights.origin(), in(weights, config)));
    }

    /**
     * Chooses the head of a folder or an artifact, as {@link #choose(Weights, DebertaConfig)} does; the encoder where
     * there are no weights.
     *
     * @param weights the file of the weights, if it is not the model's own
     */
    public static Architecture choose(Path model, Optional<Path> weights, DebertaConfig config) {
        if (config.architecture().isPresent() || weights.isEmpty() && !Weights.existIn(model)) {
            return config.architecture().orElse(Architecture.ENCODER);
        }
        try (Weights opened = Weights.openAhead(weights.orElse(model))) {
            return choose(opened, config);
        }
    }

    private static Architecture only(Path file, Set<Architecture> heads) {
        List<Architecture> ofTasks =
                heads.stream().filter(h -> !PRE_TRAINING.contains(h)).toList();
        return switch (ofTasks.size()) {
            case 0 -> Architecture.ENCODER;
            case 1 -> ofTasks.getFirst();
            default ->
                throw new HeadException(
                        file,
                        "has the heads " + names(ofTasks)
                                + ", and config.json does not say in architectures which is meant: choose one of them, or encoder, with --head");
        };
    }

    /** {@code masked-lm, replaced-token-detection}. */
    static String names(Collection<Architecture> heads) {
        return heads.stream().map(Architecture::text).collect(Collectors.joining(", "));
    }
}
