package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Idioms;
import detangle.ir.Node;
import detangle.ir.Program.Output;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Writes SiFT in primitives, after microsoft's sift/sift.py. x' is the normalised input of the embeddings' LayerNorm, t
 * are the answers that follow from it, and f is the model from x' on:
 *
 * <pre>
 * d0   = noise, clipped to two deviations
 * g    = gradient of the distance of f(x' + d0) and t, with respect to d0
 * d    = d0 + learning rate * g / (1e-6 + the largest element of |g| of the token)
 * loss = loss of the task + lambda * distance of f(x' + d) and t
 * </pre>
 *
 * The gradient of the last line reaches the embeddings through t alone. The perturbation stays d0 if g is not finite.
 */
final class SiftModel {
    /** The term under the root of the normalisation, which keeps it from dividing by 0. */
    private static final double NORM_EPSILON = 1e-7;

    /** A number that is added to the largest element of a token's gradient, so that the step never divides by 0. */
    private static final double GRADIENT_EPSILON = 1e-6;

    /** The number of standard deviations to which noise is clipped. */
    private static final double CLIP_DEVIATIONS = 2;

    private final Builder b = new Builder();
    private final SiftOptions options;
    private final SiftNoise noise;
    private final boolean ofNumbers;
    private Optional<Node> embeddings = Optional.empty();

    /**
     * Makes a model that is perturbed.
     *
     * @throws LossException if answers of this head cannot be compared
     */
    SiftModel(SiftOptions options, SiftNoise noise, Architecture head, DebertaConfig config) {
        boolean ofRows = head == Architecture.MULTIPLE_CHOICE
                || head == Architecture.SEQUENCE_CLASSIFICATION
                        && config.problemType() != ProblemType.MULTI_LABEL_CLASSIFICATION;
        if (!ofRows) {
            String what = head == Architecture.SEQUENCE_CLASSIFICATION ? "of several labels at once" : head.text();
            throw new LossException("SiFT (vat_lambda) compares one distribution or number of each text, and " + what
                    + " has a loss of its own: leave it out");
        }
        this.options = options;
        this.noise = noise;
        this.ofNumbers = head == Architecture.SEQUENCE_CLASSIFICATION && config.problemType() == ProblemType.REGRESSION;
        boolean ofDistributions =
                options.lossFunction().filter(f -> f != SiftLossFunction.MSE).isPresent();
        if (ofNumbers && !options.softmaxOverBatch() && ofDistributions) {
            throw new LossException(
                    "vat_loss_fn is " + options.lossFunction().get().text()
                            + ", which compares distributions, and regression gives numbers: take mse, or the"
                            + " softmax over the"
                            + " batch of microsoft's recipe");
        }
    }

    /** Returns the normalised input of the embeddings' LayerNorm, before any perturbation. */
    Node normalised(Node sum) {
        Idioms.Normal normal = new Idioms(b).normal(sum, b.constant(DType.F32, NORM_EPSILON));
        embeddings = Optional.of(b.mul(normal.centred(), normal.scale()));
        return embeddings.get();
    }

    /**
     * Returns the loss with its adversarial part first, and then the outputs that {@link SiftNames} names.
     *
     * @param task the loss of the task, {@code f32[]}
     * @param answers the logits t
     * @param perturbed makes the logits of a model with other normalised embeddings, f
     * @param divisor the number by which the sum of the rows' losses is divided; empty for the number of rows
     */
    List<Output> outputs(Node task, Node answers, Function<Node, Node> perturbed, Optional<Node> divisor) {
        Node fixed = b.stopGradient(embeddings.orElseThrow());
        Shape shape = fixed.shape();
        TensorType type = new TensorType(DType.F32, shape);
        double maxNoise = CLIP_DEVIATIONS * options.initPerturbation();
        Node clipped = b.clamp(noise.draw(b, shape, options.initPerturbation()), -maxNoise, maxNoise);
        Node start = b.input(SiftNames.NOISE, type);
        Node inner = inner(perturbed.apply(b.add(fixed, start)), b.stopGradient(answers));
        Node gradient = b.input(SiftNames.GRADIENT, type);
        Node perturbation = b.stopGradient(b.add(start, step(gradient)));
        Node adversarial = adversarial(perturbed.apply(b.add(fixed, perturbation)), answers, divisor);
        return List.of(
                new Output(HeadLosses.LOSS, b.add(task, b.mul(adversarial, b.constant(DType.F32, options.lambda())))),
                new Output(SiftNames.INNER_LOSS, inner),
                new Output(SiftNames.NOISE, clipped),
                new Output(SiftNames.GRADIENT, gradient),
                new Output(SiftNames.ADVERSARIAL_LOSS, adversarial),
                new Output(SiftNames.TASK_LOSS, task),
                new Output(SiftNames.EMBEDDINGS, fixed),
                new Output(SiftNames.PERTURBATION, perturbation));
    }

    /**
     * Returns the step that makes the inner loss larger, of the same length for each token; 0 if the gradient is not
     * finite.
     */
    private Node step(Node gradient) {
        Node largest = b.reduce(ReduceFunction.MAX, b.unary(UnaryFunction.ABS, gradient), -1);
        Node direction = b.div(gradient, b.add(largest, b.constant(DType.F32, GRADIENT_EPSILON)));
        Node infinity = b.constant(DType.F32, Double.POSITIVE_INFINITY);
        Node isFinite = b.compare(Comparison.LT, new Idioms(b).sumOfSquares(gradient), infinity);
        Node zero = b.constant(DType.F32, 0);
        return b.select(isFinite, b.mul(direction, b.constant(DType.F32, options.learningRate())), zero);
    }

    private Node inner(Node logits, Node clean) {
        SiftLossFunction function =
                options.lossFunction().orElse(squares() ? SiftLossFunction.MSE : SiftLossFunction.SYMMETRIC_KL);
        return switch (function) {
            case SYMMETRIC_KL -> Losses.sum(b, Losses.symmetricKl(b, rows(logits), rows(clean)));
            case KL -> Losses.sum(b, Losses.kl(b, rows(logits), rows(clean)));
            case MSE -> Losses.mean(b, Losses.squaredErrors(b, logits, clean));
        };
    }

    /** Returns whether answers are numbers, whose squared differences are taken. */
    private boolean squares() {
        return ofNumbers && !options.softmaxOverBatch();
    }

    /** Returns the mean distance of all rows, whatever their labels are. */
    private Node adversarial(Node logits, Node clean, Optional<Node> divisor) {
        if (divisor.isEmpty()) {
            return squares()
                    ? Losses.mean(b, Losses.squaredErrors(b, logits, clean))
                    : Losses.mean(b, Losses.symmetricKl(b, rows(logits), rows(clean)));
        }
        if (ofNumbers && !squares()) {
            throw new LossException("a softmax over the batch has no loss for each row, which a loss divisor needs:"
                    + " leave one of them out");
        }
        Node losses = squares() ? Losses.squaredErrors(b, logits, clean) : Losses.symmetricKl(b, logits, clean);
        return b.div(Losses.sum(b, losses), divisor.get());
    }

    /** Returns logits whose rows are distributions. */
    private Node rows(Node logits) {
        return ofNumbers ? b.reshape(logits, Shape.of(Dim.of(1), logits.shape().elements())) : logits;
    }
}
