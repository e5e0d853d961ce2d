package detangle.hostile;

import static detangle.hostile.StoredProgramReader.manifest;
import static detangle.hostile.StoredProgramReader.packed;
import static detangle.hostile.StoredProgramReader.padded;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Programs and manifests that somebody might put into an artifact in the place of the compiler's. */
final class StoredProgramFiles {
    private static final Pattern RESULT = Pattern.compile("  return logits = (%\\S+)\n");
    private static final Pattern PARAMETER = Pattern.compile("constant @\"([^\"]*classifier\\.weight)\" : (\\S+)");

    private StoredProgramFiles() {}

    static List<Hostile> all() {
        List<Hostile> all = new ArrayList<>();
        signatures(all);
        constants(all);
        sizes(all);
        manifests(all);
        return all;
    }

    private static void inPacked(List<Hostile> all, String name, UnaryOperator<String> change, String expected) {
        all.add(StoredProgramReader.of(name, change.apply(packed()), padded(), manifest(), expected));
    }

    private static void inPadded(List<Hostile> all, String name, UnaryOperator<String> change, String expected) {
        all.add(StoredProgramReader.of(name + ", padded", packed(), change.apply(padded()), manifest(), expected));
    }

    /** In both forms of the program. */
    private static void both(List<Hostile> all, String name, UnaryOperator<String> change, String expected) {
        inPacked(all, name, change, expected);
        inPadded(all, name, change, expected);
    }

    private static void signatures(List<Hostile> all) {
        both(all, "no program", text -> "", "program/");
        both(all, "half a program", text -> text.substring(0, text.length() / 2), "program/");
        both(all, "a program of something else", text -> ProgramFiles.EXAMPLE, "takes q");
        both(all, "an input of another name", text -> text.replace("input_ids", "input_idz"), "takes input_idz");
        both(all, "an input of another type", text -> text.replace("%input_ids: i64", "%input_ids: i32"), "program/");
        both(
                all,
                "an input of fixed size",
                text -> text.replace("%attention_mask: i64[B,S]", "%attention_mask: i64[B,3]"),
                "program/");
        both(all, "one input more", text -> text.replace("(%input_ids", "(%more: f32[], %input_ids"), "takes more");
        both(
                all,
                "inputs in another order",
                text -> text.replaceFirst(
                        "%input_ids: (\\S+), %attention_mask: i64\\[B,S]", "%attention_mask: i64[B,S], %input_ids: $1"),
                "takes attention_mask");
        inPacked(all, "rows of another name", text -> text.replace("token_rows", "token_row"), "token_row:");
        inPacked(all, "segments of another size", text -> text.replace("i32[B+1]", "i32[B+2]"), "program/");
        all.add(StoredProgramReader.of("the padded program as the packed one", padded(), padded(), manifest(), ""));
        all.add(StoredProgramReader.of(
                "the packed program as the padded one", packed(), packed(), manifest(), "missing"));
        both(all, "another result", text -> text.replace("logits", "scores"), "gives scores");
        both(
                all,
                "a result of another type",
                text -> RESULT.matcher(text.replace("(logits: f32[B,2])", "(logits: f64[B,2])"))
                        .replaceAll("  %wide = elementwise $1 {convert_f64(a0)} : f64[B,2]\n  return logits = %wide\n"),
                "gives logits: f64");
        both(
                all,
                "two results",
                text -> RESULT.matcher(text.replace("(logits: f32[B,2])", "(logits: f32[B,2], more: f32[B,2])"))
                        .replaceAll("  return logits = $1, more = $1\n"),
                "gives logits");
        both(
                all,
                "a symbol without a size",
                text -> with(text, "  %u = constant 0 : f32[U]\n  %v = reduce_sum %u {axis=0} : f32[1]\n"),
                "symbol_c1");
        both(all, "a wrong type", text -> text.replaceFirst("linear (.*) : f32", "linear $1 : f64"), "program/");
        both(all, "a million brackets", text -> text + "(".repeat(1_000_000), "expected the end");
        both(all, "bytes of a picture", text -> "\u0089PNG\r\n\u001a\n", "unexpected character");
        both(all, "controls", text -> text.replace("func @", "func @\u001b[31m\u202e"), "unexpected character");
        both(all, "nine megabytes", text -> "//" + " ".repeat(9 << 20) + "\n" + text, "characters");
        both(all, "30 000 statements", text -> many(text, 30_000), "20000");
        both(all, "10 000 additions", text -> many(text, 10_000), "");
    }

    /** The program whose result has zeros added to it that a value {@code %v} of one element gives. */
    private static String with(String text, String statements) {
        Matcher result = RESULT.matcher(text);
        return result.replaceAll(
                statements + "  %with = elementwise $1, %v {add(a0, a1)} : f32[B,2]\n  return logits = %with\n");
    }

    private static String many(String text, int count) {
        StringBuilder statements = new StringBuilder("  %m0 = constant 0 : f32[1]\n");
        for (int i = 1; i <= count; i++) {
            statements
                    .append("  %m")
                    .append(i)
                    .append(" = elementwise %m")
                    .append(i - 1)
                    .append(" {abs(a0)} : f32[1]\n");
        }
        return with(text, statements + "  %v = elementwise %m" + count + " {abs(a0)} : f32[1]\n");
    }

    private static void constants(List<Hostile> all) {
        both(
                all,
                "a constant of another name",
                text -> text.replace("classifier.weight", "classifier.weigth"),
                "weigth");
        both(
                all,
                "a file for a constant",
                text -> text.replace("classifier.weight", "file/config.json"),
                "file/config.json");
        both(all, "the seal for a constant", text -> text.replace("classifier.weight", "seal"), "'seal'");
        both(
                all,
                "folded data that are not there",
                text -> text.replace("classifier.weight", "folded.none"),
                "folded.none");
        both(
                all,
                "a constant twice",
                text -> PARAMETER.matcher(text).replaceFirst("constant @\"$1\" : $2\n  %again = constant @\"$1\" : $2"),
                "");
        both(
                all,
                "a constant twice that are both read",
                text -> with(
                        text,
                        "  %c = constant @\"classifier.bias\" : f32[2]\n  %d = reduce_max %c {axis=0} : f32[1]\n  %v = elementwise %d {sub(a0, a0)} : f32[1]\n"),
                "twice");
        both(
                all,
                "a constant of another shape",
                text -> PARAMETER.matcher(text).replaceFirst("constant @\"$1\" : f32[32,2]"),
                "program/");
        both(all, "a parameter", text -> PARAMETER.matcher(text).replaceFirst("param \"$1\" : $2"), "level_stored");
        both(
                all,
                "a primitive that a region was to hold",
                text -> with(text, "  %z = constant 0 : f32[1]\n  %v = abs %z : f32[1]\n"),
                "level_stored");
        both(
                all,
                "another tensor of the model",
                text -> text.replace("classifier.weight", "pooler.dense.weight"),
                "program/");
        both(
                all,
                "a hundred conversions",
                text -> {
                    StringBuilder statements = new StringBuilder("  %c0 = constant @\"folded.none\" : f32[2]\n");
                    for (int i = 1; i < 100; i++) {
                        statements.append("  %c").append(i).append(" = convert %c0 : f16[2]\n");
                    }
                    return with(
                            text,
                            statements + "  %e = convert %c99 : f32[2]\n  %v = reduce_max %e {axis=0} : f32[1]\n");
                },
                "level_stored");
    }

    /** A value of this size that an input gives, and one that it does not. */
    private static void sizes(List<Hostile> all) {
        for (String size : List.of(
                "2147483648",
                "4611686018427387904",
                "2000000000",
                "S*S*S*S*S*S*S*S*S*S*S*S*S*S*S*S",
                "B*S*268435456",
                "S-4")) {
            both(
                    all,
                    "constants of " + size,
                    text -> with(
                            text,
                            "  %z = constant 0 : f32[" + size + "]\n" + "  %v = reduce_sum %z {axis=0} : f32[1]\n"),
                    "program-");
            both(
                    all,
                    "values of " + size,
                    text -> with(
                            text, ofInput("%first", "broadcast", size) + "  %v = reduce_sum %big {axis=0} : f32[1]\n"),
                    "program-");
        }
        both(
                all,
                "a slice that does not lie in its axis",
                text -> with(
                        text,
                        "  %s = slice %input_ids {axis=1, start=S-1, limit=2*S} : i64[B,S+1]\n  %t = elementwise %s {convert_f32(a0)} : f32[B,S+1]\n"
                                + "  %r = reduce_sum %t {axis=1} : f32[B,1]\n  %q = reduce_sum %r {axis=0} : f32[1,1]\n"
                                + "  %v = reshape %q : f32[1]\n"),
                "slice");
        both(
                all,
                "an id outside of a table",
                text -> with(
                        text,
                        "  %table = constant 0 : f32[2,1]\n  %g = gather %table, %input_ids : f32[B,S,1]\n"
                                + "  %r = reduce_sum %g {axis=1} : f32[B,1,1]\n  %q = reduce_sum %r {axis=0} : f32[1,1,1]\n"
                                + "  %v = reshape %q : f32[1]\n"),
                "outside a table");
        inPacked(
                all,
                "segments that do not ascend",
                text -> text.replaceFirst(
                                "packed_attention (%\\S+), (%\\S+), (%\\S+), (%\\S+), %segments",
                                "packed_attention $1, $2, $3, $4, %wrong")
                        .replaceFirst("\\{\n", "{\n  %wrong = iota {axis=0, start=7} : i32[B+1]\n"),
                "segments");
    }

    private static String ofInput(String name, String operation, String size) {
        return "  %f = elementwise %input_ids {convert_f32(a0)} : f32[B,S]\n  %g = reduce_max %f {axis=0} : f32[1,S]\n"
                + "  %h = reduce_max %g {axis=1} : f32[1,1]\n  " + name + " = reshape %h : f32[1]\n"
                + "  %big = " + operation + " " + name + " : f32[" + size + "]\n";
    }

    private static void manifests(List<Hostile> all) {
        for (String version :
                List.of("0", "2", "-1", "1.5", "99999999999999999999", "\"1\"", "null", "[]", "{}", "true")) {
            inManifest(
                    all,
                    "ir_version " + version,
                    manifest().replaceFirst("\"ir_version\":1", "\"ir_version\":" + Matcher.quoteReplacement(version)));
        }
        inManifest(all, "an empty manifest", "{}");
        inManifest(all, "another head", manifest().replaceFirst("\"head\":\"[^\"]*\"", "\"head\":\"masked-lm\""));
        inManifest(all, "a head that is a list", manifest().replaceFirst("\"head\":\"[^\"]*\"", "\"head\":[[]]"));
        inManifest(
                all,
                "another convention",
                manifest().replaceFirst("\"convention\":\"[^\"]*\"", "\"convention\":\"microsoft\""));
        inManifest(
                all,
                "controls in the version",
                manifest()
                        .replaceFirst("\"detangle\":\"[^\"]*\"", "\"detangle\":\"\\\\u001b[31m\\\\u202e\"")
                        .replaceFirst("\"ir_version\":1", "\"ir_version\":2"));
        inManifest(
                all,
                "a version of a megabyte",
                manifest()
                        .replaceFirst("\"detangle\":\"[^\"]*\"", "\"detangle\":\"" + "v".repeat(1 << 20) + "\"")
                        .replaceFirst("\"ir_version\":1", "\"ir_version\":2"));
    }

    private static void inManifest(List<Hostile> all, String name, String manifest) {
        all.add(StoredProgramReader.of(name, packed(), padded(), manifest, ""));
    }
}
