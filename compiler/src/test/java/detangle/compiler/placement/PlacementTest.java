package detangle.compiler.placement;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.compiler.Compiler;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Place;
import detangle.ir.Program;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import detangle.ir.text.Parser;
import detangle.ir.text.Printer;
import detangle.testing.RandomRun;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class PlacementTest {
    private static final String PROGRAM = """
            func @f(%x: f32[B,4]) -> (y: f32[B,4], z: f32[B,4]) {
              %0 = constant 2 : f32[]
              %1 = elementwise %x, %0 {mul(a0, a1)} : f32[B,4]
              %2 = elementwise %1 {exp(a0)} : f32[B,4]
              %3 = elementwise %2, %1 {add(a0, a1)} : f32[B,4]
              return y = %3, z = %2
            }
            """;

    private static boolean isExp(Node node) {
        return node.op() instanceof KernelOp.Elementwise(Region region) && region.body() instanceof ScalarExpr.Unary;
    }

    @Test
    void oneOperationOnTheDevice() {
        assertEquals("""
                func @f(%x: f32[B,4]) -> (y: f32[B,4], z: f32[B,4]) {
                  %0 = constant 2 : f32[]
                  %1 = elementwise %x, %0 {mul(a0, a1)} : f32[B,4]
                  %2 = transfer %1 {to=device} : f32[B,4]
                  %3 = elementwise %2 {exp(a0)} : f32[B,4]
                  %4 = transfer %3 {to=host} : f32[B,4]
                  %5 = elementwise %4, %1 {add(a0, a1)} : f32[B,4]
                  return y = %5, z = %4
                }
                """, placed(PlacementTest::isExp));
    }

    @Test
    void oneOperationOnTheHost() {
        assertEquals("""
                func @f(%x: f32[B,4]) -> (y: f32[B,4], z: f32[B,4]) {
                  %0 = transfer %x {to=device} : f32[B,4]
                  %1 = constant 2 : f32[]
                  %2 = elementwise %0, %1 {mul(a0, a1)} : f32[B,4]
                  %3 = transfer %2 {to=host} : f32[B,4]
                  %4 = elementwise %3 {exp(a0)} : f32[B,4]
                  %5 = transfer %4 {to=device} : f32[B,4]
                  %6 = elementwise %5, %2 {add(a0, a1)} : f32[B,4]
                  %7 = transfer %6 {to=host} : f32[B,4]
                  return y = %7, z = %4
                }
                """, placed(node -> !isExp(node)));
    }

    /** A parameter may change, so it lives in one place; what follows from it alone has a place as well. */
    @Test
    void parametersLiveOnTheDevice() {
        Program program = Parser.parse("test.dtir", """
                func @f(%x: f32[4]) -> (y: f32[4]) {
                  %w = param "w" : f32[4]
                  %0 = elementwise %w {exp(a0)} : f32[4]
                  %1 = elementwise %x, %w {mul(a0, a1)} : f32[4]
                  %2 = elementwise %0, %1 {add(a0, a1)} : f32[4]
                  return y = %2
                }
                """);
        Program placed = placed(program, PlacementTest::isExp);
        assertEquals("""
                func @f(%x: f32[4]) -> (y: f32[4]) {
                  %w = param "w" : f32[4]
                  %0 = elementwise %w {exp(a0)} : f32[4]
                  %1 = transfer %0 {to=host} : f32[4]
                  %2 = transfer %w {to=host} : f32[4]
                  %3 = elementwise %x, %2 {mul(a0, a1)} : f32[4]
                  %4 = elementwise %1, %3 {add(a0, a1)} : f32[4]
                  return y = %4
                }
                """, Printer.print(placed));
        List<Segment> segments = Segment.split(placed);
        assertEquals(
                List.of(Place.HOST, Place.DEVICE, Place.HOST),
                segments.stream().map(Segment::place).toList());
        assertEquals(
                List.of("param"),
                segments.getFirst().taken().values().stream()
                        .map(node -> node.op().mnemonic())
                        .toList());
    }

    /** What a parameter becomes is taken to where the parameter lives. */
    @Test
    void updatesHappenOnTheDevice() {
        Program program = Parser.parse("test.dtir", """
                func @f(%x: f32[4]) -> () {
                  %w = param "w" : f32[4]
                  update "w" = %x
                  return
                }
                """);
        assertEquals("""
                func @f(%x: f32[4]) -> () {
                  %w = param "w" : f32[4]
                  %0 = transfer %x {to=device} : f32[4]
                  update "w" = %0
                  return
                }
                """, Printer.print(placed(program, node -> true)));
    }

    private static String placed(Predicate<Node> onDevice) {
        return Printer.print(placed(Parser.parse("test.dtir", PROGRAM), onDevice));
    }

    private static Program placed(Program program, Predicate<Node> onDevice) {
        return Compiler.run(program, List.of(new Placement(onDevice)), (pass, p) -> {});
    }

    /** What a placed program says is what its text says. */
    @Test
    void anyPlacementIsPrintedAndParsedAlike() {
        RandomRun.run("placement", false, 200, (seed, sample) -> {
            Random random = new Random(seed);
            Program placed = new Placement(node -> random.nextBoolean()).run(sample.program());
            assertEquals(Printer.print(placed), Printer.print(Parser.parse("placed.dtir", Printer.print(placed))));
        });
    }
}
