package detangle.backend.tornado;

import detangle.ir.AttentionDropout;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.KernelOp.AttentionGradient;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;

/** A program of one attention, and its inputs. */
final class AttentionCase {
    private final Builder b = new Builder();
    private final List<Node> inputs = new ArrayList<>();
    private final Map<String, Tensor> values = new HashMap<>();
    private final Random random;

    private AttentionDropout dropout = AttentionDropout.NONE;
    private List<Integer> widths = List.of(1, 8, 16, 33);
    private boolean hasHoles = true;
    private int tableRows;

    AttentionCase(int seed) {
        random = new Random(seed);
    }

    /** Returns this case with dropout in the attentions that follow. */
    AttentionCase with(AttentionDropout dropout) {
        this.dropout = dropout;
        return this;
    }

    /** Returns this case with heads of one width in the attentions that follow. */
    AttentionCase ofWidth(int width) {
        widths = List.of(width);
        return this;
    }

    /** Returns this case with packed tokens whose positions follow one another. */
    AttentionCase inOrder() {
        hasHoles = false;
        return this;
    }

    /** Returns this case with so many rows in tables of positions, all of which may be named. */
    AttentionCase ofTableRows(int rows) {
        tableRows = rows;
        return this;
    }

    private int width() {
        return widths.get(random.nextInt(widths.size()));
    }

    private Node input(Tensor value) {
        String name = "x" + inputs.size();
        inputs.add(b.input(name, value.type()));
        values.put(name, value);
        return inputs.getLast();
    }

    private Node floats(long... shape) {
        return input(Tensor.ofDoubles(
                DType.F32, random.doubles(Tensor.elements(shape), -2, 2).toArray(), shape));
    }

    private Node ints(List<Integer> data) {
        return input(Tensor.of(data.stream().mapToInt(i -> i).toArray(), data.size()));
    }

    private Program program(Node out) {
        return new Program("attention", inputs, List.of(new Program.Output("y", out)), Map.of());
    }

    /** Adds the tables of positions and the index into them, which sees a part of their rows. */
    private void addTables(List<Node> operands, boolean c2p, boolean p2c, int heads, int width, long distances) {
        int rows = tableRows > 0 ? tableRows : 3 + random.nextInt(40);
        for (int i = 0; i < (c2p ? 1 : 0) + (p2c ? 1 : 0); i++) {
            operands.add(floats(heads, rows, width));
        }
        if (c2p || p2c) {
            int first = tableRows > 0 ? 0 : random.nextInt(rows);
            int count = tableRows > 0 ? rows : 1 + random.nextInt(rows - first);
            Node distance = b.iota(TensorType.of(DType.I32, distances), 0);
            // The index is known before a run, or is an input.
            operands.add(
                    tableRows == 0 && random.nextBoolean()
                            ? b.add(
                                    b.min(b.constant(DType.I32, count - 1), distance),
                                    b.broadcast(b.constant(DType.I32, first), distance.shape()))
                            : ints(random.ints(distances, first, first + count)
                                    .boxed()
                                    .toList()));
        }
    }

    private void addSeed(List<Node> operands) {
        if (dropout.isPresent()) {
            operands.add(input(Tensor.of(new long[] {random.nextLong()})));
        }
    }

    /** Returns a program of some gradients of the attention of another program. */
    Program gradients(Program attention, Set<AttentionGradient> wanted) {
        Node forward = attention.outputs().getFirst().node();
        List<Node> operands = new ArrayList<>(forward.inputs());
        operands.add(floats(forward.shape().evaluate(Map.of())));
        List<Program.Output> outputs = new ArrayList<>();
        for (AttentionGradient gradient : wanted) {
            KernelOp op = switch (forward.op()) {
                case KernelOp.PackedAttention packed -> new KernelOp.PackedAttentionGrad(packed, gradient);
                case KernelOp.DisentangledAttention padded -> new KernelOp.DisentangledAttentionGrad(padded, gradient);
                default -> throw new AssertionError(forward);
            };
            outputs.add(new Program.Output(gradient.text(), b.op(op, operands)));
        }
        return new Program("gradients", inputs, outputs, Map.of());
    }

    Builder builder() {
        return b;
    }

    Random random() {
        return random;
    }

    /** Returns the values of the inputs. */
    Map<String, Tensor> values() {
        return Collections.unmodifiableMap(values);
    }

    /**
     * Returns a program of packed attention.
     *
     * @param lengths of the sequences
     * @param firstTokens whether each sequence has one query, at its first position
     * @param segments what becomes of the segments of keys before attention reads them
     */
    Program packed(int[] lengths, boolean c2p, boolean p2c, boolean firstTokens, Function<Node, Node> segments) {
        int heads = 1 + random.nextInt(3);
        int width = width();
        int longest = Math.max(1, IntStream.of(lengths).max().orElseThrow() + random.nextInt(3));
        List<Integer> begins = new ArrayList<>(List.of(0));
        List<Integer> positions = new ArrayList<>();
        for (int length : lengths) {
            // Tokens may leave positions out.
            int hole = hasHoles ? random.nextInt(longest - length + 1) : 0;
            IntStream.range(0, length).map(i -> i < length / 2 ? i : i + hole).forEach(positions::add);
            begins.add(positions.size());
        }
        int tokens = positions.size();
        int queries = firstTokens ? lengths.length : tokens;
        List<Node> operands = new ArrayList<>(
                List.of(floats(queries, heads, width), floats(tokens, heads, width), floats(tokens, heads, width)));
        Node keySegments = segments.apply(ints(begins));
        Node keyPositions = ints(positions);
        if (firstTokens) {
            operands.add(b.iota(TensorType.of(DType.I32, lengths.length + 1), 0));
            operands.addAll(List.of(
                    keySegments,
                    b.broadcast(b.constant(DType.I32, 0), Shape.of(Dim.of(lengths.length))),
                    keyPositions));
        } else {
            operands.addAll(List.of(keySegments, keySegments, keyPositions, keyPositions));
        }
        addTables(operands, c2p, p2c, heads, width, 2L * longest - 1);
        addSeed(operands);
        return program(b.op(new KernelOp.PackedAttention(0.3, c2p, p2c, Dim.of(longest), dropout), operands));
    }

    /**
     * Returns a program of padded attention.
     *
     * @param mask the axes along which the mask varies, a bit for each
     */
    Program padded(int batch, int queries, int keys, boolean c2p, boolean p2c, int mask) {
        int heads = 1 + random.nextInt(3);
        int width = width();
        List<Node> operands = new ArrayList<>(List.of(
                floats(batch, queries, heads, width),
                floats(batch, keys, heads, width),
                floats(batch, keys, heads, width)));
        // The mask varies along some axes; some queries see no key.
        long[] shape = {
            (mask & 1) > 0 ? batch : 1,
            (mask & 2) > 0 ? heads : 1,
            (mask & 4) > 0 ? queries : 1,
            (mask & 8) > 0 ? keys : 1
        };
        double[] visible =
                random.doubles(Tensor.elements(shape)).map(x -> x < 0.6 ? 1 : 0).toArray();
        operands.add(input(Tensor.ofDoubles(DType.I1, visible, shape)));
        addTables(operands, c2p, p2c, heads, width, queries + keys - 1L);
        addSeed(operands);
        return program(b.op(new KernelOp.DisentangledAttention(0.3, c2p, p2c, dropout), operands));
    }
}
