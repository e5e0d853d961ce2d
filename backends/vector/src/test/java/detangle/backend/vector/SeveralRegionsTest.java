package detangle.backend.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.backend.Executable;
import detangle.backend.vector.kernel.WorkerPool;
import detangle.compiler.Compiler;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.text.Parser;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Regions with several results, broadcasting and random numbers, over more elements than a task has. */
class SeveralRegionsTest {
    private static final int ROWS = 301;
    private static final int COLUMNS = 117;

    private static final String PROGRAM = """
            func @f(%x: f32[R,117], %row: f32[117], %column: f32[R,1], %seed: i64[])
                -> (y: f32[R,117], more: i1[R,117], whole: i32[R,117]) {
              %y = elementwise %x, %row, %column, %seed {EXPRESSIONS} {result=0} : f32[R,117]
              %more = elementwise %x, %row, %column, %seed {EXPRESSIONS} {result=1} : i1[R,117]
              %whole = elementwise %x, %row, %column, %seed {EXPRESSIONS} {result=2} : i32[R,117]
              return y = %y, more = %more, whole = %whole
            }
            """.replace(
                    "EXPRESSIONS",
                    "select(ge(random_uniform(a3, 5:i64), 0.25:f32), add(mul(a0, a1), a2), 0:f32), "
                            + "gt(a0, a2), convert_i32(floor(mul(a0, 10:f32)))");

    private static Map<String, Tensor> inputs(int rows) {
        float[] x = new float[rows * COLUMNS];
        float[] row = new float[COLUMNS];
        float[] column = new float[rows];
        for (int i = 0; i < x.length; i++) {
            x[i] = (i * 7919 % 1000) / 500f - 1;
        }
        for (int i = 0; i < COLUMNS; i++) {
            row[i] = i;
        }
        for (int i = 0; i < rows; i++) {
            column[i] = i / (float) rows;
        }
        return Map.of(
                "x",
                Tensor.of(x, rows, COLUMNS),
                "row",
                Tensor.of(row, COLUMNS),
                "column",
                Tensor.of(column, rows, 1),
                "seed",
                Tensor.of(new long[] {99}));
    }

    @Test
    void agreeWithTheInterpreterOnAnyNumberOfThreads() {
        Program program = Parser.parse("test.dtir", PROGRAM);
        int all = WorkerPool.SHARED.threads();
        try (Executable executable = new VectorDevice().load(Compiler.compile(program, List.of()))) {
            for (int rows : List.of(1, 2, ROWS)) {
                Map<String, Tensor> expected = new Interpreter(Precision.F32).run(program, inputs(rows));
                for (int threads = 1; threads <= all; threads++) {
                    WorkerPool.SHARED.limit(threads);
                    Map<String, Tensor> actual = executable.run(inputs(rows));
                    expected.forEach((name, value) -> assertArrayEquals(
                            value.toDoubles(), actual.get(name).toDoubles(), name));
                }
            }
        } finally {
            WorkerPool.SHARED.limit(all);
        }
    }

    /** A program may read some of the results only. */
    @Test
    void resultsThatNobodyReadsAreLeftOut() {
        Program program = Parser.parse("test.dtir", PROGRAM);
        Program part =
                new Program("part", program.inputs(), program.outputs().subList(2, 3), List.of(), program.constants());
        try (Executable executable = new VectorDevice().load(Compiler.compile(part, List.of()))) {
            Map<String, Tensor> actual = executable.run(inputs(ROWS));
            assertEquals(1, actual.size());
            assertArrayEquals(
                    new Interpreter(Precision.F32)
                            .run(part, inputs(ROWS))
                            .get("whole")
                            .toDoubles(),
                    actual.get("whole").toDoubles());
        }
    }
}
