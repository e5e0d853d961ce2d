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
 * SiFT in primitives, after microsoft's sift/sift.py. What the LayerNorm of the embeddings reads is normalised first, x'.
 * With t, the answers that follow from it, and f, the model from x' on:
 *
 * <pre>
 * d0   = noise, clipped to two deviations
 * g    = gradient of the distance of f(x' + d0) and t, with respect to d0
 * d    = d0 + learning rate * g / (1e-6 + the largest element of |g| of the token)
 * loss = loss of the task + lambda * distance of f(x' + d) and t
 * </pre>
 *
 * Nothing but t passes the gradient of the last line on to the embeddings. The perturbation stays d0 if g is not finite.
 */
final class SiftModel {
    /** The epsilon of the normalisation. */
    private static final double EPSILON = 1e-7;

    /** This is added to the largest element of a token's gradient. */
    private static final double LEAST = 1e-6;

    /** The number of deviations that noise is clipped to. */
    private static final double MOST = 2;

    private final Builder b = new Builder();
    private final SiftOptions options;
    private final SiftNoise noise;
    private final boolean ofNumbers;
    private Optional<Node> embeddings = Optional.empty();

    /** @throws LossException if answers of this head cannot be compared */
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
                            + ", which compares distributions, and regression gives numbers: take mse, or the softmax over the"
                            + " batch of microsoft's recipe");
        }
    }

    /** Normalises what the LayerNorm of the embeddings reads where nothing is perturbed. */
    Node normalised(Node sum) {
        Idioms.Normal normal = new Idioms(b).normal(sum, b.constant(DType.F32, EPSILON));
        embeddings = Optional.of(b.mul(normal.centred(), normal.scale()));
        return embeddings.get();
    }

    /**
     * Returns the loss with its adversarial part first, and then what {@link SiftNames} names.
     *
     * @param answers the logits t
     * @param perturbed makes the logits of a model with other normalised embeddings, f
     * @param divisor what losses of rows are divided by, if not their number
     */
    List<Output> outputs(Node task, Node answers, Function<Node, Node> perturbed, Optional<Node> divisor) {
        Node fixed = b.stopGradient(embeddings.orElseThrow());
        Shape shape = fixed.shape();
        TensorType type = new TensorType(DType.F32, shape);
        double most = MOST * options.initPerturbation();
        Node clipped = b.clamp(noise.draw(b, shape, options.initPerturbation()), -most, most);
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

    /** The step that makes the inner loss larger, of one length for each token; 0 if the gradient is not finite. */
    private Node step(Node gradient) {
        Node largest = b.reduce(ReduceFunction.MAX, b.unary(UnaryFunction.ABS, gradient), -1);
        Node direction = b.div(gradient, b.add(largest, b.constant(DType.F32, LEAST)));
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

    /** The mean distance of all rows, whatever their labels are. */
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

    /** Logits whose rows are distributions. */
    private Node rows(Node logits) {
        return ofNumbers ? b.reshape(logits, Shape.of(Dim.of(1), logits.shape().elements())) : logits;
    }
}
