package detangle.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.DType;
import detangle.ir.Decomposition;
import detangle.ir.Tensor;
import detangle.ir.Verifier;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.text.Parser;
import detangle.ir.text.Printer;
import detangle.testing.RandomPrograms.Sample;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EveryFunctionTest {
    @ParameterizedTest
    @EnumSource
    void isValidWrittenReadAndInterpreted(DType dtype) {
        Sample sample = EveryFunction.of(dtype);
        assertEquals(List.of(), Verifier.verify(sample.program()));
        String text = Printer.print(sample.program());
        assertEquals(text, Printer.print(Parser.parse("every.dtir", text)));
        Interpreter single = new Interpreter(Precision.F32);
        EveryFunction.check(sample, single.run(sample.program(), sample.inputs()), 1);
        EveryFunction.check(sample, single.run(Decomposition.decompose(sample.program()), sample.inputs()), 1);
    }

    /** A function whose result is that of another is named. */
    @ParameterizedTest
    @EnumSource
    void whatIsWrongIsNamed(DType dtype) {
        Sample sample = EveryFunction.of(dtype);
        Map<String, Tensor> wrong =
                new HashMap<>(new Interpreter(Precision.F64).run(sample.program(), sample.inputs()));
        wrong.put("lt", wrong.get("gt"));
        AssertionError error = assertThrows(AssertionError.class, () -> EveryFunction.check(sample, wrong, 1));
        assertTrue(error.getMessage().startsWith("[lt by "), error.getMessage());
    }
}
