package detangle.ir;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Axes of shapes are counted from both ends, and shapes broadcast as in NumPy. */
class ShapeTest {
    private static final Dim B = Dim.symbol("B");
    private static final Shape SHAPE = Shape.of(B, Dim.of(3), Dim.of(1));

    @Test
    void axesCountFromBothEnds() {
        assertEquals(3, SHAPE.rank());
        assertEquals(B, SHAPE.dim(0));
        assertEquals(Dim.of(3), SHAPE.dim(1));
        assertEquals(Dim.of(1), SHAPE.dim(-1));
        assertEquals(B, SHAPE.dim(-3));
        assertEquals("[B,3,7]", SHAPE.with(-1, Dim.of(7)).toString());
        assertEquals("[7,3,1]", SHAPE.with(0, Dim.of(7)).toString());
        assertEquals("[B,3,1]", SHAPE.toString());
        assertEquals("[]", Shape.SCALAR.toString());
    }

    @Test
    void shapesAreCutAndJoined() {
        assertEquals("[3]", SHAPE.sub(1, 2).toString());
        assertEquals(Shape.SCALAR, SHAPE.sub(1, 1));
        assertEquals("[B,3,1,2,4]", SHAPE.concat(Shape.of(2, 4)).toString());
    }

    @Test
    void sizesFollowFromSymbols() {
        assertFalse(SHAPE.isStatic());
        assertTrue(SHAPE.sub(1, 3).isStatic());
        assertTrue(Shape.SCALAR.isStatic());
        assertEquals(B.times(3), SHAPE.elements());
        assertEquals(Dim.of(1), Shape.SCALAR.elements());
        assertArrayEquals(new long[] {5, 3, 1}, SHAPE.evaluate(Map.of("B", 5L)));
        assertArrayEquals(new long[] {2, 4}, Shape.of(2, 4).sizes());
        assertThrows(SizeException.class, SHAPE::sizes);
    }

    @Test
    void axesHaveABound() {
        assertEquals(Shape.MAX_AXES, Shape.of(new long[Shape.MAX_AXES]).rank());
        SizeException e = assertThrows(SizeException.class, () -> Shape.of(new long[Shape.MAX_AXES + 1]));
        assertEquals("a shape has 17 axes, and no more than 16 are possible", e.getMessage());
    }

    private static void assertBroadcast(String expected, Shape a, Shape b) {
        assertEquals(Optional.of(expected), Shape.broadcast(a, b).map(Shape::toString));
        assertEquals(Optional.of(expected), Shape.broadcast(b, a).map(Shape::toString));
    }

    @Test
    void shapesBroadcastFromTheEnd() {
        assertBroadcast("[B,3,1]", SHAPE, SHAPE);
        assertBroadcast("[B,3,1]", SHAPE, Shape.SCALAR);
        assertBroadcast("[B,3,4]", SHAPE, Shape.of(3, 4));
        assertBroadcast("[B,3,4]", SHAPE, Shape.of(1, 4));
        assertBroadcast("[2,B,3,1]", SHAPE, Shape.of(2, 1, 1, 1));
        assertBroadcast("[B,0,1]", Shape.of(B, Dim.of(1), Dim.of(1)), Shape.of(0, 1));
        assertEquals(Optional.empty(), Shape.broadcast(SHAPE, Shape.of(2, 1)));
        assertEquals(Optional.empty(), Shape.broadcast(SHAPE, Shape.of(2, 3, 1)));
        assertEquals(Optional.empty(), Shape.broadcast(Shape.of(0), Shape.of(2)));
    }

    @Test
    void aShapeBroadcastsToOneThatItLeavesAsItIs() {
        assertTrue(Shape.of(3, 1).broadcastsTo(SHAPE));
        assertTrue(SHAPE.broadcastsTo(SHAPE));
        assertFalse(SHAPE.broadcastsTo(Shape.of(3, 1)));
        assertFalse(Shape.of(3, 4).broadcastsTo(SHAPE));
        assertFalse(Shape.of(2, 1).broadcastsTo(SHAPE));
    }
}
