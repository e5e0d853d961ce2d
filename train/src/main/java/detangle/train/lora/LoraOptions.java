package detangle.train.lora;

import detangle.ir.DType;
import detangle.models.adapter.TargetModules;
import detangle.train.TrainingException;
import java.util.Optional;

/**
 * The options of an adapter. Names and defaults are those of HuggingFace's PEFT.
 *
 * @param rank the number of rows of A and of columns of B
 * @param alpha the scale of the change: a weight changes by {@code alpha / rank * B A}, or with {@code rankStabilized}
 *     by {@code alpha / sqrt(rank) * B A}
 * @param dropout the share of elements that are dropped before A multiplies them, at least 0 and below 1
 * @param targets the linear layers of the encoder that are changed; empty for queries and values, or v1's one matrix
 * @param rankStabilized whether the scale is {@code alpha / sqrt(rank)}; PEFT's {@code use_rslora}
 * @param dora whether the norms of rows are trained beside their directions (arXiv 2402.09353)
 * @param start the first values of A; those of B are zeros, so that the model is unchanged at first
 * @param frozenType the type of the model's own matrices while the adapter is trained: f16 or bf16 halve their memory;
 *     empty for the type that they are stored in
 */
public record LoraOptions(
        int rank,
        double alpha,
        double dropout,
        Optional<TargetModules> targets,
        boolean rankStabilized,
        boolean dora,
        Start start,
        Optional<DType> frozenType) {
    /** The first values of A. */
    public enum Start {
        /** Uniform numbers within {@code 1 / sqrt(in)}, PEFT's default: Kaiming's for {@code a = sqrt(5)}. */
        UNIFORM,
        /** Normal numbers with deviation {@code 1 / rank}. */
        GAUSSIAN
    }

    /** Rank 8, alpha 8, no dropout, queries and values. */
    public static final LoraOptions DEFAULT =
            new LoraOptions(8, 8, 0, Optional.empty(), false, false, Start.UNIFORM, Optional.empty());

    /** @throws TrainingException if a number is outside its range */
    public LoraOptions {
        if (rank < 1) {
            throw new TrainingException("the rank of an adapter is " + rank + "; it must be at least 1");
        }
        if (!Double.isFinite(alpha)) {
            throw new TrainingException("lora_alpha is " + alpha + "; it must be a finite number");
        }
        if (frozenType.isPresent() && frozenType.get() != DType.F16 && frozenType.get() != DType.BF16) {
            throw new TrainingException("the frozen weights are to be kept in "
                    + frozenType.get().text() + "; they may be kept in f16 or bf16");
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new TrainingException("lora_dropout is " + dropout + "; it must be at least 0 and below 1");
        }
    }

    public LoraOptions withRank(int value) {
        return new LoraOptions(value, alpha, dropout, targets, rankStabilized, dora, start, frozenType);
    }

    public LoraOptions withAlpha(double value) {
        return new LoraOptions(rank, value, dropout, targets, rankStabilized, dora, start, frozenType);
    }

    public LoraOptions withDropout(double value) {
        return new LoraOptions(rank, alpha, value, targets, rankStabilized, dora, start, frozenType);
    }

    public LoraOptions withTargets(TargetModules value) {
        return new LoraOptions(rank, alpha, dropout, Optional.of(value), rankStabilized, dora, start, frozenType);
    }

    public LoraOptions withRankStabilized(boolean value) {
        return new LoraOptions(rank, alpha, dropout, targets, value, dora, start, frozenType);
    }

    public LoraOptions withDora(boolean value) {
        return new LoraOptions(rank, alpha, dropout, targets, rankStabilized, value, start, frozenType);
    }

    public LoraOptions withStart(Start value) {
        return new LoraOptions(rank, alpha, dropout, targets, rankStabilized, dora, value, frozenType);
    }

    public LoraOptions withFrozenType(DType value) {
        return new LoraOptions(rank, alpha, dropout, targets, rankStabilized, dora, start, Optional.of(value));
    }

    /** Returns the factor of {@code B A}. */
    public double scale() {
        return alpha / (rankStabilized ? Math.sqrt(rank) : rank);
    }
}
