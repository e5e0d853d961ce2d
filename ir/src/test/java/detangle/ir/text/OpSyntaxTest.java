package detangle.ir.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Op;
import detangle.ir.OpAttributes;
import detangle.ir.OpDims;
import detangle.ir.Shape;
import detangle.ir.TensorType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Every operation, with another value for each of its attributes, is written and read back. */
class OpSyntaxTest {
    private static final TensorType TYPE =
            new TensorType(DType.BF16, Shape.of(Dim.symbol("B"), Dim.of(3), Dim.symbol("S")));

    /** Gives each attribute a value that no other has. */
    private static final class Different implements OpAttributes.Visitor {
        private int given;

        @Override
        public boolean flag(String name, boolean value) {
            return ++given % 2 == 1;
        }

        @Override
        public int integer(String name, int value) {
            return ++given;
        }

        @Override
        public long integer(String name, long value) {
            return ++given + (1L << 40);
        }

        @Override
        public List<Integer> integers(String name, List<Integer> value) {
            return List.of(2, ++given, 0);
        }

        @Override
        public double number(String name, double value) {
            return ++given + 0.1;
        }

        @Override
        public Dim size(String name, Dim value) {
            return Dim.symbol("S").plus(++given);
        }

        @Override
        public <T> T choice(String name, T value, List<T> all, Function<T, String> text) {
            return all.getLast();
        }

        @Override
        public TensorType type(TensorType value) {
            return TYPE;
        }

        @Override
        public Shape shape(Shape value) {
            return TYPE.shape();
        }

        @Override
        public DType elementType(DType value) {
            return TYPE.dtype();
        }
    }

    private static Map<String, String> attributes(Op op) {
        Map<String, String> attributes = new HashMap<>();
        String text = AttributeWriter.write(op);
        if (!text.isEmpty()) {
            for (String one : text.substring(1, text.length() - 1).split(", ")) {
                int sign = one.indexOf('=');
                attributes.put(sign < 0 ? one : one.substring(0, sign), sign < 0 ? "" : one.substring(sign + 1));
            }
        }
        return attributes;
    }

    @Test
    void whatIsWrittenIsRead() {
        int changed = 0;
        for (String mnemonic : OpSyntax.mnemonics()) {
            if (OpSyntax.blank(mnemonic).isEmpty()) {
                continue;
            }
            Op blank = OpSyntax.blank(mnemonic).orElseThrow();
            Op op = OpAttributes.map(blank, new Different());
            assertEquals(mnemonic, op.mnemonic());
            assertEquals(op, OpDims.map(op, dim -> dim), mnemonic);
            assertEquals(op, AttributeReader.read(blank, attributes(op), TYPE), mnemonic);
            changed += op.equals(blank) ? 0 : 1;
        }
        assertTrue(changed >= 18, "only " + changed + " operations have attributes");
    }

    @Test
    void wrongAttributesAreNamed() {
        assertRefused("dot", Map.of("lhs_t", "1"), "lhs_t takes no value");
        assertRefused("concat", Map.of(), "axis is missing");
        assertRefused("concat", Map.of("axis", "0", "by", "2"), "by is unknown here");
        assertRefused("transpose", Map.of("perm", "1"), "perm=1 is not a list");
        assertRefused("transpose", Map.of("perm", "[0,x]"), "perm=x is not a whole number");
        assertRefused("random_uniform", Map.of("stream", "9223372036854775808"), "is not a whole number");
        assertRefused("layer_norm", Map.of("eps", "small"), "eps=small is not a number");
        assertRefused("slice", Map.of("axis", "0", "start", "?", "limit", "1"), "start: ");
        assertRefused("linear", Map.of("act", "softmax"), "act=softmax is not one of none, gelu");
        assertRefused("transfer", Map.of("to", "disk"), "to=disk is not one of host, device");
        assertRefused(
                "disentangled_attention",
                Map.of("terms", "[c2p]", "scale", "1"),
                "terms=[c2p] is not one of [c2c], [c2c,c2p]");
    }

    private static void assertRefused(String mnemonic, Map<String, String> attributes, String message) {
        Op blank = OpSyntax.blank(mnemonic).orElseThrow();
        AttributeReader.AttributeException e = assertThrows(
                AttributeReader.AttributeException.class, () -> AttributeReader.read(blank, attributes, TYPE));
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }
}
