package detangle.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.text.Parser;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A device that fails while it replaces values leaves some old and some new: nobody may take them for one state. */
class TornVariablesTest {
    private static final Program PROGRAM = Parser.parse("test.dtir", """
            func @read() -> (y: f32[]) {
              %a = param "a" : f32[]
              return y = %a
            }
            """);

    private static final class Failing extends Variables {
        private final Map<String, Tensor> values;
        private boolean fails;

        Failing(Map<String, Tensor> values) {
            super(values);
            this.values = new HashMap<>(values);
        }

        @Override
        protected Tensor copy(String name) {
            return values.get(name);
        }

        @Override
        protected void replace(String name, Tensor value) {
            if (fails) {
                throw new BackendException("the device is gone");
            }
            values.put(name, value);
        }
    }

    private static Tensor scalar(float value) {
        return Tensor.of(new float[] {value}, new long[0]);
    }

    @Test
    void tornValuesAreReadByNobodyUntilAllAreWritten() {
        Failing variables = new Failing(Map.of("a", scalar(1), "b", scalar(2)));
        Variables.Turn turn = variables.turn(PROGRAM);
        variables.fails = true;
        assertThrows(BackendException.class, () -> variables.write("a", scalar(3)));
        variables.fails = false;
        BackendException torn = assertThrows(BackendException.class, () -> variables.read("b"));
        assertTrue(torn.getMessage().contains("write all of them before the next run"), torn.getMessage());
        assertThrows(BackendException.class, () -> turn.take(() -> "ran"));
        variables.write("a", scalar(3));
        assertThrows(BackendException.class, () -> variables.read("a"), "b is not written yet");
        variables.write(Map.of("a", scalar(3), "b", scalar(4)));
        assertEquals(4, variables.read("b").getDouble(0));
        assertEquals("ran", turn.take(() -> "ran"));
    }
}
