package detangle.server;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Tensors of the Open Inference Protocol whose names, shapes, types and sizes are not what they say. */
class HostileTensorsTest extends ServerTest {
    private static final String INFER = "/v2/models/banking/infer";

    private static Probe tensor(String name, String tensor, int status, String part) {
        return Probe.json(name, INFER, "{\"inputs\":[{" + tensor + "}]}", status, part);
    }

    private static Probe shape(String shape, int status) {
        return shape(shape, status, status == 200 ? "" : "text has another shape than [1]");
    }

    private static Probe shape(String shape, int status, String part) {
        return tensor(
                "shape " + shape,
                "\"name\":\"text\",\"datatype\":\"BYTES\",\"data\":[\"a\"],\"shape\":" + shape,
                status,
                part);
    }

    private static Probe request(String name, String more, int status, String part) {
        return Probe.json(
                name,
                INFER,
                "{\"inputs\":[{\"name\":\"text\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"a\"]}]," + more + "}",
                status,
                part);
    }

    @TestFactory
    Stream<DynamicTest> tensors() {
        String text = "\"name\":\"text\",\"datatype\":\"BYTES\",\"shape\":[1],";
        return Probe.tests(
                server,
                List.of(
                        shape("[1]", 200),
                        shape("[1,1]", 200),
                        shape("[0]", 422),
                        shape("[2]", 422),
                        shape("[-1]", 422),
                        shape("[1,2]", 422),
                        shape("[1,1,1]", 422),
                        shape("[]", 422),
                        shape("1", 422, "text.shape is not an array"),
                        shape("null", 422, "text.shape is not an array"),
                        shape("{\"a\":1}", 422, "text.shape is not an array"),
                        shape("{\"a\":1,\"b\":2}", 422, "text.shape is not an array"),
                        shape("[\"1\"]", 422),
                        shape("[1.0]", 422),
                        shape("[4294967297]", 422),
                        shape("[4294967296,4294967296]", 422),
                        shape("[true]", 422),
                        tensor(
                                "no name",
                                "\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"a\"]",
                                422,
                                "name is not a text"),
                        tensor("another name", "\"name\":\"x\\ny\"", 422, "no input x\\ny"),
                        tensor("a name of number", "\"name\":7", 422, "name is not a text"),
                        tensor("another type", "\"name\":\"text\",\"datatype\":\"FP32\"", 422, "of type BYTES"),
                        tensor("no type", "\"name\":\"text\"", 422, "datatype is not a text"),
                        tensor("no data", text + "\"parameters\":{}", 422, "text.data is not an array"),
                        tensor("data of numbers", text + "\"data\":[1]", 422, "not a text"),
                        tensor("data of arrays", text + "\"data\":[[\"a\"]]", 422, "not a text"),
                        tensor("data of text", text + "\"data\":\"a\"", 422, "not an array"),
                        tensor("empty data", text.replace("[1]", "[0]") + "\"data\":[]", 422, "there are no texts"),
                        tensor(
                                "parameters of text",
                                text + "\"data\":[\"a\"],\"parameters\":\"a\"",
                                422,
                                "not an object"),
                        tensor(
                                "a size of text",
                                text + "\"parameters\":{\"binary_data_size\":\"5\"}",
                                400,
                                "whole number"),
                        tensor(
                                "a size and data",
                                text + "\"data\":[\"a\"],\"parameters\":{\"binary_data_size\":0}",
                                400,
                                "either"),
                        tensor(
                                "a size beyond",
                                text + "\"parameters\":{\"binary_data_size\":5}",
                                400,
                                "5 bytes, and 0"),
                        tensor("a negative size", text + "\"parameters\":{\"binary_data_size\":-5}", 400, "-5 bytes"),
                        tensor(
                                "a size of 2^31",
                                text + "\"parameters\":{\"binary_data_size\":2147483648}",
                                400,
                                "whole number"),
                        Probe.json("inputs of text", INFER, "{\"inputs\":\"a\"}", 422, "inputs is not an array"),
                        Probe.json("inputs of numbers", INFER, "{\"inputs\":[1]}", 422, "not an object"),
                        Probe.json("inputs of nulls", INFER, "{\"inputs\":[null]}", 422, "not an object"),
                        Probe.json("no inputs", INFER, "{}", 422, "no tensor 'text'"),
                        Probe.json(
                                "a tensor twice",
                                INFER,
                                "{\"inputs\":[{" + text + "\"data\":[\"a\"]},{" + text + "\"data\":[\"b\"]}]}",
                                422,
                                "text twice"),
                        Probe.json(
                                "pairs of other length",
                                INFER,
                                "{\"inputs\":[{" + text
                                        + "\"data\":[\"a\"]},{\"name\":\"text_pair\",\"datatype\":\"BYTES\","
                                        + "\"shape\":[2],\"data\":[\"b\",\"c\"]}]}",
                                422,
                                "differ in length"),
                        request("outputs of text", "\"outputs\":\"a\"", 422, "outputs is not an array"),
                        request("outputs of numbers", "\"outputs\":[1]", 422, "not an object"),
                        request("an output without a name", "\"outputs\":[{}]", 422, "name is not a text"),
                        request(
                                "an unknown output",
                                "\"outputs\":[{\"name\":\"a\\u0007\"}]",
                                422,
                                "no output a\\u0007"),
                        request(
                                "17 outputs",
                                "\"outputs\":[" + "{\"name\":\"scores\"},".repeat(16) + "{\"name\":\"scores\"}]",
                                422,
                                "17"),
                        request("a flag of text", "\"parameters\":{\"binary_data_output\":\"yes\"}", 422, "true nor"),
                        request("parameters of array", "\"parameters\":[]", 422, "not an object"),
                        request("an id of number", "\"id\":7", 422, "id is not a text"),
                        Probe.json("an unknown model", "/v2/models/no/infer", "{}", 404, "no model no"),
                        Probe.json("a model outside", "/v2/models/..%2f..%2fetc/infer", "{}", 404, "")));
    }

    private static Probe binary(String name, String length, byte[] body, int status, String part) {
        return new Probe(
                name,
                Probe.post(
                        INFER,
                        "Content-Type: application/octet-stream\r\nInference-Header-Content-Length: " + length + "\r\n",
                        body),
                List.of(status),
                part);
    }

    private static byte[] message(int size, int... lengths) {
        byte[] json = Probe.utf8("{\"inputs\":[{\"name\":\"text\",\"shape\":[" + lengths.length
                + "],\"datatype\":\"BYTES\",\"parameters\":{\"binary_data_size\":" + size + "}}]}");
        ByteBuffer bytes =
                ByteBuffer.allocate(1000).order(ByteOrder.LITTLE_ENDIAN).put(json);
        for (int length : lengths) {
            bytes.putInt(length).put("text".getBytes(StandardCharsets.US_ASCII));
        }
        byte[] all = new byte[bytes.position()];
        bytes.flip().get(all);
        return all;
    }

    @TestFactory
    Stream<DynamicTest> binaryTensors() {
        int json = message(8, 4).length - 8;
        String length = Integer.toString(json);
        byte[] latin = message(8, 4);
        latin[latin.length - 1] = (byte) 0xe9;
        return Probe.tests(
                server,
                List.of(
                        binary("a text", length, message(8, 4), 200, ""),
                        binary("a text in Latin-1", length, latin, 400, "not UTF-8"),
                        binary("a text of no length", length, message(8, 0), 400, "within a text"),
                        binary("a text of negative length", length, message(8, -1), 400, "within a text"),
                        binary("a text of 2 GB", length, message(8, Integer.MAX_VALUE), 400, "within a text"),
                        binary("a tensor too short", length, message(7, 4), 400, "within a text"),
                        binary("a tensor too long", length, message(9, 4), 400, "9 bytes, and 8"),
                        binary("bytes of no tensor", length, message(0, 4), 422, "another shape than [0]"),
                        binary(
                                "more bytes",
                                length,
                                Arrays.copyOf(message(8, 4), json + 9),
                                400,
                                "belong to no tensor"),
                        binary("a header of no number", "x", message(8, 4), 400, "Length is x"),
                        binary("a negative header", "-1", message(8, 4), 400, "Length is -1"),
                        binary("a header beyond", "99999", message(8, 4), 400, "Length is 99999"),
                        binary("a header of 2^63", "9223372036854775808", message(8, 4), 400, "Length is 9"),
                        binary("a header of zero", "0", message(8, 4), 400, "JSON"),
                        binary("a header too small", "5", message(8, 4), 400, "not JSON"),
                        new Probe(
                                "no header",
                                Probe.post(INFER, "Content-Type: application/octet-stream\r\n", message(8, 4)),
                                List.of(415),
                                "application/json"),
                        new Probe(
                                "no type",
                                Probe.post(
                                        INFER,
                                        "",
                                        Probe.utf8(
                                                "{\"inputs\":[{\"name\":\"text\",\"shape\":[1],\"datatype\":\"BYTES\","
                                                        + "\"data\":[\"a\"]}]}")),
                                List.of(200),
                                "")));
    }
}
