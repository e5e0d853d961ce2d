package detangle.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Program.Output;
import detangle.ir.Program.Update;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import detangle.ir.text.Parser;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Each constraint has a program that breaks it. */
class VerifierTest {
    private static final String ARGUMENTS = """
            %x: f32[B,S,8], %y: f32[B,S,8], %i: i32[B,S], %m: i1[B,S], %t: f32[9,8], %v: f32[8], %k: i64[],
            %c: f32[3,S,8], %w: f32[4,8,3], %n: f32[9,7], %q: f32[B,S,4,8], %r: i1[B,1,1,S], %p: f32[4,6,8],
            %h: f32[T,4,8], %g: i32[N], %o: i32[T], %l: i64[8]""";

    /** Label, statement, declared type. */
    private static final String BROKEN = """
            arity | dot %x | f32[B,S,8]
            constant_c1 | constant dense<1, 2> | f32[3]
            constant_c2 | constant 0.5 | i32[3]
            constant_c2 | constant dense<0, 1, 2> | i1[3]
            constant_c2 | constant 1000 | i8[]
            iota_c1 | iota {axis=0, start=0} | f32[4]
            iota_c2 | iota {axis=1, start=0} | i32[4]
            unary_c1 | exp %i | i32[B,S]
            binary_c1 | add %x, %m | f32[B,S,8]
            binary_c2 | add %x, %t | f32[B,S,8]
            compare_c1 | lt %i, %m | i1[B,S]
            compare_c2 | lt %x, %t | i1[B,S,8]
            select_c1 | select %x, %x, %y | f32[B,S,8]
            select_c2 | select %m, %i, %m | i32[B,S]
            select_c3 | select %m, %x, %t | f32[B,S,8]
            reduce_c1 | reduce_sum %x {axis=3} | f32[B,S,8]
            reduce_c2 | reduce_sum %m {axis=0} | i1[1,S]
            dot_c1 | dot %v, %v | f32[]
            dot_c2 | dot %x, %y | f32[B,S,8]
            dot_c3 | dot %x, %c {rhs_t} | f32[B,S,S]
            reshape_c1 | reshape %x | f32[B,S]
            transpose_c1 | transpose %x {perm=[0,1]} | f32[B,S,8]
            broadcast_c1 | broadcast %x | f32[B,8]
            slice_c1 | slice %x {axis=3, start=0, limit=1} | f32[B,S,8]
            slice_c2 | slice %t {axis=0, start=2, limit=10} | f32[8,8]
            concat_c1 | concat {axis=0} | f32[B]
            concat_c2 | concat %x, %t {axis=0} | f32[B,S,8]
            pad_c1 | pad %x {axis=3, before=0, after=0} | f32[B,S,8]
            pad_c2 | pad %x {axis=0, before=-1, after=0} | f32[B-1,S,8]
            gather_c1 | gather %k, %i | i64[B,S]
            gather_c2 | gather %t, %x | f32[B,S,8,8]
            scatter_add_c1 | scatter_add %t, %v, %x | f32[9,8]
            scatter_add_c2 | scatter_add %t, %i, %t | f32[9,8]
            gather_last_c1 | gather_last %x, %y | f32[B,S,8]
            gather_last_c2 | gather_last %x, %k | f32[B,S,8]
            scatter_add_last_c1 | scatter_add_last %x, %y, %x | f32[B,S,8]
            scatter_add_last_c2 | scatter_add_last %x, %i, %t | f32[B,S,8]
            scatter_add_last_c2 | scatter_add_last %m, %i, %m | i1[B,S]
            toeplitz_c1 | toeplitz %i {rows=S, columns=S} | i32[S,S]
            conv1d_c1 | conv1d %x, %t {groups=1, padding=1} | f32[B,S,9]
            conv1d_c2 | conv1d %x, %w {groups=3, padding=1} | f32[B,S,4]
            conv1d_c3 | conv1d %x, %w {groups=1, padding=-1} | f32[B,S-4,4]
            after_c1 | after %x | f32[B,S,8]
            random_uniform_c1 | random_uniform %i {stream=0} | f32[2]
            elementwise_c2 | elementwise %x, %t {add(a0, a1)} | f32[B,S,8]
            elementwise_c3 | elementwise %x {add(a0, 1:i32)} | f32[B,S,8]
            elementwise_c4 | elementwise %x, %l {mul(a0, random_uniform(a1, 2:i64))} | f32[B,S,8]
            linear_c1 | linear %x, %v {act=none} | f32[B,S,8]
            linear_c2 | linear %x, %n {act=none} | f32[B,S,9]
            linear_c3 | linear %x, %t, %v {bias, act=none} | f32[B,S,9]
            layer_norm_c1 | layer_norm %i, %v, %v {eps=0.1} | i32[B,S]
            layer_norm_c2 | layer_norm %x, %t, %v, %v {residual, eps=0.1} | f32[B,S,8]
            layer_norm_c3 | layer_norm %x, %t, %v {eps=0.1} | f32[B,S,8]
            layer_norm_grad_c1 | layer_norm_grad %i, %v, %i {eps=0.1, result=dx} | i32[B,S]
            layer_norm_grad_c2 | layer_norm_grad %x, %t, %v, %x {residual, eps=0.1, result=dx} | f32[B,S,8]
            layer_norm_grad_c2 | layer_norm_grad %x, %v, %t {eps=0.1, result=dbeta} | f32[8]
            layer_norm_grad_c3 | layer_norm_grad %x, %t, %x {eps=0.1, result=dgamma} | f32[8]
            embedding_c1 | embedding %x, %t, %v, %v {eps=0.1} | f32[B,S,8]
            embedding_c2 | embedding %i, %t, %t, %v {eps=0.1} | f32[B,S,8]
            embedding_c3 | embedding %i, %t, %v, %v, %m {masked, eps=0.1} | f32[B,S,8]
            masked_softmax_c1 | masked_softmax %i, %m | i32[B,S]
            masked_softmax_c2 | masked_softmax %x, %y | f32[B,S,8]
            sum_of_squares_c1 | sum_of_squares %i | i32[]
            disentangled_attention_c1 | disentangled_attention %q, %q, %x, %r {terms=[c2c], scale=1} | f32[B,S,4,8]
            disentangled_attention_c2 | disentangled_attention %q, %q, %q, %m {terms=[c2c], scale=1} | f32[B,S,4,8]
            disentangled_attention_c3 | disentangled_attention %q, %q, %q, %r, %t, %i {terms=[c2c,c2p], scale=1} | f32[B,S,4,8]
            disentangled_attention_c4 | disentangled_attention %q, %q, %q, %r, %p, %i {terms=[c2c,c2p], scale=1} | f32[B,S,4,8]
            packed_attention_c1 | packed_attention %h, %h, %p, %g, %g, %o, %o {terms=[c2c], scale=1, length=S} | f32[T,4,8]
            packed_attention_c2 | packed_attention %h, %h, %h, %g, %g, %o, %g {terms=[c2c], scale=1, length=S} | f32[T,4,8]
            packed_attention_c3 | packed_attention %h, %h, %h, %g, %g, %o, %o, %t, %i {terms=[c2c,c2p], scale=1, length=S} | f32[T,4,8]
            packed_attention_c4 | packed_attention %h, %h, %h, %g, %g, %o, %o, %p, %o {terms=[c2c,c2p], scale=1, length=S} | f32[T,4,8]
            disentangled_attention_c5 | disentangled_attention %q, %q, %q, %r, %i {dropout, terms=[c2c], scale=1, rate=0.1, stream=1} | f32[B,S,4,8]
            packed_attention_c5 | packed_attention %h, %h, %h, %g, %g, %o, %o, %k {dropout, terms=[c2c], scale=1, length=S, rate=1, stream=1} | f32[T,4,8]
            disentangled_attention_grad_c1 | disentangled_attention_grad %q, %q, %q, %r, %x {terms=[c2c], scale=1, result=dq} | f32[B,S,4,8]
            disentangled_attention_grad_c2 | disentangled_attention_grad %q, %q, %q, %r, %q {terms=[c2c], scale=1, result=dpk} | f32[4,6,8]
            packed_attention_grad_c1 | packed_attention_grad %h, %h, %h, %g, %g, %o, %o, %p {terms=[c2c], scale=1, length=S, result=dv} | f32[T,4,8]
            packed_attention_grad_c2 | packed_attention_grad %h, %h, %h, %g, %g, %o, %o, %h {terms=[c2c], scale=1, length=S, result=dpq} | f32[4,6,8]
            node_type | neg %x | f32[B,S]
            size_c1 | constant 0 | f32[-1]
            size_c1 | constant 0 | f32[4294967296,4294967296]
            size_c1 | constant 0 | f64[2305843009213693952]
            size_c1 | reshape %x | f32[B*B*B*B*B*B*B*B,B*B*B*B*B*B*B*B*B]
            size_c1 | slice %o {axis=0, start=-9223372036854775807, limit=9} | i32[9]
            symbol_c1 | constant 0 | f32[U]
            symbol_c1 | iota {axis=0, start=U} | i32[4]
            symbol_c1 | packed_attention %h, %h, %h, %g, %g, %o, %o {terms=[c2c], scale=1, length=U} | f32[T,4,8]
            """;

    private static Set<String> labels(Program program) {
        return Verifier.verify(program).stream()
                .map(d -> d.constraint().label())
                .collect(Collectors.toSet());
    }

    @Test
    void everyConstraintCanBeBroken() {
        Set<String> covered = new TreeSet<>();
        for (String line : BROKEN.lines().toList()) {
            String[] parts = line.split(" \\| ");
            Program program = Parser.parse(
                    "t.dtir",
                    "func @t(" + ARGUMENTS + ") -> (out: " + parts[2] + ") {\n  %z = " + parts[1] + " : " + parts[2]
                            + "\n  return out = %z\n}");
            assertTrue(labels(program).contains(parts[0]), line + " breaks " + labels(program));
            covered.add(parts[0]);
        }
        // These cannot be written as text: see the tests below.
        covered.addAll(
                List.of("elementwise_c1", "input_c1", "output_c1", "param_c1", "update_c1", "update_c2", "update_c3"));
        // Those of levels are LevelTest's.
        Set<String> all = Arrays.stream(Constraint.values())
                .map(Constraint::label)
                .filter(label -> !label.startsWith("level_"))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(all, covered);
    }

    @Test
    void reportsPlaceAndReason() {
        Program program = Parser.parse("model.dtir", """
                func @t(%a: f32[B,64], %b: f32[32,B]) -> (out: f32[B,B]) {
                  %c2c = dot %a, %b : f32[B,B]
                  return out = %c2c
                }""");
        assertEquals(
                List.of("model.dtir:2:3: error [dot_c2]: contracted dims 64 and 32 differ in %c2c"),
                Verifier.verify(program).stream().map(Diagnostic::toString).toList());
    }

    @Test
    void regionArgumentsAreTheOperands() {
        Node x = new Builder().input("x", TensorType.of(DType.I32, 3));
        Region region = new Region(List.of(DType.F32), new ScalarExpr.Arg(0, DType.F32));
        Node wrong = new Node(
                new KernelOp.Elementwise(region), List.of(x), TensorType.of(DType.F32, 3), "", Optional.empty());
        assertEquals(Set.of("elementwise_c1"), labels(program(List.of(x), new Output("y", wrong))));
    }

    @Test
    void inputsAreListed() {
        Node x = new Builder().input("x", TensorType.of(DType.I32, 3));
        assertEquals(Set.of("input_c1"), labels(program(List.of(), new Output("y", x))));
    }

    @Test
    void outputNamesDiffer() {
        Node x = new Builder().input("x", TensorType.of(DType.I32, 3));
        assertEquals(Set.of("output_c1"), labels(program(List.of(x), new Output("y", x), new Output("y", x))));
    }

    @Test
    void parametersAreUpdatedOnceEachByValuesOfTheirType() {
        Builder b = new Builder();
        Node x = b.input("x", TensorType.of(DType.F32, 3));
        Node w = b.param("w", TensorType.of(DType.F32, 3));
        Node narrow = b.param("n", TensorType.of(DType.F16, 3));
        assertEquals(Set.of("update_c1"), labels(updating(x, new Update(x, w))));
        assertEquals(Set.of("update_c2"), labels(updating(x, new Update(w, x), new Update(w, w))));
        assertEquals(Set.of("update_c3"), labels(updating(x, new Update(narrow, x))));
        assertEquals(Set.of(), labels(updating(x, new Update(w, x))));
    }

    @Test
    void parametersOfOneNameHaveOneType() {
        Builder b = new Builder();
        Node wide = b.param("w", TensorType.of(DType.F32, 3));
        Node narrow = b.param("w", TensorType.of(DType.F16, 3));
        assertEquals(Set.of("param_c1"), labels(program(List.of(), new Output("y", wide), new Output("z", narrow))));
    }

    private static Program updating(Node input, Update... updates) {
        return new Program("t", List.of(input), List.of(), List.of(updates), Map.of());
    }

    private static Program program(List<Node> inputs, Output... outputs) {
        return new Program("t", inputs, List.of(outputs), Map.of());
    }
}
