package detangle.train.optimizer;

import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.Node;
import detangle.ir.UnaryFunction;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * microsoft's optimizer for DeBERTa (DeBERTa/optims/xadam.py): Adam without bias correction, as BERT was trained with.
 *
 * <pre>
 * m = beta1 m + (1 - beta1) g
 * v = beta2 v + (1 - beta2) g^2          or, for {@link Form#ADMAX}, max(beta2 v, |g|)
 * u = m / (sqrt(v) + epsilon)            or m / (v + epsilon)
 * p = p - rate (u + decay p)
 * </pre>
 *
 * @param radam whether the rate is corrected by the variance of v (Liu et al. 2020). For the first updates the variance
 *     is unknown and the rate is 0, so that only m and v change
 * @param lookahead the number of updates after which parameters go back towards their earlier values (Zhang et al.
 *     2019); 0 for never
 * @param lookaheadShare the share of the distance that they keep: 1 leaves them unchanged
 */
public record XAdam(
        double beta1, double beta2, double epsilon, Form form, boolean radam, long lookahead, double lookaheadShare)
        implements Optimizer {
    /** The defaults of microsoft's options. */
    public static final XAdam DEFAULT = new XAdam(0.9, 0.999, 1e-6, Form.ADAM, false, 0, 0.5);

    private static final String SLOW = "slow";
    private static final String SYNCHRONISES = "lookahead";

    /** The forms of v. */
    public enum Form {
        ADAM,
        ADMAX
    }

    /** @throws OptimizerException if a number is outside its range */
    public XAdam {
        Adam.check(beta1, beta2, epsilon);
        if (lookahead < 0 || !(lookaheadShare >= 0 && lookaheadShare <= 1)) {
            throw new OptimizerException("lookahead_k is " + lookahead + " and lookahead_alpha is " + lookaheadShare
                    + ": the one must be 0 or more, the other between 0 and 1");
        }
    }

    @Override
    public String name() {
        return radam ? "radam" : form == Form.ADMAX ? "admax" : "xadam";
    }

    @Override
    public List<State> states() {
        List<State> states = new ArrayList<>(List.of(new State(Adam.M, Start.ZEROS), new State(Adam.V, Start.ZEROS)));
        if (lookahead > 0) {
            states.add(new State(SLOW, Start.PARAMETER));
        }
        return states;
    }

    @Override
    public SequencedMap<String, Double> scalars(long step, double rate) {
        SequencedMap<String, Double> scalars = new LinkedHashMap<>();
        scalars.put(Adam.RATE, radam ? rate * rectification(step + 1) : rate);
        if (lookahead > 0) {
            scalars.put(SYNCHRONISES, (step + 1) % lookahead == 0 ? 1.0 : 0.0);
        }
        return scalars;
    }

    /** Returns the factor by which RAdam corrects the rate of update t, counted from 1. */
    private double rectification(long t) {
        double maxLength = 2 / (1 - beta2) - 1;
        double power = Math.pow(beta2, t);
        double length = maxLength - 2 * t * power / (1 - power);
        if (length <= 4) {
            return 0;
        }
        double variance = (length - 4) * (length - 2) * maxLength / ((maxLength - 4) * (maxLength - 2) * length);
        return Math.sqrt(1 - power) / (1 - Math.pow(beta1, t)) * Math.sqrt(variance);
    }

    @Override
    public Updated update(Builder b, Values values, ParameterGroup group) {
        Node p = values.parameter();
        Node m = Adam.average(b, beta1, values.state(Adam.M), values.gradient());
        Node v = second(b, values.state(Adam.V), values.gradient());
        SequencedMap<String, Node> states = Adam.states(m, v);
        Node root = form == Form.ADAM ? Adam.root(b, v) : v;
        Node u = b.div(m, b.add(root, Adam.constant(b, p, epsilon)));
        if (group.weightDecay() > 0) {
            u = b.add(u, b.mul(Adam.constant(b, p, group.weightDecay()), p));
        }
        Node fast = b.sub(p, b.mul(Adam.times(b, values.scalar(Adam.RATE), group.rateFactor()), u));
        if (lookahead == 0) {
            return new Updated(fast, states);
        }
        Node synchronises = b.compare(Comparison.NE, values.scalar(SYNCHRONISES), Adam.constant(b, p, 0));
        Node slow = values.state(SLOW);
        Node moved = b.add(slow, b.mul(Adam.constant(b, p, lookaheadShare), b.sub(fast, slow)));
        states.put(SLOW, b.select(synchronises, moved, slow));
        return new Updated(b.select(synchronises, moved, fast), states);
    }

    private Node second(Builder b, Node v, Node gradient) {
        return switch (form) {
            case ADAM -> Adam.averageOfSquares(b, beta2, v, gradient);
            case ADMAX -> b.max(b.mul(Adam.constant(b, v, beta2), v), b.unary(UnaryFunction.ABS, gradient));
        };
    }
}
