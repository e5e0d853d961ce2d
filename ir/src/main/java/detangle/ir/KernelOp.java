package detangle.ir;

import detangle.ir.scalar.Region;
import java.util.Locale;

/**
 * The kernel level: what a backend runs as one kernel. Each operation says what it means in tensor-level primitives
 * ({@code Decomposition}), which gives its value in the interpreter, its gradient, and the fallback of a backend
 * without that kernel.
 */
public sealed interface KernelOp extends Op {
    /**
     * A fused elementwise region: scalar expressions over operands that broadcast to the shape that all results have. A
     * node is the result that its region is seen from.
     */
    record Elementwise(Region region) implements KernelOp, SeveralResults {
        @Override
        public Elementwise withFirstResult() {
            return new Elementwise(region.withResult(0));
        }
    }

    /**
     * {@code activation(x w^T + bias)}: x {@code [...,K]}, w {@code [N,K]} in any float type, bias {@code [N]} if
     * present.
     */
    record Linear(boolean bias, Activation activation) implements KernelOp {}

    /** {@code (x - mean) / sqrt(var + eps) * gamma + beta} over the last axis of x, or of x + residual if present. */
    record LayerNorm(double epsilon, boolean residual) implements KernelOp {}

    /**
     * The gradients of {@link LayerNorm}, operands in the order x, residual if present, gamma, dy: dy is the gradient
     * of its result and has the type of x. With the normalised rows {@code n = (x + residual - mean) * s}, where
     * {@code s = 1 / sqrt(var + eps)}, the results are
     *
     * <pre>
     * dx     = s * (dy gamma - mean(dy gamma) - n mean(dy gamma n))     the gradient of x, and that of the residual
     * dgamma = sum over rows of dy n                                    [H]
     * dbeta  = sum over rows of dy                                      [H]
     * </pre>
     *
     * The type of their elements is that of x.
     */
    record LayerNormGrad(double epsilon, boolean residual, Result result) implements KernelOp, SeveralResults {
        /** The gradient that a node is. */
        public enum Result {
            DX,
            DGAMMA,
            DBETA;

            /** Returns the name in the text form. */
            public String text() {
                return name().toLowerCase(Locale.ROOT);
            }
        }

        @Override
        public LayerNormGrad withFirstResult() {
            return new LayerNormGrad(epsilon, residual, Result.DX);
        }
    }

    /**
     * LayerNorm of rows of a table, zero where the mask is false: ids {@code [B,S]}, table {@code [N,H]} in any float
     * type, gamma and beta {@code [H]}, mask {@code i1[B,S,1]} if present. The result is f32 {@code [B,S,H]}.
     */
    record Embedding(double epsilon, boolean masked) implements KernelOp {}

    /** Softmax over the last axis of the places where the mask holds, 0 elsewhere; a row without any is all 0. */
    record MaskedSoftmax() implements KernelOp {}

    /**
     * The sum of the squares of all elements of x, which is f32 or f64 of any shape. The result is a scalar of its
     * type.
     */
    record SumOfSquares() implements KernelOp {}

    /**
     * Disentangled attention (He et al. 2021, DeBERTa, equations 3 and 4), operands in the order q, k, v, mask, pk if
     * c2p, pq if p2c, table if either.
     *
     * <p>q {@code [B,Q,A,d]}, k and v {@code [B,S,A,d]}; mask i1, broadcasts to {@code [B,A,Q,S]}; pk and pq
     * {@code [A,P,d]}; table {@code i32[Q+S-1]} with elements in [0,P). The result is {@code [B,Q,A,d]}:
     *
     * <pre>
     * score(i,j) = scale * (q_i.k_j + [c2p] q_i.pk[r] + [p2c] k_j.pq[r]),  r = table[i - j + S - 1]
     * out_i      = masked_softmax(score(i,.)) v
     * </pre>
     *
     * <p>With dropout the seed of its random numbers, i64[], follows as the last operand. Probabilities are dropped
     * before they meet v; those of (b,a,i,j) by the number that {@code random_uniform} has there in the shape {@code
     * [B,A,Q,S]}.
     */
    record DisentangledAttention(double scale, boolean c2p, boolean p2c, AttentionDropout dropout) implements KernelOp {
        /** Attention without dropout. */
        public DisentangledAttention(double scale, boolean c2p, boolean p2c) {
            this(scale, c2p, p2c, AttentionDropout.NONE);
        }
    }

    /**
     * Disentangled attention of sequences that stand one after the other without padding, operands in the order q, k,
     * v, query segments, key segments, query positions, key positions, then pk, pq and table as above.
     *
     * <p>q {@code [Q,A,d]}; k and v {@code [T,A,d]}; sequence n has the queries {@code [s[n], s[n+1])} of query
     * segments {@code i32[N+1]}, and keys likewise; positions {@code i32[Q]} and {@code i32[T]} ascend within a
     * sequence and lie in [0,length); table {@code i32[2*length-1]}. A query sees the keys of its sequence, and {@code
     * r = table[position(i) - position(j) + length - 1]}. The result is {@code [Q,A,d]}.
     *
     * <p>With dropout the seed follows, as above; the probability of head a, query i and key j is dropped by the
     * number that {@code random_uniform} has at (a,i,j) in the shape {@code [A,Q,T]}.
     */
    record PackedAttention(double scale, boolean c2p, boolean p2c, Dim length, AttentionDropout dropout)
            implements KernelOp {
        /** Attention without dropout. */
        public PackedAttention(double scale, boolean c2p, boolean p2c, Dim length) {
            this(scale, c2p, p2c, length, AttentionDropout.NONE);
        }
    }

    /** The operand of attention that a gradient belongs to. */
    enum AttentionGradient {
        DQ,
        DK,
        DV,
        DPK,
        DPQ;

        /** Returns the name in the text form. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * The gradients of {@link DisentangledAttention}. The operands are those of attention in their order, then dout,
     * which is the gradient of attention's result and has its type. P are the probabilities that attention multiplies
     * the values with; with {@code r = table[i - j + S - 1]} the results are
     *
     * <pre>
     * dP     = dout v^T
     * dS     = scale * P * (dP - rowsum(dP * P))                       the gradient of the sum of terms
     * dq_i   = sum over j of dS(i,j) (k_j + [c2p] pk[r])               [B,Q,A,d]
     * dk_j   = sum over i of dS(i,j) (q_i + [p2c] pq[r])               [B,S,A,d]
     * dv     = P^T dout                                                [B,S,A,d]
     * dpk[p] = sum over sequences and over i, j with r = p of dS(i,j) q_i     [A,P,d]
     * dpq[p] = sum over sequences and over i, j with r = p of dS(i,j) k_j     [A,P,d]
     * </pre>
     *
     * With dropout, where P' is P with some elements dropped and D is what it is multiplied with for that, 0 or {@code
     * 1 / (1 - rate)}, {@code dP = D dout v^T} and {@code dv = P'^T dout}. The same elements are dropped as in
     * attention.
     *
     * <p>P and dS are exactly 0 where the mask hides a key, so that such a pair adds nothing to any gradient. There is
     * a gradient of pk with c2p alone, and of pq with p2c alone.
     */
    record DisentangledAttentionGrad(DisentangledAttention attention, AttentionGradient result)
            implements KernelOp, SeveralResults {
        @Override
        public DisentangledAttentionGrad withFirstResult() {
            return new DisentangledAttentionGrad(attention, AttentionGradient.DQ);
        }
    }

    /**
     * The gradients of {@link PackedAttention}, with its operands and then dout, as {@link DisentangledAttentionGrad}
     * gives them for padded sequences.
     */
    record PackedAttentionGrad(PackedAttention attention, AttentionGradient result)
            implements KernelOp, SeveralResults {
        @Override
        public PackedAttentionGrad withFirstResult() {
            return new PackedAttentionGrad(attention, AttentionGradient.DQ);
        }
    }
}
