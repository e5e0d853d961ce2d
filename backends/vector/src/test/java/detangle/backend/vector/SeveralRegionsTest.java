package detangle.backend.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.backend.Executable;
import detangle.backend.Variables;
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

    private static final String NEW_M = "add(mul(0.9:f32, a0), mul(0.1:f32, mul(a1, a2)))";
    private static final String NEW_V = "add(mul(0.999:f32, a3), mul(0.001:f32, mul(mul(a1, a2), mul(a1, a2))))";

    /** A step of AdamW over variables: arithmetic alone, a condition of one element, results where operands are. */
    private static final String STEP = """
            func @f(%clip: f32[], %finite: i1[], %rate: f32[]) -> (rate: f32[]) {
              %twice = elementwise %rate {add(a0, a0)} : f32[]
              %m = param "m" : f32[COUNT]
              %g = param "g" : f32[COUNT]
              %v = param "v" : f32[COUNT]
              %p = param "p" : f32[COUNT]
              %newM = elementwise %m, %g, %clip, %v, %finite, %p, %rate {EXPRESSIONS} {result=0} : f32[COUNT]
              %newV = elementwise %m, %g, %clip, %v, %finite, %p, %rate {EXPRESSIONS} {result=1} : f32[COUNT]
              %newP = elementwise %m, %g, %clip, %v, %finite, %p, %rate {EXPRESSIONS} {result=2} : f32[COUNT]
              update "m" = %newM
              update "v" = %newV
              update "p" = %newP
              return rate = %twice
            }
            """.replace(
                    "EXPRESSIONS",
                    "select(a4, " + NEW_M + ", a0), select(a4, " + NEW_V + ", a3), "
                            + "select(a4, sub(mul(a5, sub(1:f32, a6)), div(neg(" + NEW_M + "), add(sqrt(max(" + NEW_V
                            + ", abs(a3))), 1.0E-8:f32))), a5)");

    private static Tensor numbers(int count, float factor) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = factor * (i * 7919 % 1000 - 100);
        }
        return Tensor.of(numbers, count);
    }

    /** The number of elements is not a multiple of a vector, a block and a task. */
    @Test
    void stepsOfAnOptimizerAgreeWithTheInterpreterOnAnyNumberOfThreads() {
        int all = WorkerPool.SHARED.threads();
        try {
            for (int count : List.of(1, 511, 517, 2 * 16384 + 2048 + 29)) {
                Program program = Parser.parse("test.dtir", STEP.replace("COUNT", Integer.toString(count)));
                Map<String, Tensor> values = Map.of(
                        "m", numbers(count, 0.01f),
                        "g", numbers(count, -0.003f),
                        "v", numbers(count, 0.02f),
                        "p", numbers(count, 0.5f));
                for (boolean finite : List.of(true, false)) {
                    Map<String, Tensor> inputs = Map.of(
                            "clip", Tensor.of(new float[] {0.7f}),
                            "finite", Tensor.of(new boolean[] {finite}),
                            "rate", Tensor.of(new float[] {0.03f}));
                    Map<String, Tensor> expected = new Interpreter(Precision.F32)
                            .run(program, inputs, values)
                            .updates();
                    for (int threads = 1; threads <= all; threads++) {
                        WorkerPool.SHARED.limit(threads);
                        agreesAfterOneRun(program, inputs, values, expected);
                    }
                }
            }
        } finally {
            WorkerPool.SHARED.limit(all);
        }
    }

    private static void agreesAfterOneRun(
            Program program, Map<String, Tensor> inputs, Map<String, Tensor> values, Map<String, Tensor> expected) {
        VectorDevice device = new VectorDevice();
        Variables variables = device.variables(values);
        try (Executable executable = device.load(Compiler.compile(program, List.of()), variables)) {
            executable.run(inputs);
            assertEquals(3, expected.size());
            expected.forEach((name, value) ->
                    assertArrayEquals(value.toDoubles(), variables.read(name).toDoubles(), name));
        }
    }
}
