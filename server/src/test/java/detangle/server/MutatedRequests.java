package detangle.server;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Requests that make sense, with something changed: a seed and a number give the same one each time. */
final class MutatedRequests {
    private static final List<String> PIECES = List.of(
            "\r\n",
            "\r\n\r\n",
            "\n",
            "\u0000",
            " ",
            ":",
            ",",
            "\"",
            "\\",
            "{",
            "[",
            "]}",
            "null",
            "true",
            "NaN",
            "-1",
            "0",
            "2147483648",
            "99999999999999999999",
            "1e400",
            "\"\\ud800\"",
            "\"\\u0000\"",
            "\u00ff",
            "[[[[[[[[",
            "{\"inputs\":\"a\"}",
            "\"inputs\"",
            "\"text\"",
            "%00",
            "%2e%2e%2f",
            "../",
            "Transfer-Encoding: chunked\r\n",
            "Content-Length: 5\r\n",
            "Host: a\r\n",
            "Expect: 100-continue\r\n",
            "Connection: close\r\n",
            "Origin: http://a\r\n",
            "0\r\n\r\n",
            "ffffffff\r\n");

    private static final List<String> BODIES = List.of(
            "{\"inputs\":\"Where is my card?\",\"raw_scores\":true,\"truncate\":false}",
            "{\"inputs\":[[\"Where is my card?\",\"It is lost.\"],[\"a\"]]}",
            "{\"query\":\"card\",\"texts\":[\"Where is it?\",\"lost\"],\"return_text\":true}",
            "{\"inputs\":[\"a\",\"b\"],\"normalize\":true,\"dimensions\":8,\"prompt_name\":null}",
            "{\"inputs\":\"Where is my card?\",\"add_special_tokens\":false}",
            "{\"inputs\":[\"a\",{\"text\":\"b\",\"text_pair\":\"c\"}],\"parameters\":{\"top_k\":2}}",
            "{\"inputs\":{\"text\":\"a\"},\"function_to_apply\":\"none\",\"truncate\":true}",
            "{\"model\":\"encoder\",\"input\":[[5,6],[7]],\"encoding_format\":\"base64\",\"dimensions\":8}",
            "{\"inputs\":{\"source_sentence\":\"a\",\"sentences\":[\"b\",\"c\"]},\"parameters\":{}}",
            "{\"ids\":[[1,500,2],[7]],\"skip_special_tokens\":false}",
            "{\"id\":\"1\",\"inputs\":[{\"name\":\"text\",\"shape\":[2],\"datatype\":\"BYTES\",\"data\":[\"a\",\"b\"]}],"
                    + "\"outputs\":[{\"name\":\"scores\",\"parameters\":{\"binary_data\":true}}]}",
            "{\"text\":[\"Ada\",\"b\"],\"language\":\"en\",\"entities\":[\"PERSON\"],\"score_threshold\":0.5}");

    private static final List<String> ROUTES = List.of(
            "/predict",
            "/predict",
            "/rerank",
            "/embed",
            "/tokenize",
            "/models/banking",
            "/models/banking/pipeline/text-classification",
            "/v1/embeddings",
            "/similarity",
            "/decode",
            "/v2/models/banking/infer",
            "/analyze");

    private static final String JSON = "Content-Type: application/json\r\n";

    private final Random random;

    MutatedRequests(long seed, int number) {
        this.random = new Random(seed * 1_000_003 + number);
        random.nextInt();
    }

    /** Returns the requests as they are: with heads that fit their bodies, and in one piece. */
    static List<byte[]> good() {
        return IntStream.range(0, BODIES.size())
                .mapToObj(i -> Probe.post(ROUTES.get(i), JSON, Probe.utf8(BODIES.get(i))))
                .toList();
    }

    /** Returns the bodies of the requests, each behind a byte with the number of its route. */
    static List<byte[]> goodBodies() {
        return IntStream.range(0, BODIES.size())
                .mapToObj(i -> join(new byte[] {(byte) i}, Probe.utf8(BODIES.get(i))))
                .toList();
    }

    /** Returns a request with one of {@link #goodBodies}, or with what a fuzzer has made of it. */
    static byte[] ofBody(byte[] body) {
        int route = Byte.toUnsignedInt(body[0]) % ROUTES.size();
        return Probe.post(ROUTES.get(route), JSON, Arrays.copyOfRange(body, 1, body.length));
    }

    byte[] next() {
        int kind = random.nextInt(BODIES.size());
        byte[] body = Probe.utf8(BODIES.get(kind));
        // Half of them have a head that fits their body, so that it is read.
        if (random.nextBoolean()) {
            return request(ROUTES.get(kind), mutated(body));
        }
        byte[] whole = request(ROUTES.get(kind), body);
        return mutated(random.nextInt(4) == 0 ? join(whole, whole) : whole);
    }

    private byte[] request(String route, byte[] body) {
        if (random.nextInt(3) > 0) {
            return Probe.post(route, JSON, body);
        }
        int half = body.length / 2;
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(Probe.utf8("POST " + route + " HTTP/1.1\r\nHost: localhost\r\n" + JSON
                + "Transfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(half) + "\r\n"));
        all.write(body, 0, half);
        all.writeBytes(Probe.utf8("\r\n" + Integer.toHexString(body.length - half) + ";x=y\r\n"));
        all.write(body, half, body.length - half);
        all.writeBytes(Probe.utf8("\r\n0\r\n\r\n"));
        return all.toByteArray();
    }

    private byte[] mutated(byte[] bytes) {
        byte[] result = bytes;
        for (int i = random.nextInt(4); i >= 0; i--) {
            result = once(result);
        }
        return result;
    }

    private byte[] once(byte[] bytes) {
        int at = random.nextInt(bytes.length + 1);
        int end = Math.min(bytes.length, at + 1 + random.nextInt(12));
        byte[] before = Arrays.copyOf(bytes, at);
        byte[] after = Arrays.copyOfRange(bytes, at, bytes.length);
        byte[] piece = PIECES.get(random.nextInt(PIECES.size())).getBytes(StandardCharsets.ISO_8859_1);
        return switch (random.nextInt(6)) {
            case 0 -> {
                byte[] flipped = bytes.clone();
                if (at < flipped.length) {
                    flipped[at] = (byte) random.nextInt(256);
                }
                yield flipped;
            }
            case 1 -> join(before, Arrays.copyOfRange(bytes, end, bytes.length));
            case 2 -> join(join(before, Arrays.copyOfRange(bytes, at, end)), after);
            case 3 -> join(join(before, piece), after);
            case 4 -> join(join(before, piece), Arrays.copyOfRange(bytes, end, bytes.length));
            default -> random.nextInt(4) == 0 ? before : join(before, after);
        };
    }

    private static byte[] join(byte[] a, byte[] b) {
        byte[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }
}
