package detangle.compiler.pass;

import detangle.compiler.Pass;
import detangle.ir.Builder;
import detangle.ir.Dim;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.rewrite.Rewriter;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A convolution along the sequence becomes a product: the rows that one position of the kernel meets after the other
 * stand side by side, and the weights are put in the same order. Backends multiply matrices well, and a packed batch
 * then multiplies its tokens alone.
 *
 * <pre>
 * %y = conv1d %x, %w {groups=1, padding=1}       %p = pad %x {axis=1, before=1, after=1} : f32[B,S+2,C]
 *                                                %r = concat (slice %p at 0), (at 1), (at 2) : f32[B,S,3*C]
 *                                          =>    %y = dot %r, %w' {rhs_t} : f32[B,S,O]
 * </pre>
 *
 * <p>The weights of a checkpoint are reordered here, so that the product reads a constant; others by operations. With
 * some groups it is one product for each; with many, one of all side by side.
 */
public final class LowerConvolution implements Pass {
    /** The most groups whose products are large enough to be worth a kernel each. */
    private static final int MAX_GROUPS = 8;

    /**
     * Each position of a kernel becomes an operation. Models have 3; a program that has more than this in all stays as
     * it is.
     */
    private static final int MAX_TAPS = 1000;

    @Override
    public String name() {
        return "lower-convolution";
    }

    @Override
    public Program run(Program program) {
        double all = program.nodes().stream()
                .filter(node -> node.op() instanceof TensorOp.Conv1d)
                .mapToDouble(node -> (double) taps(node) * products(node))
                .sum();
        if (all > MAX_TAPS) {
            return program;
        }
        Map<String, Tensor> constants = new HashMap<>(program.constants());
        Map<String, String> orderedNames = new HashMap<>();
        Program lowered = Rewriter.rewrite(program, List.of((node, uses) -> lowered(node, constants, orderedNames)));
        return lowered == program ? program : lowered.withConstants(constants);
    }

    private static long taps(Node convolution) {
        return convolution.input(1).type().dim(2).size();
    }

    /** Returns the number of products of constants that a convolution becomes. */
    private static int products(Node convolution) {
        int groups = ((TensorOp.Conv1d) convolution.op()).groups();
        return groups <= MAX_GROUPS ? groups : 1;
    }

    private static Optional<Node> lowered(Node node, Map<String, Tensor> constants, Map<String, String> orderedNames) {
        if (!(node.op() instanceof TensorOp.Conv1d(int groups, int padding))) {
            return Optional.empty();
        }
        long size = taps(node);
        if (size == 0) {
            return Optional.empty();
        }
        Builder b = new Builder();
        Node x = node.input(0);
        Node weight = node.input(1);
        int taps = (int) size;
        Dim length = node.type().dim(1);
        Node product;
        if (groups <= MAX_GROUPS) {
            long channels = weight.type().dim(1).size();
            List<Node> parts = IntStream.range(0, groups)
                    .mapToObj(g -> b.dotTransposed(
                            neighbours(b, channels(b, x, g, channels, groups), taps, padding, length),
                            ordered(b, weight, g, groups, constants, orderedNames)))
                    .toList();
            product = parts.size() == 1 ? parts.getFirst() : b.concat(2, parts);
        } else {
            product = grouped(b, neighbours(b, x, taps, padding, length), weight, groups, taps);
        }
        return Optional.of(b.reshape(product, node.shape()));
    }

    /** {@code [B,L,taps*C]}: beside each position the rows that the kernel meets there. */
    private static Node neighbours(Builder b, Node x, int taps, int padding, Dim length) {
        Dim side = Dim.of(padding);
        Node padded = padding == 0 ? x : b.op(new TensorOp.Pad(1, side, side), x);
        List<Node> parts = IntStream.range(0, taps)
                .mapToObj(t -> b.op(new TensorOp.Slice(1, Dim.of(t), length.plus(t)), padded))
                .toList();
        return parts.size() == 1 ? parts.getFirst() : b.concat(2, parts);
    }

    /** Returns the channels of a group. */
    private static Node channels(Builder b, Node x, int group, long channels, int groups) {
        return groups == 1 ? x : b.slice(x, 2, group * channels, (group + 1) * channels);
    }

    /**
     * Writes one product of all groups side by side, for many of them: {@code [G,B*L,taps*C/G]} with {@code
     * [G,O/G,taps*C/G]}.
     */
    private static Node grouped(Builder b, Node rows, Node weight, int groups, int taps) {
        Dim all = rows.type().dim(0).times(rows.type().dim(1));
        Dim groupCount = Dim.of(groups);
        Dim channels = weight.type().dim(1);
        Dim outputs = Dim.of(weight.type().dim(0).size() / groups);
        Dim depth = channels.times(Dim.of(taps));
        Node split = b.reshape(rows, all, Dim.of(taps), groupCount, channels);
        Node lhs = b.reshape(b.transpose(split, 2, 0, 1, 3), groupCount, all, depth);
        Node rhs = b.reshape(b.transpose(weight, 0, 2, 1), groupCount, outputs, depth);
        return b.transpose(b.dotTransposed(lhs, rhs), 1, 0, 2);
    }

    /** {@code [O/groups,taps*C]} of a group's part of a weight {@code [O,C,taps]}. */
    private static Node ordered(
            Builder b,
            Node weight,
            int group,
            int groups,
            Map<String, Tensor> constants,
            Map<String, String> orderedNames) {
        long outputs = weight.type().dim(0).size() / groups;
        Node stored = Patterns.unconverted(weight);
        if (stored.op() instanceof TensorOp.Constant(Literal.Named(String name), TensorType type)
                && isOrderedHere(constants.get(name), type)) {
            String part = groups == 1 ? name : name + "." + group + "_of_" + groups;
            String own = orderedNames.computeIfAbsent(part, n -> freeName("folded." + n + ".by_position", constants));
            Tensor tensor = constants.computeIfAbsent(own, n -> ordered(constants.get(name), group * outputs, outputs));
            return b.convert(
                    b.constant(new Literal.Named(own), tensor.type()),
                    weight.type().dtype());
        }
        Node part = groups == 1 ? weight : b.slice(weight, 0, group * outputs, (group + 1) * outputs);
        Dim depth = weight.type().dim(1).times(weight.type().dim(2));
        return b.reshape(b.transpose(part, 0, 2, 1), part.type().dim(0), depth);
    }

    /** Returns whether there is data for a constant, of its shape, that a Java array holds. */
    private static boolean isOrderedHere(Tensor weight, TensorType type) {
        return weight != null
                && weight.type().shape().equals(type.shape())
                && weight.elements() <= Integer.MAX_VALUE / Double.BYTES;
    }

    private static String freeName(String base, Map<String, Tensor> taken) {
        String name = base;
        for (int i = 1; taken.containsKey(name); i++) {
            name = base + "." + i;
        }
        return name;
    }

    /** Returns rows {@code [first, first + outputs)} of a weight, each by position and then by channel. */
    private static Tensor ordered(Tensor weight, long first, long outputs) {
        long channels = weight.dim(1);
        long taps = weight.dim(2);
        int bytes = weight.dtype().bytes();
        MemorySegment data = MemorySegment.ofArray(new byte[Math.toIntExact(outputs * channels * taps * bytes)]);
        for (long o = 0; o < outputs; o++) {
            for (long c = 0; c < channels; c++) {
                for (long t = 0; t < taps; t++) {
                    long from = ((first + o) * channels + c) * taps + t;
                    long to = (o * taps + t) * channels + c;
                    MemorySegment.copy(weight.data(), from * bytes, data, to * bytes, bytes);
                }
            }
        }
        return new Tensor(weight.dtype(), new long[] {outputs, taps * channels}, data);
    }
}
