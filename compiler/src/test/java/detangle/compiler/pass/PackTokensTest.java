package detangle.compiler.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.compiler.Compiler;
import detangle.compiler.PackedInputs;
import detangle.ir.DType;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Philox;
import detangle.ir.interpreter.Precision;
import detangle.ir.text.Parser;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PackTokensTest {
    /** A layer over an embedding: attention with both terms, a convolution, and something of the first token. */
    private static final String LAYER = """
            func @f(%ids: i64[B,S], %mask: i64[B,S], %e: f32[9,8], %g: f32[8], %w: f32[8,8], %c: f32[8,8,3], %p: f32[2,6,4], %t: i32[2*S-1]INPUTS) -> (y: f32[B,S,8]RESULTS) {
              %0 = constant 0 : i64[]
              %m = ne %mask, %0 : i1[B,S]
              %r = reshape %m : i1[B,S,1]
              %a = reshape %m : i1[B,1,S,1]
              %b = reshape %m : i1[B,1,1,S]
              %n = and %a, %b : i1[B,1,S,S]
              %x = embedding %ids, %e, %g, %g, %r {masked, eps=1.0E-7} : f32[B,S,8]
              %q = linear %x, %w {act=none} : f32[B,S,8]
              %h = reshape %q : f32[B,S,2,4]
              %o = disentangled_attention %h, %h, %h, %n, %p, %p, %t {terms=[c2c,c2p,p2c], scale=0.5} : f32[B,S,2,4]
              %u = reshape %o : f32[B,S,8]
              %l = layer_norm %u, %x, %g, %g {residual, eps=1.0E-7} : f32[B,S,8]
              %k = conv1d %x, %c {groups=1, padding=1} : f32[B,S,8]
              %v = add %l, %k : f32[B,S,8]
              %z = constant 0 : f32[]
              %y = select %r, %v, %z : f32[B,S,8]
              STATEMENTS
              return y = %yRETURNS
            }
            """;

    private static Program layer(String results, String statements, String returns) {
        return layer(results, statements, returns, "");
    }

    private static Program layer(String results, String statements, String returns, String inputs) {
        return Parser.parse(
                "layer.dtir",
                LAYER.replace("RESULTS", results)
                        .replace("INPUTS", inputs)
                        .replace("STATEMENTS", statements)
                        .replace("RETURNS", returns));
    }

    private static Program packed(Program program) {
        return Compiler.run(program, List.of(new PackTokens()), (p, r) -> {});
    }

    private static PackedInputs of(Program program) {
        return PackedInputs.of(packed(program)).orElseThrow();
    }

    private static Tensor floats(long... shape) {
        Random random = new Random(shape.length);
        double[] values = random.doubles(Tensor.elements(shape), -1, 1).toArray();
        return Tensor.ofDoubles(DType.F32, values, shape);
    }

    private static Map<String, Tensor> inputs(long length, long... mask) {
        long batch = mask.length / length;
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put("ids", Tensor.of(new Random(1).longs(mask.length, 0, 9).toArray(), batch, length));
        inputs.put("mask", Tensor.of(mask, batch, length));
        inputs.put("e", floats(9, 8));
        inputs.put("g", floats(8));
        inputs.put("w", floats(8, 8));
        inputs.put("c", floats(8, 8, 3));
        inputs.put("p", floats(2, 6, 4));
        inputs.put("t", Tensor.of(new Random(2).ints(2 * length - 1, 0, 6).toArray(), 2 * length - 1));
        return inputs;
    }

    private static void same(Program program, Map<String, Tensor> inputs) {
        Map<String, Tensor> all = new HashMap<>(inputs);
        all.putAll(PackedMask.inputs(of(program), inputs.get("mask")));
        Interpreter interpreter = new Interpreter(Precision.F64);
        Map<String, Tensor> expected = interpreter.run(program, inputs);
        Map<String, Tensor> actual = interpreter.run(packed(program), all);
        expected.forEach((name, tensor) -> {
            for (int i = 0; i < tensor.elements(); i++) {
                assertEquals(tensor.getDouble(i), actual.get(name).getDouble(i), 1e-12, name + " at " + i);
            }
        });
    }

    @Test
    void holesAndPaddingOnEitherSideKeepTheValue() {
        same(layer("", "", ""), inputs(5, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1));
    }

    @Test
    void nothingButPaddingGivesZeros() {
        same(layer("", "", ""), inputs(3, 0, 0, 0, 0, 0, 0));
    }

    @Test
    void readersOfTheFirstPositionReadTheFirstToken() {
        String statements = "%s = slice %l {axis=1, start=0, limit=1} : f32[B,1,8]\n  %d = add %l, %s : f32[B,S,8]"
                + "\n  %i = select %r, %d, %z : f32[B,S,8]";
        Program program = layer(", s: f32[B,1,8], i: f32[B,S,8]", statements, ", s = %s, i = %i");
        assertTrue(of(program).readsFirstTokens());
        same(program, inputs(4, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0));
    }

    /** As needed-rows leaves it: one query a sequence. */
    @Test
    void attentionOfFirstTokensReadsAllKeys() {
        String statements = "%hs = slice %h {axis=1, start=0, limit=1} : f32[B,1,2,4]"
                + "\n  %ns = slice %n {axis=2, start=0, limit=1} : i1[B,1,1,S]"
                + "\n  %ts = slice %t {axis=0, start=0, limit=S} : i32[S]"
                + "\n  %s = disentangled_attention %hs, %h, %h, %ns, %p, %p, %ts {terms=[c2c,c2p,p2c], scale=0.5} : f32[B,1,2,4]";
        Program program = layer(", s: f32[B,1,2,4]", statements, ", s = %s");
        assertTrue(PackedInputs.of(packed(program)).isPresent());
        same(program, inputs(4, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0));
    }

    /** As a masked LM's head does: by the number of a token in the padded batch. */
    @Test
    void tokensAreLookedUp() {
        String statements = "%flat = reshape %l : f32[B*S,8]\n  %s = gather %flat, %rows : f32[N,8]";
        Program program = layer(", s: f32[N,8]", statements, ", s = %s", ", %rows: i64[N]");
        assertTrue(of(program).looksUp());
        Map<String, Tensor> inputs = inputs(4, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0);
        inputs.put("rows", Tensor.of(new long[] {9, 3, 7, 3}, 4));
        same(program, inputs);
    }

    /** A sum over positions reads padding, of which a packed program knows nothing. */
    @Test
    void whatReadsPaddingStaysPadded() {
        Program program = layer(", s: f32[B,1,8]", "%s = reduce_sum %l {axis=1} : f32[B,1,8]", ", s = %s");
        assertEquals(program, packed(program));
    }

    /** Cross entropy of each token's row with its label, where labels below 0 and padding do not count. */
    private static final String LOSS = """
            %zero = constant 0 : i64[]
              %labelled = ge %labels, %zero : i1[B,S]
              %counts = and %labelled, %m : i1[B,S]
              %max = reduce_max %l {axis=2} : f32[B,S,1]
              %still = stop_gradient %max : f32[B,S,1]
              %less = sub %l, %still : f32[B,S,8]
              %exp = exp %less : f32[B,S,8]
              %sum = reduce_sum %exp {axis=2} : f32[B,S,1]
              %log = log %sum : f32[B,S,1]
              %lse = add %log, %still : f32[B,S,1]
              %some = select %counts, %labels, %zero : i64[B,S]
              %index = reshape %some : i64[B,S,1]
              %own = gather_last %l, %index : f32[B,S,1]
              %minus = sub %lse, %own : f32[B,S,1]
              %row = reshape %minus : f32[B,S]
              %rows = select COUNTS, %row, %z : f32[B,S]
              %flat = reshape %rows : f32[B*S]
              %loss = reduce_sum %flat {axis=0} : f32[1]""";

    private static Program withLoss(String counts) {
        return layer(", loss: f32[1]", LOSS.replace("COUNTS", counts), ", loss = %loss", ", %labels: i64[B,S]");
    }

    @Test
    void lossesOfTokensAreSummedOverTokens() {
        Map<String, Tensor> inputs = inputs(4, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 0);
        inputs.put("labels", Tensor.of(new long[] {3, -100, 5, 7, 2, 0, -100, 1, -100, 4, 6, 1}, 3, 4));
        Program program = withLoss("%counts");
        assertTrue(PackedInputs.of(packed(program)).isPresent());
        same(program, inputs);
    }

    /** Then labels at padding count, and what stands there is not known. */
    @Test
    void lossesThatCountPaddingStayPadded() {
        Program program = withLoss("%labelled");
        assertEquals(program, packed(program));
    }

    /** Where an answer is looked for among tokens alone, padding has a share of nothing. */
    @Test
    void scoresOfPositionsNeedNoPadding() {
        String statements = "%s = slice %l {axis=2, start=0, limit=1} : f32[B,S,1]"
                + "\n  %at = reshape %s : f32[B,S]"
                + "\n  %never = constant -inf : f32[]"
                + "\n  %scores = select %m, %at, %never : f32[B,S]"
                + "\n  %best = reduce_max %scores {axis=1} : f32[B,1]";
        Program program = layer(", best: f32[B,1]", statements, ", best = %best");
        assertTrue(PackedInputs.of(packed(program)).isPresent());
        same(program, inputs(4, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 0));
    }

    /**
     * Numbers are drawn for tokens, and the convolution, which runs padded, sees the same elements dropped as
     * attention does: the value is that of the padded program with the tokens' numbers in the tokens' rows.
     */
    @Test
    void allReadersOfAValueSeeTheSameElementsDropped() {
        String random = "%uni = random_uniform %seed {stream=3} : f32[B,S,8]";
        String drop = "\n  %half = constant 0.5 : f32[]\n  %two = constant 2 : f32[]"
                + "\n  %keep = ge %uni, %half : i1[B,S,8]\n  %scaled = mul %e1, %two : f32[B,S,8]"
                + "\n  %zf = constant 0 : f32[]\n  %x = select %keep, %scaled, %zf : f32[B,S,8]";
        String layer = LAYER.replace("RESULTS", "").replace("STATEMENTS", "").replace("RETURNS", "");
        String embedding = "%x = embedding %ids, %e, %g, %g, %r {masked, eps=1.0E-7} : f32[B,S,8]";
        String named = embedding.replace("%x", "%e1");
        Program drawn = Parser.parse(
                "drawn.dtir",
                layer.replace("INPUTS", ", %seed: i64[]").replace(embedding, named + "\n  " + random + drop));
        Program given = Parser.parse(
                "given.dtir", layer.replace("INPUTS", ", %uni: f32[B,S,8]").replace(embedding, named + drop));
        Map<String, Tensor> inputs = inputs(4, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 0);
        Map<String, Tensor> packedMask = PackedMask.inputs(of(drawn), inputs.get("mask"));
        Tensor rows = packedMask.get(PackedInputs.ROWS);
        float[] numbers = new float[3 * 4 * 8];
        for (int i = 0; i < rows.elements() * 8; i++) {
            numbers[Math.toIntExact(rows.getLong(i / 8)) * 8 + i % 8] = (float) Philox.uniform(7, 3, i);
        }
        Interpreter interpreter = new Interpreter(Precision.F64);
        Map<String, Tensor> ofGiven = new HashMap<>(inputs);
        ofGiven.put("uni", Tensor.of(numbers, 3, 4, 8));
        Map<String, Tensor> ofDrawn = new HashMap<>(inputs);
        ofDrawn.putAll(packedMask);
        ofDrawn.put("seed", Tensor.of(new long[] {7}));
        double[] expected = interpreter.run(given, ofGiven).get("y").toDoubles();
        assertArrayEquals(
                expected, interpreter.run(packed(drawn), ofDrawn).get("y").toDoubles(), 1e-12);
    }
}
