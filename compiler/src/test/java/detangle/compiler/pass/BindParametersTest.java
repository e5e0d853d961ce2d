package detangle.compiler.pass;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.compiler.CompileException;
import detangle.ir.DType;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.text.Parser;
import detangle.ir.text.Printer;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BindParametersTest {
    private static final String MODEL = """
            func @f(%x: f32[2]) -> (y: f32[2]) {
              %0 = param "a" : f32[2]
              %1 = add %x, %0 : f32[2]
              %2 = param "b" : f32[2]
              %3 = add %1, %2 : f32[2]
              return y = %3
            }
            """;

    private static Tensor tensor(DType dtype, int size) {
        return Tensor.ofDoubles(dtype, new double[size], size);
    }

    private static void becomes(BindParameters pass, String before, String after) {
        assertEquals(after, Printer.print(pass.run(Parser.parse("model.dtir", before))));
    }

    @Test
    void parametersBecomeConstantsInTheirStoredType() {
        Map<String, Tensor> weights = Map.of("a", tensor(DType.F32, 2), "b", tensor(DType.F16, 2));
        becomes(new BindParameters(weights), MODEL, """
                func @f(%x: f32[2]) -> (y: f32[2]) {
                  %0 = constant @"a" : f32[2]
                  %1 = add %x, %0 : f32[2]
                  %2 = constant @"b" : f16[2]
                  %3 = convert %2 : f32[2]
                  %4 = add %1, %3 : f32[2]
                  return y = %4
                }
                """);
    }

    @Test
    void holdsTheDataItNeeds() {
        Map<String, Tensor> weights =
                Map.of("a", tensor(DType.F32, 2), "b", tensor(DType.F32, 2), "c", tensor(DType.F32, 9));
        Program bound = new BindParameters(weights).run(Parser.parse("model.dtir", MODEL));
        assertEquals(Set.of("a", "b"), bound.constants().keySet());
    }

    @Test
    void variablesStayParameters() {
        becomes(new BindParameters(Map.of("b", tensor(DType.F32, 2)), Set.of("a")), MODEL, """
                func @f(%x: f32[2]) -> (y: f32[2]) {
                  %0 = param "a" : f32[2]
                  %1 = add %x, %0 : f32[2]
                  %2 = constant @"b" : f32[2]
                  %3 = add %1, %2 : f32[2]
                  return y = %3
                }
                """);
    }

    @Test
    void whatIsUpdatedIsAVariable() {
        String updating = MODEL.replace("return", "update \"a\" = %3\n  return");
        becomes(new BindParameters(Map.of("a", tensor(DType.F32, 2), "b", tensor(DType.F32, 2))), updating, """
                func @f(%x: f32[2]) -> (y: f32[2]) {
                  %0 = param "a" : f32[2]
                  %1 = add %x, %0 : f32[2]
                  %2 = constant @"b" : f32[2]
                  %3 = add %1, %2 : f32[2]
                  update "a" = %3
                  return y = %3
                }
                """);
    }

    @Test
    void namesWhatIsAbsent() {
        Program model = Parser.parse("model.dtir", MODEL);
        CompileException e = assertThrows(CompileException.class, () -> new BindParameters(Map.of()).run(model));
        assertTrue(e.getMessage().startsWith("the checkpoint lacks 2 parameters: a, b;"), e.getMessage());
    }

    @Test
    void namesAnotherShape() {
        Program model = Parser.parse("model.dtir", MODEL);
        Map<String, Tensor> weights = Map.of("a", tensor(DType.F32, 2), "b", tensor(DType.F32, 3));
        CompileException e = assertThrows(CompileException.class, () -> new BindParameters(weights).run(model));
        assertTrue(e.getMessage().startsWith("the parameter b has shape [3]"), e.getMessage());
    }
}
