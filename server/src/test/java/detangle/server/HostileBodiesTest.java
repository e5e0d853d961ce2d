package detangle.server;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Bodies that are not what the routes of text-embeddings-inference take. */
class HostileBodiesTest extends ServerTest {
    private static final List<String> ROUTES = List.of(
            "/",
            "/predict",
            "/rerank",
            "/embed",
            "/embed_all",
            "/similarity",
            "/tokenize",
            "/decode",
            "/models/banking",
            "/models/banking/pipeline/text-classification",
            "/v1/embeddings",
            "/analyze");

    private static byte[] body(byte[] bytes) {
        return Probe.post("/predict", "Content-Type: application/json\r\n", bytes);
    }

    /** What no route takes. */
    @TestFactory
    Stream<DynamicTest> bodies() {
        List<Probe> probes = new ArrayList<>();
        for (String route : ROUTES) {
            for (String body :
                    List.of("", " ", "null", "7", "[]", "\"inputs\"", "{", "{\"inputs\"", "{} {}", "{},", "{'a':1}")) {
                probes.add(Probe.json(route + " " + body, route, body, 400, "JSON"));
            }
            probes.add(Probe.json(route + " nothing", route, "{}", 422, ""));
            boolean ranks = route.equals("/rerank");
            String nulls = ranks ? "{\"query\":null,\"texts\":null}" : "{\"inputs\":null}";
            String objects = ranks ? "{\"query\":{},\"texts\":{}}" : "{\"inputs\":{\"a\":\"b\"}}";
            String none = ranks ? "{\"query\":\"a\",\"texts\":[]}" : "{\"inputs\":[]}";
            String many = ranks
                    ? "{\"query\":\"a\",\"texts\":[" + "\"\",".repeat(15_000) + "\"\"]}"
                    : "{\"inputs\":[[\"a\"]" + ",[\"\"]".repeat(8_000) + "]}";
            probes.add(Probe.json(route + " nulls", route, nulls, 422, ""));
            probes.add(Probe.json(route + " objects", route, objects, 422, ""));
            probes.add(Probe.json(route + " no texts", route, none, 422, ""));
            probes.add(Probe.json(
                    route + " many empty texts",
                    route,
                    many,
                    route.equals("/predict") || route.equals("/") || ranks ? 413 : 422,
                    ""));
        }
        return Probe.tests(server, probes);
    }

    @TestFactory
    Stream<DynamicTest> values() {
        String deep = "[".repeat(40_000) + "]".repeat(40_000);
        return Probe.tests(
                server,
                List.of(
                        Probe.json("deep arrays", "/predict", "{\"inputs\":" + deep + "}", 400, "64 levels"),
                        Probe.json("deep objects", "/predict", "{\"a\":".repeat(15_000), 400, "64 levels"),
                        Probe.json("a field twice", "/predict", "{\"inputs\":\"a\",\"inputs\":\"b\"}", 400, "twice"),
                        Probe.json("not a number", "/predict", "{\"inputs\":NaN}", 400, "not JSON"),
                        Probe.json("a comment", "/predict", "{/* */\"inputs\":\"a\"}", 400, "not JSON"),
                        Probe.json("a huge number", "/predict", "{\"inputs\":1e999999999}", 422, "inputs"),
                        Probe.json(
                                "a long number",
                                "/predict",
                                "{\"inputs\":" + "9".repeat(50_000) + "}",
                                400,
                                "1000 digits"),
                        Probe.json("numbers", "/predict", "{\"inputs\":[" + "1,".repeat(40_000) + "1]}", 422, ""),
                        Probe.json("a line in a text", "/predict", "{\"inputs\":\"a\nb\"}", 400, "not JSON"),
                        Probe.json("an unknown escape", "/predict", "{\"inputs\":\"\\x\"}", 400, "not JSON"),
                        Probe.json("half a surrogate pair", "/predict", "{\"inputs\":\"a\\ud800 b\"}", 200, ""),
                        Probe.json(
                                "half a pair that comes back",
                                "/rerank",
                                "{\"query\":\"a\",\"texts\":[\"\\udc00 b\"],\"return_text\":true}",
                                200,
                                ""),
                        Probe.json("a zero", "/predict", "{\"inputs\":\"a\\u0000b\"}", 200, ""),
                        Probe.json("zeros alone", "/predict", "{\"inputs\":\"\\u0000\"}", 200, ""),
                        Probe.json("white space alone", "/predict", "{\"inputs\":\" \\t\\n\\u2003\"}", 422, "empty"),
                        Probe.json("an empty pair", "/predict", "{\"inputs\":[[\"a\",\"\"]]}", 422, "empty"),
                        Probe.json("three texts", "/predict", "{\"inputs\":[[\"a\",\"b\",\"c\"]]}", 422, "one or two"),
                        Probe.json("texts and pairs", "/predict", "{\"inputs\":[\"a\",[\"b\"]]}", 422, "not a text"),
                        Probe.json("a text in a text", "/embed", "{\"inputs\":[[\"a\"]]}", 422, "not a text"),
                        Probe.json(
                                "a flag of text",
                                "/predict",
                                "{\"inputs\":\"a\",\"raw_scores\":\"yes\"}",
                                422,
                                "true nor"),
                        Probe.json("a flag of number", "/embed", "{\"inputs\":\"a\",\"normalize\":1}", 422, "true nor"),
                        Probe.json(
                                "a cut of text", "/predict", "{\"inputs\":\"a\",\"truncate\":\"x\"}", 422, "true nor"),
                        Probe.json(
                                "a side",
                                "/predict",
                                "{\"inputs\":\"a\",\"truncation_direction\":\"up\\n\"}",
                                422,
                                "up\\n"),
                        Probe.json(
                                "a side of number",
                                "/predict",
                                "{\"inputs\":\"a\",\"truncation_direction\":1}",
                                422,
                                "text"),
                        Probe.json("no dimensions", "/embed", "{\"inputs\":\"a\",\"dimensions\":0}", 422, "at least 1"),
                        Probe.json(
                                "dimensions", "/embed", "{\"inputs\":\"a\",\"dimensions\":2147483648}", 422, "whole"),
                        Probe.json(
                                "too many dimensions",
                                "/embed",
                                "{\"inputs\":\"a\",\"dimensions\":2147483647}",
                                422,
                                ""),
                        Probe.json(
                                "a prompt of lines",
                                "/embed",
                                "{\"inputs\":\"a\",\"prompt_name\":\"x\\r\\n\\u001b[2J\"}",
                                422,
                                "x\\r\\n\\u001b[2J"),
                        Probe.json(
                                "33 texts",
                                "/embed",
                                "{\"inputs\":[" + "\"a\",".repeat(32) + "\"a\"]}",
                                413,
                                "33 texts"),
                        Probe.json(
                                "a text that is too long",
                                "/predict",
                                "{\"inputs\":\"" + "a b ".repeat(20_000) + "\"}",
                                422,
                                "80000 characters, and the model takes 512"),
                        Probe.json(
                                "a text that is cut",
                                "/predict",
                                "{\"inputs\":\"" + "a b ".repeat(20_000) + "\",\"truncate\":true}",
                                200,
                                ""),
                        Probe.json(
                                "a text of unknown characters that is cut",
                                "/predict",
                                "{\"inputs\":\"a" + "\u3400".repeat(20_000) + "b\",\"truncate\":true}",
                                422,
                                "take out what means nothing"),
                        Probe.json(
                                "tokens of a text that is too long",
                                "/tokenize",
                                "{\"inputs\":\"" + "a b ".repeat(24_990) + "\"}",
                                200,
                                ""),
                        Probe.json(
                                "tokens of characters that are eighteen each",
                                "/tokenize",
                                "{\"inputs\":[" + ("\"" + "\ufdfa".repeat(3_300) + "\",").repeat(9) + "\"a\"]}",
                                200,
                                ""),
                        new Probe(
                                "UTF-8 that is none",
                                body(bytes("{\"inputs\":\"\u00ff\u00fe\"}")),
                                List.of(400),
                                "not JSON"),
                        new Probe(
                                "a long form", body(bytes("{\"inputs\":\"\u00c0\u0080\"}")), List.of(400), "not JSON"),
                        new Probe(
                                "a cut character",
                                body(bytes("{\"inputs\":\"\u00e2\u0082\"}")),
                                List.of(400),
                                "not JSON"),
                        new Probe(
                                "UTF-16",
                                body("{\"inputs\":\"a\"}".getBytes(StandardCharsets.UTF_16LE)),
                                List.of(400),
                                "byte 2 is zero"),
                        new Probe("zeros", body(new byte[1000]), List.of(400), "not JSON"),
                        new Probe(
                                "a mark of the order of bytes",
                                body(bytes("\u00ef\u00bb\u00bf{\"inputs\":\"a\"}")),
                                List.of(200),
                                ""),
                        new Probe("gzip", body(bytes("\u001f\u008b\u0008\u0000\u0000")), List.of(400), "not JSON")));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
