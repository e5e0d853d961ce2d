package detangle.models.deberta;

import detangle.ir.OneLine;
import detangle.ir.Program;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.models.weights.FiniteWeights;
import detangle.models.weights.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * The weights that a training begins with: the parameters of a checkpoint in single precision, and initial values for
 * those of the head that it lacks.
 *
 * @param parameters a tensor for each parameter of the program, by name
 * @param created the parameters that begin with initial values as the checkpoint lacks them; all of them without a
 *     checkpoint
 * @param replaced the parameters that begin with initial values as the checkpoint has them in another shape
 */
public record StartingWeights(
        SequencedMap<String, Tensor> parameters, List<String> created, SequencedMap<String, Shape> replaced) {
    public StartingWeights {
        created = List.copyOf(created);
    }

    /** Initial values for all parameters of a program: training from scratch. */
    public static StartingWeights fromScratch(Program program, InitialWeights initial) {
        SequencedMap<String, Tensor> parameters = initial.of(program);
        return new StartingWeights(parameters, List.copyOf(parameters.keySet()), new LinkedHashMap<>());
    }

    /**
     * Returns the parameters of a program, from a checkpoint as far as it holds them.
     *
     * @param head the published head of the program; empty for one of one's own
     * @param initial the values of what the checkpoint lacks of the head
     * @param ignoreMismatchedSizes whether what the checkpoint has of the head in another shape is replaced by initial
     *     values
     * @throws HeadException if the checkpoint has parameters of the head in another shape, and they are not to be
     *     replaced
     * @throws detangle.models.weights.WeightsException if a parameter of the encoder is lacking or of another shape, a
     *     tensor of the encoder is left over, a small one is not of finite numbers, or the layout of a projection
     *     cannot be turned into the one that is needed
     */
    public static StartingWeights of(
            Weights weights,
            Program program,
            Optional<Architecture> head,
            InitialWeights initial,
            boolean ignoreMismatchedSizes) {
        DebertaConfig config = initial.config();
        Checkpoint checkpoint = new Checkpoint(weights, config);
        SequencedMap<String, TensorType> types = RandomWeights.types(config, program);
        Map<String, Tensor> stored = new HashMap<>();
        List<String> lacking = new ArrayList<>();
        SequencedMap<String, Shape> replaced = new LinkedHashMap<>();
        types.forEach((name, type) -> {
            Optional<Shape> other = checkpoint.otherShape(name, type);
            if (other.isPresent() && Checkpoint.isOfEncoder(name)) {
                checkpoint.checkShape(name, other.get(), type);
            } else if (other.isPresent()) {
                replaced.put(name, other.get());
            } else {
                checkpoint.find(name).ifPresentOrElse(tensor -> stored.put(name, tensor), () -> lacking.add(name));
            }
        });
        // The positions that the enhanced mask decoder alone reads are a part of that head.
        checkpoint.checkEncoder(lacking.stream()
                .filter(name -> config.positionBiasedInput() || !name.equals(Checkpoint.ABSOLUTE_POSITIONS))
                .toList());
        if (!replaced.isEmpty() && !ignoreMismatchedSizes) {
            throw new HeadException(weights.origin(), mismatch(replaced, types));
        }
        checkpoint.checkUnused(head);
        stored.forEach(
                (name, tensor) -> checkpoint.checkShape(name, tensor.type().shape(), types.get(name)));
        FiniteWeights.checkSmall(weights, stored);
        SequencedMap<String, Tensor> parameters = new LinkedHashMap<>();
        types.forEach((name, type) -> parameters.put(
                name,
                Optional.ofNullable(stored.get(name))
                        .map(tensor -> Tensor.of(tensor.toFloats(), tensor.shape()))
                        .orElseGet(() -> initial.of(name, type))));
        return new StartingWeights(parameters, lacking, replaced);
    }

    private static String mismatch(SequencedMap<String, Shape> replaced, Map<String, TensorType> types) {
        String name = replaced.firstEntry().getKey();
        return "has " + name + " of shape " + replaced.firstEntry().getValue() + ", and this training needs "
                + types.get(name).shape()
                + ": its head was trained for other labels; pass --ignore-mismatched-sizes to begin"
                + " with a new one";
    }

    /** Returns a line for each kind of parameters that begin with initial values, to be printed before training. */
    public List<String> messages(Path checkpoint) {
        List<String> messages = new ArrayList<>();
        if (!created.isEmpty()) {
            boolean all = created.size() == parameters.size();
            messages.add(OneLine.of(
                    all
                            ? "all " + created.size() + " parameters begin with initial values"
                            : checkpoint + " has no " + String.join(", ", created)
                                    + ": they begin with initial values, and mean nothing until they are trained"));
        }
        replaced.forEach((name, shape) -> messages.add(OneLine.of(checkpoint + " has " + name + " of shape " + shape
                + " in the place of " + parameters.get(name).type().shape()
                + ": it begins with initial values, and means nothing until it is trained")));
        return messages;
    }
}
