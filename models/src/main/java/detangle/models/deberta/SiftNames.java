package detangle.models.deberta;

/**
 * Names the inputs and outputs that a program has because of SiFT. Two of its inputs stand for values that a gradient
 * gives. The code that differentiates the program puts these values in their place, so nobody gives them at a run.
 */
public final class SiftNames {
    /**
     * An input, {@code f32[B,S,H]}, that stands for the output of the same name: the noise at which the step begins.
     * The gradient of {@link #INNER_LOSS} is taken with respect to this input.
     */
    public static final String NOISE = "sift_noise";

    /**
     * An input, {@code f32[B,S,H]}, that stands for the gradient of {@link #INNER_LOSS} with respect to {@link #NOISE},
     * and an output that is this input.
     */
    public static final String GRADIENT = "sift_gradient";

    /** An output, {@code f32[]}: the distance between the answers under noise and the answers without. */
    public static final String INNER_LOSS = "sift_inner_loss";

    /** An output, {@code f32[]}: the distance between the answers under the perturbation and the answers without. */
    public static final String ADVERSARIAL_LOSS = "sift_adversarial_loss";

    /** An output, {@code f32[]}: the loss of the task alone. */
    public static final String TASK_LOSS = "sift_task_loss";

    /** An output, {@code f32[B,S,H]}: the normalised embeddings, which are perturbed. */
    public static final String EMBEDDINGS = "sift_embeddings";

    /** An output, {@code f32[B,S,H]}: the perturbation. */
    public static final String PERTURBATION = "sift_perturbation";

    private SiftNames() {}
}
