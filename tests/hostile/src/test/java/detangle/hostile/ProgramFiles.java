package detangle.hostile;

import static detangle.hostile.ProgramReader.text;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Programs that somebody might write to do harm. */
final class ProgramFiles {
    static final String EXAMPLE = """
            func @scores(%q: f32[B,S,64], %k: f32[B,S,64]) -> (out: f32[B,S,S]) {
              %c = constant 0.125 : f32[]
              %0 = dot %q, %k {rhs_t} : f32[B,S,S]
              %1 = mul %0, %c : f32[B,S,S]
              return out = %1
            }
            """;

    static final String KERNELS = """
            func @kernels(%x: f32[B,S,8], %ids: i32[B,S], %m: i1[B,S,1]) -> (a: f32[B,S,8], b: f32[B,S,8], c: f32[B,S,2,4]) {
              %w = constant @"w" : f32[8,8]
              %v = constant @"v" : f32[8]
              %t = constant @"table" : f16[5,8]
              %l = linear %x, %w, %v {bias, act=gelu} : f32[B,S,8]
              %n = layer_norm %l, %x, %v, %v {residual, eps=1.0E-7} : f32[B,S,8]
              %e = embedding %ids, %t, %v, %v, %m {masked, eps=0.1} : f32[B,S,8]
              %s = elementwise %n, %e {mul(a0, add(a1, 0.5:f32))} : f32[B,S,8]
              %h = reshape %s : f32[B,S,2,4]
              %p = constant @"positions" : f32[2,4,4]
              %rows = iota {axis=0, start=-S+1} : i32[2*S-1]
              %zero = constant 0 : i32[]
              %r = mul %rows, %zero : i32[2*S-1]
              %mask = reshape %m : i1[B,1,1,S]
              %o = disentangled_attention %h, %h, %h, %mask, %p, %p, %r {terms=[c2c,c2p,p2c], scale=0.5} : f32[B,S,2,4]
              return a = %n, b = %e, c = %o
            }
            """;

    private ProgramFiles() {}

    static List<Hostile> all() {
        List<Hostile> all = new ArrayList<>();
        texts(all);
        sizes(all);
        wrongs(all);
        many(all);
        runs(all);
        all.addAll(StrangeFiles.inThePlaceOf(ProgramReader.FILE, folder -> {}));
        return all;
    }

    /** A program with two vectors and these statements, which returns {@code %y}. */
    private static String program(String type, String statements) {
        return "func @f(%x: f32[S], %i: i32[S], %b: f32[B,S,8]) -> (y: " + type + ") {\n" + statements
                + "\n  return y = %y\n}\n";
    }

    private static String statement(String type, String operation) {
        return program(type, "  %y = " + operation + " : " + type);
    }

    private static String repeated(int count, IntFunction<String> line) {
        return IntStream.range(0, count).mapToObj(line).collect(Collectors.joining());
    }

    private static void texts(List<Hostile> all) {
        all.add(text("a word", "func", "expected"));
        all.add(text("half a program", EXAMPLE.substring(0, EXAMPLE.length() / 2), "program.dtir:"));
        all.add(text("two programs", EXAMPLE + EXAMPLE, "expected the end"));
        all.add(text("a million brackets", "(".repeat(1_000_000), "expected"));
        all.add(text(
                "a million opening brackets of a type", "func @f(%x: f32" + "[".repeat(1_000_000), "expected a value"));
        all.add(text("a string without an end", program("f32[S]", "  %y = param \"abc : f32[S]"), "does not end"));
        all.add(text(
                "a string of backslashes",
                program("f32[S]", "  %y = param \"" + "\\".repeat(99_999) + "\" : f32[S]"),
                ""));
        all.add(text(
                "a name of a megabyte",
                program("f32[S]", "  %" + "a".repeat(1 << 20) + " = abs %x : f32[S]\n  %y = abs %x : f32[S]"),
                ""));
        all.add(text(
                "an operation of a megabyte",
                statement("f32[S]", "a".repeat(1 << 20) + " %x"),
                "there is no operation"));
        all.add(text(
                "a parameter of a megabyte", statement("f32[S]", "param \"" + "p".repeat(1 << 20) + '"'), "not bound"));
        all.add(text("a number of a megabyte", statement("f32[S]", "constant " + "9".repeat(1 << 20)), ""));
        all.add(text("a comment of four megabytes", "//" + " ".repeat(4 << 20) + "\n" + EXAMPLE, ""));
        all.add(text("nine megabytes", "//" + " ".repeat(9 << 20) + "\n" + EXAMPLE, "bytes"));
        all.add(text("a million empty lines", "\n".repeat(1_000_000) + EXAMPLE, ""));
        all.add(text("controls", "func @\u001b[31m\u0007\u0000\u202e", "unexpected character"));
        all.add(text(
                "controls in a name that is quoted",
                statement("f32[S]", "param \"\u001b[31m\u202e\u2028\""),
                "not bound"));
        all.add(text("letters of other scripts", EXAMPLE.replace("scores", "\u0441\u0441"), "unexpected character"));
        all.add(new Hostile(
                "UTF-16",
                FolderWriter.file(ProgramReader.FILE, EXAMPLE.getBytes(StandardCharsets.UTF_16)),
                "program.dtir"));
        all.add(new Hostile(
                "bytes of all kinds",
                FolderWriter.file(ProgramReader.FILE, SentencePieceReader.filled(1 << 20, 0xff)),
                "program.dtir"));
        all.add(text("a byte order mark", "\uFEFF" + EXAMPLE, ""));
    }

    private static void sizes(List<Hostile> all) {
        all.add(text("20 000 factors", statement("f32[" + "S*".repeat(20_000) + "S]", "abs %x"), "symbols"));
        all.add(text("factors of one", statement("f32[" + "1*".repeat(20_000) + "S]", "abs %x"), ""));
        all.add(text("20 000 terms", statement("f32[S" + "+S-S".repeat(20_000) + "]", "abs %x"), ""));
        all.add(text("20 000 symbols", statement("f32[S" + repeated(20_000, i -> "+S" + i) + "]", "abs %x"), "terms"));
        all.add(text("a symbol of a megabyte", statement("f32[" + "S".repeat(1 << 20) + "]", "abs %x"), "not a name"));
        all.add(text("a size beyond 64 bits", statement("f32[9223372036854775808]", "constant 0"), "not a size"));
        all.add(text("a product beyond 64 bits", statement("f32[4294967296*4294967296]", "constant 0"), "64 bits"));
        all.add(text("bytes beyond 64 bits", statement("f32[4611686018427387904]", "constant 0"), "size_c1"));
        all.add(text("elements beyond 64 bits", statement("f32[4294967296,4294967296]", "constant 0"), "size_c1"));
        all.add(text("2^60 elements", statement("f32[1152921504606846976]", "constant 0"), "1152921504606846976"));
        all.add(text(
                "2^60 places counted",
                statement("i32[1152921504606846976]", "iota {axis=0, start=0}"),
                "1152921504606846976"));
        all.add(text("two thousand million elements", statement("f32[2000000000]", "constant 0"), "needs"));
        all.add(text("powers of a sum of symbols", program("f32[S]", "  %a = reshape %x : f32[(S)]"), "program.dtir"));
        all.add(text(
                "an axis of a hundred products",
                statement("f32[" + "a+b+c,".repeat(15) + "a+b+c]", "constant 0"),
                "terms"));
        all.add(text("a million axes", statement("f32[" + "1,".repeat(1_000_000) + "1]", "abs %x"), "more than 16"));
        all.add(text("a negative size", statement("f32[-3]", "constant 0"), "negative"));
        all.add(text("a size that becomes negative", statement("f32[S-9]", "constant 0"), "size -"));
        all.add(text("no elements", statement("f32[0]", "constant 0"), ""));
        all.add(text("no elements of much", statement("f32[0,4294967296]", "constant 0"), ""));
        all.add(text("a symbol without a size", statement("f32[U]", "constant 0"), "symbol_c1"));
        all.add(text(
                "an iota from a symbol without a size", statement("i32[4]", "iota {axis=0, start=U}"), "symbol_c1"));
        all.add(text(
                "a start beyond 64 bits",
                statement("i32[4]", "iota {axis=0, start=99999999999999999999}"),
                "not a size"));
        all.add(text(
                "a start that overflows",
                statement("f32[1]", "slice %x {axis=0, start=-9223372036854775807, limit=9}"),
                "64 bits"));
        all.add(text(
                "padding beyond all memory",
                statement("f32[S+4611686018427387904]", "pad %x {axis=0, before=0, after=4611686018427387904}"),
                ""));
        all.add(text("a cube of rows", statement("f32[S*S*S*S*S*S*S*S*S*S*S*S*S*S*S*S]", "constant 0"), "needs"));
        all.add(text("a padding of a convolution beyond an int", program("f32[B,4294967295,8]", """
                  %w = constant 1 : f32[8,8,1]
                  %y = conv1d %b {groups=1, padding=2147483647} : f32[B,4294967295,8]"""), "arity"));
        all.add(text("a convolution of much padding", program("f32[B,S+4294967294,8]", """
                  %w = constant 1 : f32[8,8,1]
                  %y = conv1d %b, %w {groups=1, padding=2147483647} : f32[B,S+4294967294,8]"""), ""));
    }

    private static void wrongs(List<Hostile> all) {
        all.add(text("no operand", statement("f32[S]", "abs"), "arity"));
        all.add(text("too many operands", statement("f32[S]", "abs %x, %x"), "arity"));
        all.add(text(
                "a value before it is defined",
                program("f32[S]", "  %y = abs %z : f32[S]\n  %z = abs %x : f32[S]"),
                "not defined"));
        all.add(text("a value of itself", statement("f32[S]", "abs %y"), "not defined"));
        all.add(text(
                "a name twice", program("f32[S]", "  %y = abs %x : f32[S]\n  %y = neg %x : f32[S]"), "defined twice"));
        all.add(text("an argument twice", EXAMPLE.replace("%k: f32", "%q: f32"), "defined twice"));
        all.add(text("a result twice", EXAMPLE.replace("out = %1", "out = %1, out = %1"), "not declared"));
        all.add(text(
                "a result that is not returned", EXAMPLE.replace("(out:", "(other: f32[S], out:"), "not returned"));
        all.add(text("another type", statement("f64[S]", "abs %x"), "node_type"));
        all.add(text("no type", program("f32[S]", "  %y = abs %x"), "expected ':'"));
        all.add(text("an unknown type", statement("f31[S]", "abs %x"), "not an element type"));
        all.add(text("an axis beyond the last", statement("f32[S]", "reduce_sum %x {axis=2147483647}"), "reduce_c1"));
        all.add(text("an axis before the first", statement("f32[S]", "reduce_sum %x {axis=-1}"), "reduce_c1"));
        all.add(text(
                "an axis beyond an int",
                statement("f32[S]", "reduce_sum %x {axis=99999999999}"),
                "not a whole number"));
        all.add(text("no axis", statement("f32[S]", "reduce_sum %x"), "missing"));
        all.add(text("an axis twice", statement("f32[1]", "reduce_sum %x {axis=0, axis=0}"), "given twice"));
        all.add(text(
                "an attribute of another", statement("f32[1]", "reduce_sum %x {axis=0, start=1}"), "unknown here"));
        all.add(text(
                "a hundred thousand attributes",
                statement("f32[S]", "abs %x {" + repeated(100_000, i -> "a" + i + ", ") + "z}"),
                "more than"));
        all.add(text(
                "an attribute in brackets",
                statement("f32[1]", "reduce_sum %x {axis=" + "[".repeat(50_000) + "]".repeat(50_000) + "}"),
                "whole number"));
        all.add(text(
                "axes of a permutation that are missing",
                statement("f32[S]", "transpose %x {perm=[]}"),
                "transpose_c1"));
        all.add(text(
                "a permutation of a million",
                statement("f32[S]", "transpose %x {perm=[" + "0,".repeat(1_000_000) + "0]}"),
                "transpose_c1"));
        all.add(text("an empty region", statement("f32[S]", "elementwise %x {}"), "program.dtir:"));
        all.add(text(
                "a region of what is not an operand", statement("f32[S]", "elementwise %x {a1}"), "no operand a1"));
        all.add(text(
                "a region of operand 999999999", statement("f32[S]", "elementwise %x {a999999999}"), "program.dtir:"));
        all.add(text(
                "a region 50 000 deep",
                statement("f32[S]", "elementwise %x {" + "abs(".repeat(50_000) + "a0"),
                "nested"));
        all.add(text(
                "a region of 100 000 parts",
                statement(
                        "f32[S]",
                        "elementwise %x {" + "add(a0, ".repeat(99) + repeated(2_000, i -> "add(abs(abs(a0)), a0)")),
                "program.dtir:"));
        all.add(text("a wide region", statement("f32[S]", "elementwise %x {" + tree(12) + "}"), "parts"));
        all.add(text("a region of another type", statement("f32[S]", "elementwise %i {exp(a0)}"), "elementwise_c3"));
        all.add(text("half a bit", statement("i1[S]", "constant 0.5"), "constant_c2"));
        all.add(text("an integer that is not a number", statement("i32[S]", "constant nan"), "program.dtir"));
        all.add(text("an integer beyond its type", statement("i8[S]", "constant 1e300"), "constant_c2"));
        all.add(text("values of another number", statement("f32[3]", "constant dense<1, 2>"), "constant_c1"));
        all.add(text("values of a shape without an end", statement("f32[S]", "constant dense<1, 2>"), "constant_c1"));
        all.add(text("data that are not there", statement("f32[3000000]", "constant @\"w\""), ""));
        all.add(text("groups of nothing", program("f32[B,S,8]", """
                  %w = constant 1 : f32[8,8,1]
                  %y = conv1d %b, %w {groups=0, padding=0} : f32[B,S,8]"""), "conv1d_c2"));
    }

    private static String tree(int depth) {
        return depth == 0 ? "a0" : "add(" + tree(depth - 1) + ", " + tree(depth - 1) + ")";
    }

    private static void many(List<Hostile> all) {
        all.add(text(
                "a million statements",
                program("f32[S]", repeated(1_000_000 / 4, i -> "  %" + Integer.toString(i, 36) + "_=abs %x:f32[S]\n")),
                "program.dtir"));
        all.add(text(
                "a chain of 5 000",
                program(
                        "f32[S]",
                        "  %v0 = abs %x : f32[S]\n"
                                + repeated(4_999, i -> "  %v" + (i + 1) + " = neg %v" + i + " : f32[S]\n")
                                + "  %y = abs %v4999 : f32[S]"),
                ""));
        all.add(text(
                "doublings of doublings",
                program(
                        "f32[S]",
                        "  %v0 = abs %x : f32[S]\n"
                                + repeated(60, i -> "  %v" + (i + 1) + " = add %v" + i + ", %v" + i + " : f32[S]\n")
                                + "  %y = abs %v60 : f32[S]"),
                ""));
        all.add(text(
                "doublings of an index",
                program(
                        "i32[S,S]",
                        "  %v0 = iota {axis=0, start=0} : i32[S,S]\n"
                                + repeated(80, i -> "  %v" + (i + 1) + " = add %v" + i + ", %v" + i + " : i32[S,S]\n")
                                + "  %z = constant 0 : f32[S,9]\n  %y = scatter_add %v80, %i, %v80 : i32[S,S]"),
                ""));
        all.add(text(
                "10 000 results",
                "func @f(%x: f32[S]) -> (" + repeated(10_000, i -> "r" + i + ": f32[S], ")
                        + "y: f32[S]) {\n return y = %x\n}",
                "more than 1000"));
        all.add(text(
                "10 000 arguments",
                "func @f(" + repeated(10_000, i -> "%a" + i + ": f32[S], ")
                        + "%x: f32[S]) -> (y: f32[S]) {\n return y = %x\n}",
                "more than 1000"));
        all.add(text(
                "100 000 operands",
                statement("f32[S]", "concat " + "%x, ".repeat(100_000) + "%x {axis=0}"),
                "more than 1000"));
        all.add(text(
                "a million values",
                statement("f32[1000001]", "constant dense<" + "0,".repeat(1_000_000) + "0>"),
                "more than 65536"));
        all.add(text(
                "5 000 errors",
                program("f32[S]", repeated(5_000, i -> "  %v" + i + " = exp %i : f32[S]\n") + "  %y = abs %x : f32[S]"),
                ""));
        all.add(text(
                "errors of 900 operands",
                program(
                        "i32[S]",
                        repeated(900, i -> "  %v" + i + " = exp %i : i32[S]\n") + "  %y = concat "
                                + repeated(899, i -> "%v" + i + ", ") + "%v899 {axis=0} : i32[S]"),
                "unary_c1"));
        all.add(text(
                "names that other names end in",
                program(
                        "f32[S]",
                        "  %n = abs %x : f32[S]\n" + repeated(3_000, i -> "  %n_" + i + " = abs %x : f32[S]\n")
                                + "  %y = abs %n : f32[S]"),
                ""));
    }

    private static void runs(List<Hostile> all) {
        all.add(text(
                "an id outside of its table",
                program(
                        "f32[S]",
                        "  %nine = constant 9 : i32[]\n  %j = add %i, %nine : i32[S]\n  %y = gather %x, %j : f32[S]"),
                "outside a table"));
        all.add(text(
                "an id before its table",
                program(
                        "f32[S]",
                        "  %one = constant 1 : i32[]\n  %j = sub %i, %one : i32[S]\n  %y = gather %x, %j : f32[S]"),
                "outside a table"));
        all.add(text(
                "rows added outside",
                program(
                        "f32[S]",
                        "  %nine = constant 9 : i32[]\n  %j = add %i, %nine : i32[S]\n  %y = scatter_add %x, %j, %x : f32[S]"),
                "outside a table"));
        all.add(text(
                "a look-up outside of the last axis",
                program(
                        "f32[S]",
                        "  %nine = constant 9 : i32[]\n  %j = add %i, %nine : i32[S]\n  %y = gather_last %x, %j : f32[S]"),
                "outside a table"));
        all.add(text(
                "a slice that is too long for its axis",
                statement("f32[S*S+1]", "slice %x {axis=0, start=0, limit=S*S+1}"),
                "does not lie"));
        all.add(text(
                "a division by zero",
                program("i32[S]", "  %z = sub %i, %i : i32[S]\n  %y = div %i, %z : i32[S]"),
                "divided by zero"));
        all.add(text(
                "the least integer divided by -1",
                program(
                        "i32[1]",
                        "  %a = constant -2147483648 : i32[1]\n  %b = constant -1 : i32[1]\n  %y = div %a, %b : i32[1]"),
                ""));
        all.add(text(
                "packed attention of segments that do not ascend",
                packed("constant dense<0, 9, 3>", "constant dense<0, 1, 2>"),
                "do not ascend"));
        all.add(text(
                "packed attention of positions far away",
                packed("constant dense<0, 1, 3>", "constant dense<0, 1, 2147483647>"),
                ""));
        all.add(text(
                "packed attention of negative positions",
                packed("constant dense<0, 1, 3>", "constant dense<-5, -4, -3>"),
                ""));
        all.add(text(
                "attention with a table of rows that are not there", program("f32[B,S,2,4]", """
                  %h = reshape %b : f32[B,S,2,4]
                  %m = constant 1 : i1[B,1,1,S]
                  %p = constant 1 : f32[2,3,4]
                  %r = constant 7 : i32[2*S-1]
                  %y = disentangled_attention %h, %h, %h, %m, %p, %p, %r {terms=[c2c,c2p,p2c], scale=1} : f32[B,S,2,4]"""), "outside a table"));
    }

    private static String packed(String segments, String positions) {
        return program(
                "f32[3,2,4]",
                "  %h = constant 1 : f32[3,2,4]\n  %x0 = slice %x {axis=0, start=0, limit=1} : f32[1]\n"
                        + "  %r = reshape %x0 : f32[1,1,1]\n  %q = add %h, %r : f32[3,2,4]\n"
                        + "  %s = " + segments + " : i32[3]\n  %p = " + positions + " : i32[3]\n"
                        + "  %y = packed_attention %q, %q, %q, %s, %s, %p, %p {terms=[c2c], scale=1, length=4} : f32[3,2,4]");
    }
}
