package detangle.ir;

import detangle.ir.scalar.RegionTyping;
import java.util.List;
import java.util.Optional;

/** The kernel-level half of {@link Inference}. */
final class KernelInference {
    /** The most operands that a message lists. */
    private static final int MAX_SHOWN = 10;

    /** Records a violation unless a condition holds, and says whether it does. */
    interface Requirement {
        boolean require(boolean holds, Constraint constraint, String detail, Object... values);
    }

    private final Requirement requirement;

    KernelInference(Requirement requirement) {
        this.requirement = requirement;
    }

    private boolean require(boolean holds, Constraint constraint, String detail, Object... values) {
        return requirement.require(holds, constraint, detail, values);
    }

    Optional<TensorType> infer(KernelOp op, OperandTypes in) {
        return switch (op) {
            case KernelOp.Elementwise o -> in.some(o.region().arguments().size(), all -> elementwise(o, all));
            case KernelOp.Linear o -> in.some(o.bias() ? 3 : 2, all -> linear(o, all));
            case KernelOp.LayerNorm o -> in.some(o.residual() ? 4 : 3, all -> layerNorm(o, all));
            case KernelOp.LayerNormGrad o -> in.some(o.residual() ? 4 : 3, all -> layerNormGrad(o, all));
            case KernelOp.Embedding o -> in.some(o.masked() ? 5 : 4, all -> embedding(o, all));
            case KernelOp.MaskedSoftmax o -> in.two(this::maskedSoftmax);
            case KernelOp.SumOfSquares o -> in.one(this::sumOfSquares);
            case KernelOp.DisentangledAttention o ->
                in.some(operands(4, o.c2p(), o.p2c(), o.dropout()), all -> attention(o, all));
            case KernelOp.PackedAttention o ->
                in.some(operands(7, o.c2p(), o.p2c(), o.dropout()), all -> packedAttention(o, all));
            case KernelOp.DisentangledAttentionGrad(var o, var result) ->
                in.some(
                        1 + operands(4, o.c2p(), o.p2c(), o.dropout()),
                        all -> attention(o, all.subList(0, all.size() - 1))
                                .flatMap(out -> attentionGrad(
                                        out,
                                        result,
                                        o.c2p(),
                                        o.p2c(),
                                        4,
                                        all,
                                        Constraint.ATTENTION_GRAD_C1,
                                        Constraint.ATTENTION_GRAD_C2)));
            case KernelOp.PackedAttentionGrad(var o, var result) ->
                in.some(
                        1 + operands(7, o.c2p(), o.p2c(), o.dropout()),
                        all -> packedAttention(o, all.subList(0, all.size() - 1))
                                .flatMap(out -> attentionGrad(
                                        out,
                                        result,
                                        o.c2p(),
                                        o.p2c(),
                                        7,
                                        all,
                                        Constraint.PACKED_GRAD_C1,
                                        Constraint.PACKED_GRAD_C2)));
        };
    }

    /**
     * Returns the operands of attention: those that it always has, tables of positions and the index into them, and a
     * seed.
     */
    private static int operands(int always, boolean c2p, boolean p2c, AttentionDropout dropout) {
        int tables = (c2p ? 1 : 0) + (p2c ? 1 : 0) + (c2p || p2c ? 1 : 0);
        return always + tables + (dropout.isPresent() ? 1 : 0);
    }

    private Optional<TensorType> elementwise(KernelOp.Elementwise op, List<TensorType> in) {
        List<DType> dtypes = in.stream().map(TensorType::dtype).toList();
        require(
                dtypes.equals(op.region().arguments()),
                Constraint.ELEMENTWISE_C1,
                "arguments %s, operands %s",
                some(op.region().arguments()),
                some(dtypes));
        Optional<String> fault = RegionTyping.fault(op.region());
        require(fault.isEmpty(), Constraint.ELEMENTWISE_C3, "%s", fault.orElse(""));
        if (fault.isPresent()) {
            return Optional.empty(); // The expression has no type.
        }
        for (int seed : op.region().seeds()) {
            require(in.get(seed).rank() == 0, Constraint.ELEMENTWISE_C4, "a seed is %s", in.get(seed));
        }
        Optional<Shape> shape = Optional.of(Shape.SCALAR);
        for (TensorType t : in) {
            Optional<Shape> next = shape.flatMap(s -> Shape.broadcast(s, t.shape()));
            if (!require(next.isPresent(), Constraint.ELEMENTWISE_C2, "operands %s", some(in))) {
                return Optional.empty();
            }
            shape = next;
        }
        return shape.map(s -> new TensorType(op.region().body().dtype(), s));
    }

    /** Returns the first of a list, which may be long. */
    private static <T> List<T> some(List<T> all) {
        return all.subList(0, Math.min(MAX_SHOWN, all.size()));
    }

    private static boolean computes(DType dtype) {
        return dtype == DType.F32 || dtype == DType.F64;
    }

    private boolean vector(TensorType v, Dim extent, Constraint constraint) {
        return require(
                v.dtype().isFloat() && v.shape().equals(Shape.of(extent)),
                constraint,
                "%s where a float [%s] is due",
                v,
                extent);
    }

    private Optional<TensorType> linear(KernelOp.Linear op, List<TensorType> in) {
        TensorType x = in.get(0);
        TensorType w = in.get(1);
        if (!require(
                x.rank() >= 1
                        && x.dtype().isFloat()
                        && w.rank() == 2
                        && w.dtype().isFloat(),
                Constraint.LINEAR_C1,
                "x is %s, the weight %s",
                x,
                w)) {
            return Optional.empty();
        }
        require(x.dim(-1).equals(w.dim(1)), Constraint.LINEAR_C2, "last dims %s and %s differ", x.dim(-1), w.dim(1));
        if (op.bias()) {
            vector(in.get(2), w.dim(0), Constraint.LINEAR_C3);
        }
        return Optional.of(x.withShape(x.shape().with(-1, w.dim(0))));
    }

    private Optional<TensorType> layerNorm(KernelOp.LayerNorm op, List<TensorType> in) {
        TensorType x = in.get(0);
        if (!require(x.rank() >= 1 && x.dtype().isFloat(), Constraint.LAYER_NORM_C1, "x is %s", x)) {
            return Optional.empty();
        }
        if (op.residual()) {
            require(in.get(1).equals(x), Constraint.LAYER_NORM_C2, "x is %s, the residual %s", x, in.get(1));
        }
        vector(in.get(in.size() - 2), x.dim(-1), Constraint.LAYER_NORM_C3);
        vector(in.get(in.size() - 1), x.dim(-1), Constraint.LAYER_NORM_C3);
        return Optional.of(x);
    }

    private Optional<TensorType> layerNormGrad(KernelOp.LayerNormGrad op, List<TensorType> in) {
        TensorType x = in.get(0);
        if (!require(x.rank() >= 1 && computes(x.dtype()), Constraint.LAYER_NORM_GRAD_C1, "x is %s", x)) {
            return Optional.empty();
        }
        if (op.residual()) {
            require(in.get(1).equals(x), Constraint.LAYER_NORM_GRAD_C2, "x is %s, the residual %s", x, in.get(1));
        }
        vector(in.get(in.size() - 2), x.dim(-1), Constraint.LAYER_NORM_GRAD_C3);
        require(in.getLast().equals(x), Constraint.LAYER_NORM_GRAD_C2, "x is %s, dy %s", x, in.getLast());
        return Optional.of(
                switch (op.result()) {
                    case DX -> x;
                    case DGAMMA, DBETA -> x.withShape(Shape.of(x.dim(-1)));
                });
    }

    private Optional<TensorType> embedding(KernelOp.Embedding op, List<TensorType> in) {
        TensorType ids = in.get(0);
        TensorType table = in.get(1);
        if (!require(
                Inference.isIndex(ids.dtype())
                        && table.rank() == 2
                        && table.dtype().isFloat(),
                Constraint.EMBEDDING_C1,
                "ids are %s, the table %s",
                ids,
                table)) {
            return Optional.empty();
        }
        vector(in.get(2), table.dim(1), Constraint.EMBEDDING_C2);
        vector(in.get(3), table.dim(1), Constraint.EMBEDDING_C2);
        if (op.masked()) {
            require(
                    in.get(4).equals(new TensorType(DType.I1, ids.shape().concat(Shape.of(1)))),
                    Constraint.EMBEDDING_C3,
                    "ids are %s, the mask %s",
                    ids,
                    in.get(4));
        }
        return Optional.of(new TensorType(DType.F32, ids.shape().concat(Shape.of(table.dim(1)))));
    }

    private Optional<TensorType> maskedSoftmax(TensorType x, TensorType mask) {
        require(x.rank() >= 1 && x.dtype().isFloat(), Constraint.MASKED_SOFTMAX_C1, "x is %s", x);
        require(
                mask.dtype() == DType.I1 && mask.shape().broadcastsTo(x.shape()),
                Constraint.MASKED_SOFTMAX_C2,
                "x is %s, the mask %s",
                x,
                mask);
        return Optional.of(x);
    }

    private Optional<TensorType> sumOfSquares(TensorType x) {
        return require(computes(x.dtype()), Constraint.SUM_OF_SQUARES_C1, "x is %s", x)
                ? Optional.of(new TensorType(x.dtype(), Shape.SCALAR))
                : Optional.empty();
    }

    private Optional<TensorType> attention(KernelOp.DisentangledAttention op, List<TensorType> in) {
        TensorType q = in.get(0);
        TensorType k = in.get(1);
        if (!require(
                q.rank() == 4
                        && q.dtype().isFloat()
                        && k.rank() == 4
                        && k.equals(q.withShape(q.shape().with(1, k.dim(1))))
                        && in.get(2).equals(k),
                Constraint.ATTENTION_C1,
                "q, k, v are %s",
                in.subList(0, 3))) {
            return Optional.empty();
        }
        TensorType mask = in.get(3);
        require(
                mask.dtype() == DType.I1 && mask.shape().broadcastsTo(Shape.of(q.dim(0), q.dim(2), q.dim(1), k.dim(1))),
                Constraint.ATTENTION_C2,
                "the mask is %s",
                mask);
        if (op.c2p() || op.p2c()) {
            Dim distances = q.dim(1).plus(k.dim(1)).plus(-1);
            int end = operands(4, op.c2p(), op.p2c(), AttentionDropout.NONE);
            positions(q, in.subList(4, end), distances, Constraint.ATTENTION_C3, Constraint.ATTENTION_C4);
        }
        dropout(op.dropout(), in.getLast(), Constraint.ATTENTION_C5);
        return Optional.of(q);
    }

    private Optional<TensorType> packedAttention(KernelOp.PackedAttention op, List<TensorType> in) {
        TensorType q = in.get(0);
        TensorType k = in.get(1);
        if (!require(
                q.rank() == 3
                        && q.dtype().isFloat()
                        && k.rank() == 3
                        && k.equals(q.withShape(q.shape().with(0, k.dim(0))))
                        && in.get(2).equals(k),
                Constraint.PACKED_C1,
                "q, k, v are %s",
                in.subList(0, 3))) {
            return Optional.empty();
        }
        require(
                in.get(3).dtype() == DType.I32
                        && in.get(3).rank() == 1
                        && in.get(4).equals(in.get(3))
                        && in.get(5).equals(TensorType.of(DType.I32, q.dim(0)))
                        && in.get(6).equals(TensorType.of(DType.I32, k.dim(0))),
                Constraint.PACKED_C2,
                "segments and positions are %s",
                in.subList(3, 7));
        if (op.c2p() || op.p2c()) {
            Dim distances = op.length().times(2).plus(-1);
            int end = operands(7, op.c2p(), op.p2c(), AttentionDropout.NONE);
            positions(q, in.subList(7, end), distances, Constraint.PACKED_C3, Constraint.PACKED_C4);
        }
        dropout(op.dropout(), in.getLast(), Constraint.PACKED_C5);
        return Optional.of(q);
    }

    /**
     * Returns the type of one of attention's gradients, which is that of the operand that it belongs to.
     *
     * @param out the type of attention's result
     * @param firstTable the first operand that may be a table of positions
     * @param in operands of attention and dout
     */
    private Optional<TensorType> attentionGrad(
            TensorType out,
            KernelOp.AttentionGradient result,
            boolean c2p,
            boolean p2c,
            int firstTable,
            List<TensorType> in,
            Constraint type,
            Constraint terms) {
        require(in.getLast().equals(out), type, "q is %s, dout %s", out, in.getLast());
        return switch (result) {
            case DQ -> Optional.of(in.get(0));
            case DK -> Optional.of(in.get(1));
            case DV -> Optional.of(in.get(2));
            case DPK -> require(c2p, terms, "there is no pk") ? Optional.of(in.get(firstTable)) : Optional.empty();
            case DPQ ->
                require(p2c, terms, "there is no pq")
                        ? Optional.of(in.get(firstTable + (c2p ? 1 : 0)))
                        : Optional.empty();
        };
    }

    private void dropout(AttentionDropout dropout, TensorType seed, Constraint constraint) {
        if (dropout.isPresent()) {
            boolean fits =
                    dropout.rate() > 0 && dropout.rate() < 1 && seed.equals(new TensorType(DType.I64, Shape.SCALAR));
            require(fits, constraint, "the rate is %s, the seed %s", dropout.rate(), seed);
        }
    }

    /** Position tables for the heads of q, and the table of their rows. */
    private void positions(TensorType q, List<TensorType> operands, Dim distances, Constraint tables, Constraint rows) {
        for (TensorType p : operands.subList(0, operands.size() - 1)) {
            boolean fits = p.dtype() == q.dtype()
                    && p.rank() == 3
                    && p.shape().equals(operands.getFirst().shape())
                    && p.dim(0).equals(q.dim(-2))
                    && p.dim(2).equals(q.dim(-1));
            require(fits, tables, "q is %s, a position table %s", q, p);
        }
        TensorType table = operands.getLast();
        require(table.equals(TensorType.of(DType.I32, distances)), rows, "the table is %s", table);
    }
}
