package detangle.train.optimizer;

import detangle.ir.Builder;
import detangle.ir.Node;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019), as torch.optim.AdamW computes it. With t updates done,
 * this one included:
 *
 * <pre>
 * m = beta1 m + (1 - beta1) g
 * v = beta2 v + (1 - beta2) g^2
 * p = p - rate decay p - rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
 * </pre>
 *
 * @param amsgrad whether the largest v so far takes the place of v in the last line
 */
public record AdamW(double beta1, double beta2, double epsilon, boolean amsgrad) implements Optimizer {
    /** The defaults of HuggingFace's Trainer. */
    public static final AdamW DEFAULT = new AdamW(0.9, 0.999, 1e-8, false);

    private static final String MAXIMA = "v_max";
    private static final String STEP_SIZE = "step_size";
    private static final String ROOT_SCALE = "root_scale";

    /** @throws OptimizerException if a number is outside its range */
    public AdamW {
        Adam.check(beta1, beta2, epsilon);
    }

    @Override
    public String name() {
        return "adamw_torch";
    }

    @Override
    public List<State> states() {
        List<State> states = new ArrayList<>(List.of(new State(Adam.M, Start.ZEROS), new State(Adam.V, Start.ZEROS)));
        if (amsgrad) {
            states.add(new State(MAXIMA, Start.ZEROS));
        }
        return states;
    }

    @Override
    public SequencedMap<String, Double> scalars(long step, double rate) {
        SequencedMap<String, Double> scalars = new LinkedHashMap<>();
        scalars.put(Adam.RATE, rate);
        scalars.put(STEP_SIZE, rate / (1 - Math.pow(beta1, step + 1)));
        scalars.put(ROOT_SCALE, 1 / Math.sqrt(1 - Math.pow(beta2, step + 1)));
        return scalars;
    }

    @Override
    public Updated update(Builder b, Values values, ParameterGroup group) {
        Node p = values.parameter();
        Node m = Adam.average(b, beta1, values.state(Adam.M), values.gradient());
        Node v = Adam.averageOfSquares(b, beta2, values.state(Adam.V), values.gradient());
        SequencedMap<String, Node> states = Adam.states(m, v);
        Node most = v;
        if (amsgrad) {
            most = b.max(values.state(MAXIMA), v);
            states.put(MAXIMA, most);
        }
        Node root = b.add(b.mul(Adam.root(b, most), values.scalar(ROOT_SCALE)), Adam.constant(b, p, epsilon));
        Node step = b.mul(Adam.times(b, values.scalar(STEP_SIZE), group.rateFactor()), b.div(m, root));
        double decay = group.rateFactor() * group.weightDecay();
        Node kept = decay == 0 ? p : b.sub(p, b.mul(Adam.times(b, values.scalar(Adam.RATE), decay), p));
        return new Updated(b.sub(kept, step), states);
    }
}
