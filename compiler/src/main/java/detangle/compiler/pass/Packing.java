package detangle.compiler.pass;

import detangle.compiler.PackedInputs;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Program.Update;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.Symbols;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Packs the tokens of one program for {@link PackTokens}. Each value has a padded form, which is that of the program,
 * and a packed form with a row for each token; a form is empty where the value cannot be computed in it.
 */
final class Packing {
    private final Program program;
    private final TokenMask mask;
    private final Dim tokens = Dim.symbol(Symbols.TOKENS);
    private final Builder b = new Builder();
    private final Node rows = b.input(PackedInputs.ROWS, TensorType.of(DType.I64, tokens));
    private final Node segments;
    private final Node firstRows;
    private final Node sequences;
    private final Node positions;
    private Optional<Node> tokensOfRows = Optional.empty();
    private final Map<Node, Optional<Node>> packed = new IdentityHashMap<>();
    private final Map<Node, Optional<Node>> padded = new IdentityHashMap<>();

    Packing(Program program, TokenMask mask) {
        this.program = program;
        this.mask = mask;
        this.segments = b.input(
                PackedInputs.SEGMENTS, TensorType.of(DType.I32, mask.batch().plus(1)));
        this.firstRows = b.op(new TensorOp.Slice(0, Dim.of(0), mask.batch()), segments);
        this.sequences = rowsOf(b.iota(TensorType.of(DType.I32, mask.batch(), mask.length()), 0));
        this.positions = rowsOf(b.iota(TensorType.of(DType.I32, mask.batch(), mask.length()), 1));
    }

    Optional<Program> run() {
        // Operands first, so that no question goes deep.
        for (Node node : program.nodes()) {
            padded(node);
            if (mask.hasRows(node)) {
                packed(node);
            }
        }
        List<Output> outputs = new ArrayList<>();
        for (Output output : program.outputs()) {
            Node node = output.node();
            Optional<Node> result = mask.hasRows(node) && node.type().dtype() == DType.F32
                    ? packed(node).map(p -> unpacked(p, node.type()))
                    : padded(node);
            if (result.isEmpty()) {
                return Optional.empty();
            }
            Node found = result.get();
            outputs.add(new Output(output.name(), found == node ? found : found.withName(node.name())));
        }
        List<Update> updates = new ArrayList<>();
        for (Update update : program.updates()) {
            Optional<Node> value = padded(update.value());
            if (value.isEmpty()) {
                return Optional.empty();
            }
            updates.add(new Update(padded(update.parameter()).orElseThrow(), value.get()));
        }
        List<Node> inputs = new ArrayList<>(program.inputs());
        inputs.add(rows);
        inputs.add(segments);
        tokensOfRows.ifPresent(inputs::add);
        return Optional.of(new Program(program.name(), inputs, outputs, updates, program.constants()));
    }

    private static Shape rest(Node node) {
        return node.shape().sub(2, node.type().rank());
    }

    /** Returns the tokens' rows of a padded value. */
    private Node rowsOf(Node x) {
        Shape flat = Shape.of(mask.batch().times(mask.length())).concat(rest(x));
        return b.gather(b.reshape(x, flat), rows);
    }

    /** Packed rows at their places, zeros elsewhere. */
    private Node unpacked(Node x, TensorType type) {
        Shape flat = Shape.of(mask.batch().times(mask.length()))
                .concat(x.shape().sub(1, x.type().rank()));
        Node zeros = b.broadcast(b.constant(x.type().dtype(), 0), flat);
        return b.reshape(b.op(new TensorOp.ScatterAdd(), zeros, rows, x), type.shape());
    }

    private static Optional<List<Node>> all(List<Node> nodes, Function<Node, Optional<Node>> form) {
        List<Node> results = new ArrayList<>();
        for (Node node : nodes) {
            Optional<Node> result = form.apply(node);
            if (result.isEmpty()) {
                return Optional.empty();
            }
            results.add(result.get());
        }
        return Optional.of(results);
    }

    private Node named(Node like, Node node) {
        return node.name().isEmpty() ? node.withName(like.name()) : node;
    }

    /** Returns the value as it is in the program, padding included. */
    private Optional<Node> padded(Node node) {
        Optional<Node> known = padded.get(node);
        if (known == null) {
            known = computePadded(node).map(n -> n == node ? n : named(node, n));
            padded.put(node, known);
        }
        return known;
    }

    private Optional<Node> computePadded(Node node) {
        if (node.inputs().isEmpty()) {
            return Optional.of(node);
        }
        if (isWide(node) && mask.isZeroAtPadding(node)) {
            return packed(node).map(p -> unpacked(p, node.type()));
        }
        switch (node.op()) {
            // Values at padding are not taken.
            case TensorOp.Select s
            when mask.holdsAtTokensAlone(node.input(0))
                    && mask.hasRows(node.input(1))
                    && isWide(node)
                    && Patterns.splat(node.input(2)).isPresent() -> {
                return packed(node.input(1))
                        .map(x -> unpacked(x, node.input(1).type()))
                        .flatMap(x -> padded(node.input(0)).map(holds -> b.select(holds, x, node.input(2))));
            }
            // Zeros at padding add nothing to a sum over all rows.
            case TensorOp.Reduce(var function, var axis)
            when function == ReduceFunction.SUM && isSumOfRows(node) -> {
                return packed(node.input(0).input(0)).map(x -> b.reduce(ReduceFunction.SUM, x, 0));
            }
            // Rows of tokens have other random numbers, and a value must be dropped alike wherever it is read.
            case TensorOp.RandomUniform r
            when mask.hasRows(node) -> {
                return Optional.empty();
            }
            case TensorOp.Slice slice
            when isFirstRow(slice)
                    && mask.hasRows(node.input(0))
                    && isWide(node)
                    && node.type().rank() >= 3 -> {
                return packed(node.input(0)).map(p -> b.reshape(b.gather(p, firstRows), node.shape()));
            }
            case TensorOp.Gather g
            when node.input(0).op() instanceof TensorOp.Reshape && flattensRows(node.input(0)) -> {
                return packed(node.input(0).input(0))
                        .flatMap(x -> padded(node.input(1)).map(ids -> b.gather(x, b.gather(tokensOfRows(), ids))));
            }
            case KernelOp.DisentangledAttention attention -> {
                return attentionOfFirstTokens(attention, node);
            }
            // Any other operation makes of padded operands what it made before.
            default -> {
                return all(node.inputs(), this::padded)
                        .map(in -> in.equals(node.inputs()) ? node : node.withInputs(in));
            }
        }
    }

    private Node tokensOfRows() {
        if (tokensOfRows.isEmpty()) {
            Dim all = mask.batch().times(mask.length());
            tokensOfRows = Optional.of(b.input(PackedInputs.TOKENS, TensorType.of(DType.I32, all)));
        }
        return tokensOfRows.get();
    }

    /** Returns whether a reshape makes one axis of batch and length. */
    private boolean flattensRows(Node node) {
        Node x = node.input(0);
        Shape flat = Shape.of(mask.batch().times(mask.length())).concat(rest(x));
        return mask.hasRows(x) && isWide(x) && node.shape().equals(flat);
    }

    private boolean isSumOfRows(Node node) {
        Node flat = node.input(0);
        return flat.op() instanceof TensorOp.Reshape
                && flat.type().rank() == 1
                && flattensRows(flat)
                && mask.isZeroAtPadding(flat.input(0));
    }

    private static boolean isFirstRow(TensorOp.Slice slice) {
        return slice.axis() == 1
                && slice.start().equals(Dim.of(0))
                && slice.limit().equals(Dim.of(1));
    }

    /** Returns whether a value has floats, as states do. Ids and masks with padding cost nothing. */
    private static boolean isWide(Node node) {
        return node.type().dtype() == DType.F32
                || node.inputs().stream()
                        .anyMatch(x -> x.type().dtype() == DType.F32 && x.type().rank() >= 2);
    }

    /** Returns the value at the tokens, {@code [T,...]} of {@code [B,S,...]}. */
    private Optional<Node> packed(Node node) {
        Optional<Node> known = packed.get(node);
        if (known == null) {
            known = computePacked(node).map(n -> named(node, n));
            packed.put(node, known);
        }
        return known;
    }

    private Optional<Node> computePacked(Node node) {
        return switch (node.op()) {
            case TensorOp.Select s
            when mask.isEveryToken(node.input(0)) && mask.hasRows(node.input(1)) -> packed(node.input(1));
            case KernelOp.Embedding(var eps, var masked)
            when masked && mask.isRows(node.input(4)) ->
                packed(node.input(0))
                        .map(ids -> b.op(
                                new KernelOp.Embedding(eps, false), ids, node.input(1), node.input(2), node.input(3)));
            case KernelOp.Linear l -> firstPacked(node, 1);
            case KernelOp.LayerNorm(var eps, var residual) -> firstPacked(node, residual ? 2 : 1);
            case TensorOp.Reshape r
            when mask.hasRows(node.input(0)) ->
                packed(node.input(0)).map(x -> b.reshape(x, Shape.of(tokens).concat(rest(node))));
            case TensorOp.Slice(var axis, var start, var limit)
            when axis >= 2 -> packed(node.input(0)).map(x -> b.op(new TensorOp.Slice(axis - 1, start, limit), x));
            case TensorOp.Gather g
            when mask.hasRows(node.input(1)) && node.input(1).type().rank() == 2 ->
                padded(node.input(0)).flatMap(table -> packed(node.input(1)).map(ids -> b.gather(table, ids)));
            case TensorOp.GatherLast g
            when mask.hasRows(node.input(0)) && mask.hasRows(node.input(1)) ->
                all(node.inputs(), this::packed).map(in -> b.op(g, in));
            case TensorOp.Reduce(var function, var axis)
            when axis >= 2 -> packed(node.input(0)).map(x -> b.reduce(function, x, axis - 1));
            case TensorOp.StopGradient g -> packed(node.input(0)).map(b::stopGradient);
            case TensorOp.RandomUniform(var type, var stream) ->
                padded(node.input(0))
                        .map(seed -> b.op(
                                new TensorOp.RandomUniform(
                                        new TensorType(
                                                type.dtype(), Shape.of(tokens).concat(rest(node))),
                                        stream),
                                seed));
            case KernelOp.DisentangledAttention attention -> attention(attention, node);
            // Any other operation is computed with padding, and its rows at tokens are taken from that.
            default ->
                Patterns.isElementwise(node) && isWide(node)
                        ? all(node.inputs(), x -> operand(x, node)).map(in -> b.op(node.op(), in))
                        : padded(node).map(this::rowsOf);
        };
    }

    private Optional<Node> firstPacked(Node node, int count) {
        return all(node.inputs().subList(0, count), this::packed)
                .flatMap(first -> all(node.inputs().subList(count, node.inputs().size()), this::padded)
                        .map(others -> {
                            List<Node> operands = new ArrayList<>(first);
                            operands.addAll(others);
                            return b.op(node.op(), operands);
                        }));
    }

    /** Returns an operand of an elementwise operation whose result has rows: what repeats along them may stay. */
    private Optional<Node> operand(Node x, Node result) {
        int leading = x.type().rank() - result.type().rank() + 2;
        if (leading <= 0) {
            return padded(x);
        }
        Shape rest = x.shape().sub(leading, x.type().rank());
        Dim last = x.type().dim(leading - 1);
        boolean everySequence = leading == 2 && x.type().dim(0).equals(mask.batch());
        boolean everyPosition = last.equals(mask.length());
        if (everySequence && everyPosition) {
            return packed(x);
        }
        return padded(x).map(p -> {
            if (everySequence) {
                return b.gather(b.reshape(p, Shape.of(mask.batch()).concat(rest)), sequences);
            }
            return everyPosition
                    ? b.gather(b.reshape(p, Shape.of(mask.length()).concat(rest)), positions)
                    : b.reshape(p, Shape.of(Dim.of(1)).concat(rest));
        });
    }

    private Optional<Node> attention(KernelOp.DisentangledAttention op, Node node) {
        if (!mask.isPairs(node.input(3))) {
            return Optional.empty();
        }
        return all(node.inputs().subList(0, 3), this::packed)
                .flatMap(qkv -> all(tables(node), this::padded).map(tables -> {
                    List<Node> operands = new ArrayList<>(qkv);
                    operands.addAll(List.of(segments, segments, positions, positions));
                    operands.addAll(tables);
                    return packedAttention(op, operands);
                }));
    }

    /** Writes attention with one query a sequence, at its first position. */
    private Optional<Node> attentionOfFirstTokens(KernelOp.DisentangledAttention op, Node node) {
        boolean first = node.input(3).op() instanceof TensorOp.Slice(var axis, var start, var limit)
                && axis == 2
                && start.equals(Dim.of(0))
                && limit.equals(Dim.of(1))
                && mask.isPairs(node.input(3).input(0))
                && !op.dropout().isPresent();
        List<Node> tables = new ArrayList<>(tables(node));
        if (first && !tables.isEmpty()) {
            Node table = tables.getLast();
            first = table.op() instanceof TensorOp.Slice(var axis, var start, var limit)
                    && start.equals(Dim.of(0))
                    && limit.equals(mask.length());
            tables.set(tables.size() - 1, first ? table.input(0) : table);
        }
        if (!first) {
            return Optional.empty();
        }
        Node q = node.input(0);
        return padded(q)
                .flatMap(query -> all(node.inputs().subList(1, 3), this::packed)
                        .flatMap(kv -> all(tables, this::padded).map(t -> {
                            Shape heads = q.shape().sub(2, 4);
                            List<Node> operands = new ArrayList<>();
                            operands.add(b.reshape(query, Shape.of(mask.batch()).concat(heads)));
                            operands.addAll(kv);
                            operands.add(
                                    b.iota(TensorType.of(DType.I32, mask.batch().plus(1)), 0));
                            operands.add(segments);
                            operands.add(b.broadcast(b.constant(DType.I32, 0), Shape.of(mask.batch())));
                            operands.add(positions);
                            operands.addAll(t);
                            return b.reshape(packedAttention(op, operands), node.shape());
                        })));
    }

    /** Returns the tables of positions and of their rows, and the seed of dropout. */
    private static List<Node> tables(Node attention) {
        return attention.inputs().subList(4, attention.inputs().size());
    }

    private Node packedAttention(KernelOp.DisentangledAttention op, List<Node> operands) {
        return b.op(
                new KernelOp.PackedAttention(op.scale(), op.c2p(), op.p2c(), mask.length(), op.dropout()), operands);
    }
}
