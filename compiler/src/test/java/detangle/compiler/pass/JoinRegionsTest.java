package detangle.compiler.pass;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.KernelOp;
import detangle.ir.Program;
import detangle.ir.text.Parser;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Regions become one as long as a kernel for devices takes all that it reads and writes. */
class JoinRegionsTest {
    /** Two updates, each the sum of a shared tensor and some of its own. */
    private static Program program(int first, int second) {
        String inputs = IntStream.range(0, first + second)
                .mapToObj(i -> "%x" + i + ": f32[4]")
                .collect(Collectors.joining(", "));
        return Parser.parse(
                "test.dtir", """
                func @f(%%t: f32[4], %s) -> () {
                  %%a = param "a" : f32[4]
                  %%b = param "b" : f32[4]
                %s%s  update "a" = %%ra
                  update "b" = %%rb
                  return
                }
                """.formatted(inputs, region("ra", 0, first), region("rb", first, first + second)));
    }

    private static String region(String name, int from, int to) {
        String operands = IntStream.range(from, to).mapToObj(i -> ", %x" + i).collect(Collectors.joining());
        String sum = "a0";
        for (int i = 1; i <= to - from; i++) {
            sum = "add(" + sum + ", a" + i + ")";
        }
        return "  %" + name + " = elementwise %t" + operands + " {" + sum + "} : f32[4]\n";
    }

    private static long joined(int first, int second) {
        return new JoinRegions()
                .run(program(first, second)).updates().stream()
                        .filter(update -> update.value().op() instanceof KernelOp.Elementwise(var region)
                                && region.hasSeveralResults())
                        .count();
    }

    @Test
    void regionsThatADeviceTakesTogetherBecomeOne() {
        assertEquals(2, joined(6, 6));
    }

    /** Fourteen operands and two results are one array too many. */
    @Test
    void operandsAndResultsCount() {
        assertEquals(0, joined(7, 6));
    }
}
