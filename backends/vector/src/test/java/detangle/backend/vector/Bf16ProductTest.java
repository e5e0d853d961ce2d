package detangle.backend.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import detangle.backend.BackendException;
import detangle.backend.ComputePrecision;
import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.NotFiniteConstantException;
import detangle.backend.Plan;
import detangle.backend.Variables;
import detangle.backend.vector.amx.Bf16;
import detangle.backend.vector.amx.MatrixUnits;
import detangle.backend.vector.amx.MatrixUnits.Answer;
import detangle.compiler.Compiler;
import detangle.ir.DType;
import detangle.ir.Tensor;
import detangle.ir.text.Parser;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Programs whose products with constant matrices are in bfloat16, by the tiles of this machine or those in Java. */
class Bf16ProductTest {
    private static final int ROWS = 3;
    private static final int N = 40;
    private static final int K = 50;

    /** A linear layer, and a product with the same matrix the other way round, as in the gradient of the layer. */
    private static final String PROGRAM = """
            func @products(%x: f32[3,50], %dy: f32[3,40]) -> (y: f32[3,40], dx: f32[3,50]) {
              %w = constant @"w" : f32[40,50]
              %b = constant @"b" : f32[40]
              %y = linear %x, %w, %b {bias, act=none} : f32[3,40]
              %dx = dot %dy, %w : f32[3,50]
              return y = %y, dx = %dx
            }
            """;

    private static final String NARROW = PROGRAM.replace(
            "%w = constant @\"w\" : f32[40,50]", "%n = constant @\"w\" : bf16[40,50]\n  %w = convert %n : f32[40,50]");

    private final float[] weight = floats(N * K, 1);
    private final float[] bias = floats(N, 2);
    private final float[] x = floats(ROWS * K, 3);
    private final float[] dy = floats(ROWS * N, 4);

    private static float[] floats(int count, long seed) {
        Random random = new Random(seed);
        float[] floats = new float[count];
        for (int i = 0; i < count; i++) {
            floats[i] = (float) random.nextGaussian();
        }
        return floats;
    }

    @AfterEach
    void computesInFp32Again() {
        System.clearProperty(ComputePrecision.EMULATION);
    }

    private static Device emulating() {
        System.setProperty(ComputePrecision.EMULATION, "true");
        return new VectorDevice().withPrecision(ComputePrecision.BF16);
    }

    private Plan plan(String text, Tensor w) {
        return Compiler.compile(
                Parser.parse("test.dtir", text).withConstants(Map.of("w", w, "b", Tensor.of(bias, N))), List.of());
    }

    private void check(Device device, Plan plan, boolean rounds) {
        try (Executable executable = device.load(plan)) {
            Map<String, Tensor> outputs =
                    executable.run(Map.of("x", Tensor.of(x, ROWS, K), "dy", Tensor.of(dy, ROWS, N)));
            for (int i = 0; i < ROWS; i++) {
                for (int n = 0; n < N; n++) {
                    double sum = bias[n];
                    for (int k = 0; k < K; k++) {
                        float left = x[i * K + k];
                        sum += (double) (rounds ? rounded(left) : left) * matrix(n, k, rounds);
                    }
                    assertEquals(sum, outputs.get("y").getDouble((long) i * N + n), 2e-5);
                }
                for (int k = 0; k < K; k++) {
                    double sum = 0;
                    for (int n = 0; n < N; n++) {
                        sum += (double) dy[i * N + n] * matrix(n, k, rounds);
                    }
                    assertEquals(sum, outputs.get("dx").getDouble((long) i * K + k), 2e-5);
                }
            }
        }
    }

    private float matrix(int n, int k, boolean rounds) {
        return rounds ? rounded(weight[n * K + k]) : weight[n * K + k];
    }

    private static float rounded(float number) {
        return Bf16.widen(Bf16.round(number));
    }

    @Test
    void operandsOfProductsAreRoundedToBfloat16() {
        check(emulating(), plan(PROGRAM, Tensor.of(weight, N, K)), true);
    }

    @Test
    void aWeightThatIsStoredInBfloat16IsTakenAsItIs() {
        double[] numbers = new double[weight.length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = rounded(weight[i]);
        }
        check(emulating(), plan(NARROW, Tensor.ofDoubles(DType.BF16, numbers, N, K)), true);
    }

    /** Neither the property nor a device in bfloat16 changes what the others compute. */
    @Test
    void fp32IsAsItWas() {
        Device device = emulating();
        check(new VectorDevice(), plan(PROGRAM, Tensor.of(weight, N, K)), false);
        check(device.host(), plan(PROGRAM, Tensor.of(weight, N, K)), false);
        check(device.withPrecision(ComputePrecision.FP32), plan(PROGRAM, Tensor.of(weight, N, K)), false);
    }

    @Test
    void aWeightBeyondBfloat16IsRefused() {
        weight[7] = Float.MAX_VALUE;
        Plan plan = plan(PROGRAM, Tensor.of(weight, N, K));
        assertThrows(NotFiniteConstantException.class, () -> emulating().load(plan));
    }

    @Test
    void bf16IsOfferedWhereThereIsAMatrixUnit() {
        Device device = new VectorDevice();
        switch (MatrixUnits.answer()) {
            case Answer.Present present -> {
                assertEquals(List.of(ComputePrecision.FP32, ComputePrecision.BF16), device.precisions());
                assertEquals(ComputePrecision.BF16, device.fastestPrecision());
                check(device.withPrecision(ComputePrecision.BF16), plan(PROGRAM, Tensor.of(weight, N, K)), true);
            }
            case Answer.Absent(String why) -> {
                assertEquals(List.of(ComputePrecision.FP32), device.precisions());
                assertEquals(ComputePrecision.FP32, device.fastestPrecision());
                BackendException e =
                        assertThrows(BackendException.class, () -> device.withPrecision(ComputePrecision.BF16));
                assertEquals(
                        "vector cannot compute in bf16, as there is no matrix unit: " + why
                                + "; --emulate computes the same numbers in Java, slowly",
                        e.getMessage());
            }
        }
        assertThrows(BackendException.class, () -> device.withPrecision(ComputePrecision.FP16));
    }

    @Test
    void emulationIsNotWhatIsFastest() {
        Device device = emulating();
        assumeTrue(MatrixUnits.answer() instanceof Answer.Absent, "this machine has a matrix unit");
        assertEquals(List.of(ComputePrecision.FP32, ComputePrecision.BF16), device.precisions());
        assertEquals(ComputePrecision.FP32, device.fastestPrecision());
    }

    /** The forward pass and both gradients of a layer whose weight is a parameter; other products stay in fp32. */
    @Test
    void parametersAreRoundedAnewWhenTheyChange() {
        String text = """
                func @step(%x: f32[3,50], %dy: f32[3,40]) -> (y: f32[3,40], dx: f32[3,50], dw: f32[40,50], t: f32[3,3]) {
                  %w = param "w" : f32[40,50]
                  %b = constant @"b" : f32[40]
                  %y = linear %x, %w, %b {bias, act=none} : f32[3,40]
                  %dx = dot %dy, %w : f32[3,50]
                  %dw = dot %dy, %x {lhs_t} : f32[40,50]
                  %t = dot %x, %x {rhs_t} : f32[3,3]
                  return y = %y, dx = %dx, dw = %dw, t = %t
                }
                """;
        Plan plan = Compiler.compile(
                Parser.parse("test.dtir", text).withConstants(Map.of("b", Tensor.of(bias, N))), List.of());
        Device device = emulating();
        Variables variables = device.variables(Map.of("w", Tensor.of(new float[N * K], N, K)));
        try (Executable executable = device.load(plan, variables)) {
            Map<String, Tensor> inputs = Map.of("x", Tensor.of(x, ROWS, K), "dy", Tensor.of(dy, ROWS, N));
            assertEquals(bias[1], executable.run(inputs).get("y").getDouble(1));
            variables.write("w", Tensor.of(weight, N, K));
            Map<String, Tensor> outputs = executable.run(inputs);
            for (int n = 0; n < N; n++) {
                for (int k = 0; k < K; k++) {
                    double sum = 0;
                    for (int i = 0; i < ROWS; i++) {
                        sum += (double) rounded(dy[i * N + n]) * rounded(x[i * K + k]);
                    }
                    assertEquals(sum, outputs.get("dw").getDouble((long) n * K + k), 2e-5);
                }
            }
            for (int i = 0; i < ROWS; i++) {
                for (int j = 0; j < ROWS; j++) {
                    double sum = 0;
                    for (int k = 0; k < K; k++) {
                        sum += (double) x[i * K + k] * x[j * K + k];
                    }
                    assertEquals(sum, outputs.get("t").getDouble((long) i * ROWS + j), 2e-5);
                }
                for (int k = 0; k < K; k++) {
                    double sum = 0;
                    for (int n = 0; n < N; n++) {
                        sum += (double) rounded(dy[i * N + n]) * matrix(n, k, true);
                    }
                    assertEquals(sum, outputs.get("dx").getDouble((long) i * K + k), 2e-5);
                }
                for (int n = 0; n < N; n++) {
                    double sum = bias[n];
                    for (int k = 0; k < K; k++) {
                        sum += (double) rounded(x[i * K + k]) * matrix(n, k, true);
                    }
                    assertEquals(sum, outputs.get("y").getDouble((long) i * N + n), 2e-5);
                }
            }
        }
    }

    /** The gradient of the input of a frozen layer, as under an adapter; a matrix of no layer multiplies in fp32. */
    @Test
    void frozenWeightsMultiplyGradientsOnTiles() {
        String text = """
                func @step(%x: f32[3,50], %dy: f32[3,40]) -> (y: f32[3,40], dx: f32[3,50], z: f32[3,40], dz: f32[3,50], t: f32[3,50]) {
                  %w = constant @"w" : f32[40,50]
                  %v = constant @"v" : f32[40,50]
                  %b = param "b" : f32[40]
                  %y = linear %x, %w, %b {bias, act=none} : f32[3,40]
                  %dx = dot %dy, %w : f32[3,50]
                  %u = constant @"u" : bf16[40,50]
                  %wide = convert %u : f32[40,50]
                  %z = linear %x, %u, %b {bias, act=none} : f32[3,40]
                  %dz = dot %dy, %wide : f32[3,50]
                  %t = dot %dy, %v : f32[3,50]
                  return y = %y, dx = %dx, z = %z, dz = %dz, t = %t
                }
                """;
        Tensor matrix = Tensor.of(weight, N, K);
        Tensor narrow = Tensor.ofDoubles(DType.BF16, matrix.toDoubles(), N, K);
        Map<String, Tensor> weights = Map.of("w", matrix, "v", matrix, "u", narrow);
        Plan plan = Compiler.compile(Parser.parse("test.dtir", text).withConstants(weights), List.of());
        Device device = emulating();
        try (Executable executable = device.load(plan, device.variables(Map.of("b", Tensor.of(bias, N))))) {
            Map<String, Tensor> outputs =
                    executable.run(Map.of("x", Tensor.of(x, ROWS, K), "dy", Tensor.of(dy, ROWS, N)));
            for (int i = 0; i < ROWS; i++) {
                for (int k = 0; k < K; k++) {
                    double onTiles = 0;
                    double inFp32 = 0;
                    for (int n = 0; n < N; n++) {
                        onTiles += (double) rounded(dy[i * N + n]) * matrix(n, k, true);
                        inFp32 += (double) dy[i * N + n] * matrix(n, k, true);
                    }
                    assertEquals(onTiles, outputs.get("dx").getDouble((long) i * K + k), 2e-5);
                    assertEquals(onTiles, outputs.get("dz").getDouble((long) i * K + k), 2e-5);
                    assertEquals(inFp32, outputs.get("t").getDouble((long) i * K + k), 2e-5);
                }
            }
        }
    }

    /** The layer adds the residual; the result has the same bits as where the norm adds it. */
    @Test
    void aResidualIsAddedBeforeTheNorm() {
        String text = """
                func @norm(%x: f32[3,50], %r: f32[3,40]) -> (y: f32[3,40]OUTPUT) {
                  %w = constant @"w" : f32[40,50]
                  %b = constant @"b" : f32[40]
                  %h = linear %x, %w, %b {bias, act=none} : f32[3,40]
                  %y = layer_norm %h, %r, %b, %b {eps=1e-07, residual} : f32[3,40]
                  return y = %yRESULT
                }
                """;
        String alone = text.replace("OUTPUT", "").replace("RESULT", "");
        String both = text.replace("OUTPUT", ", h: f32[3,40]").replace("RESULT", ", h = %h");
        Map<String, Tensor> inputs = Map.of("x", Tensor.of(x, ROWS, K), "r", Tensor.of(dy, ROWS, N));
        List<float[]> results = new ArrayList<>();
        for (String program : List.of(alone, both)) {
            try (Executable executable = emulating().load(plan(program, Tensor.of(weight, N, K)))) {
                results.add(executable.run(inputs).get("y").toFloats());
            }
        }
        assertArrayEquals(results.get(1), results.get(0));
    }
}
