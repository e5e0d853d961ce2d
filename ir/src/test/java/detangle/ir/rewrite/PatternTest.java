package detangle.ir.rewrite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Idioms;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import org.junit.jupiter.api.Test;

class PatternTest {
    private static final TensorType TYPE = TensorType.of(DType.F32, 4);

    private final Builder b = new Builder();
    private final Node u = b.input("u", TYPE);
    private final Node v = b.input("v", TYPE);
    private final Node w = b.input("w", TYPE);
    private final Pattern p = new Pattern(node -> node == u);
    private final Node x = p.any(TYPE);
    private final Node y = p.any(TYPE);

    @Test
    void saysWhatStandsAtPlaces() {
        assertTrue(p.matches(b.sub(x, y), b.sub(u, v)));
        assertSame(u, p.at(x));
        assertSame(v, p.at(y));
    }

    @Test
    void onePlaceIsOneNode() {
        assertTrue(p.matches(b.mul(x, x), b.mul(u, u)));
        assertFalse(p.matches(b.mul(x, x), b.mul(u, v)));
    }

    @Test
    void twoPlacesMayBeOneNode() {
        assertTrue(p.matches(b.sub(x, y), b.sub(u, u)));
    }

    @Test
    void sumsMatchInEitherOrderAndDifferencesInOne() {
        Node form = b.add(b.unary(UnaryFunction.EXP, x), y);
        assertTrue(p.matches(form, b.add(v, b.unary(UnaryFunction.EXP, u))));
        assertSame(u, p.at(x));
        Node difference = b.sub(b.unary(UnaryFunction.EXP, x), y);
        assertFalse(p.matches(difference, b.sub(v, b.unary(UnaryFunction.EXP, u))));
    }

    /** The first order of the sum fits by itself, and only what comes after it shows that the other one is meant. */
    @Test
    void anOrderThatLeadsNowhereIsGivenUp() {
        assertTrue(p.matches(b.sub(b.add(x, y), x), b.sub(b.add(u, v), v)));
        assertSame(v, p.at(x));
        assertSame(u, p.at(y));
        assertFalse(p.matches(b.sub(b.add(x, y), x), b.sub(b.add(u, v), w)));
    }

    @Test
    void typesArePartOfTheForm() {
        Node wide = b.input("wide", TensorType.of(DType.F32, 3, 4));
        assertFalse(p.matches(b.sub(x, y), b.sub(wide, v)));
        assertFalse(p.matches(b.convert(x, DType.F64), b.convert(u, DType.F16)));
    }

    @Test
    void aNumberIsAConstantOfOneValue() {
        Node number = p.number(DType.F32);
        assertTrue(p.matches(b.mul(x, number), b.mul(b.constant(DType.F32, 3), u)));
        assertEquals(3, p.numberAt(number));
        assertFalse(p.matches(b.mul(x, number), b.mul(v, u)));
    }

    @Test
    void constantsOfTheFormHaveToAgree() {
        Node form = b.add(x, b.constant(DType.F32, 1));
        assertTrue(p.matches(form, b.add(u, b.constant(new Literal.Splat(1), TYPE))));
        assertFalse(p.matches(form, b.add(u, b.constant(DType.F32, 2))));
        assertFalse(p.matches(form, b.add(u, v)));
    }

    @Test
    void placesHaveConditions() {
        Node once = p.once(TYPE, node -> node.op() instanceof TensorOp.Input);
        assertTrue(p.matches(b.sub(once, y), b.sub(u, v)));
        assertFalse(p.matches(b.sub(once, y), b.sub(v, u)));
        assertTrue(p.matches(b.add(once, y), b.add(v, u)));
    }

    @Test
    void aNodeOfTheProgramStandsForItself() {
        assertTrue(p.matches(b.sub(x, v), b.sub(u, v)));
        assertFalse(p.matches(b.sub(x, v), b.sub(u, w)));
    }

    @Test
    void findsWhatIsWrittenAsAnIdiom() {
        Idioms idioms = new Idioms(b);
        assertTrue(p.matches(idioms.gelu(x), idioms.gelu(b.add(u, v))));
        assertFalse(p.matches(idioms.gelu(x), idioms.geluTanh(u)));
    }
}
