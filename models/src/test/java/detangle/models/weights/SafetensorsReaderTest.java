package detangle.models.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.DType;
import detangle.ir.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsReaderTest {
    @TempDir
    Path folder;

    /** Header, bytes of data, what the message must say. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[] | 0 | not a JSON object",
                "{ | 0 | not valid JSON",
                "{}} | 0 | not valid JSON",
                "nonsense | 0 | not valid JSON",
                "'' | 0 | not JSON: empty",
                "{\"a\":1} | 0 | not described by a JSON object",
                "{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}} | 4 | no dtype",
                "{\"a\":{\"dtype\":\"U16\",\"shape\":[1],\"data_offsets\":[0,4]}} | 4 | its type and shape take 2",
                "{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,1]}} | 1 | its type and shape take 2",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}} | 4 | shape is not an array",
                "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}} | 4 | shape is not an array",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}} | 4 | shape holds -1",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}} | 4 | shape holds 1.0",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1e400],\"data_offsets\":[0,4]}} | 4 | shape holds",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]}} | 4 | shape holds 9",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}} | 4 | not [begin, end]",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}} | 4 | not [begin, end]",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,-4]}} | 4 | holds -4",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,3]}} | 3 | has 3 bytes",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} | 3 | ends at byte 4 of 3",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} | 5 | describes 4",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | 8 | holes",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}} | 0 | overflows",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}} | 0 | overflows",
                "{\"a\":{\"dtype\":\"BOOL\",\"shape\":[1],\"data_offsets\":[0,1]}} | 1 | BOOL holds 85",
                "{\"a\":{\"dtype\":\"I8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"I8\",\"shape\":[2],\"data_offsets\":[1,3]}} | 3 | overlaps",
                "{\"a\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,1]},\"a\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[1,2]}} | 2 | Duplicate",
                "{\"__metadata__\":[]} | 0 | __metadata__ is not a JSON object",
                "{\"__metadata__\":{\"a\":1}} | 0 | not a string",
            })
    void hostileHeaderIsRefused(String header, int dataBytes, String message) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        assertRefused(file(json.length, json, dataBytes), message);
    }

    @Test
    void wrongLengthsAreRefused() throws IOException {
        byte[] json = "{}".getBytes(StandardCharsets.UTF_8);
        assertRefused(write(new byte[0]), "it is empty");
        assertRefused(write(new byte[7]), "too short");
        assertRefused(file(3, json, 0), "should take 3 bytes, but 2 are left");
        assertRefused(file(Long.MAX_VALUE, json, 0), "truncated");
        assertRefused(file(-1, json, 0), "18446744073709551615");
        assertRefused(file(0, json, 0), "empty");
    }

    @Test
    void headerThatIsNotUtf8IsRefused() throws IOException {
        assertRefused(file(4, new byte[] {'{', (byte) 0xff, (byte) 0xfe, '}'}, 0), "UTF-8");
        byte[] utf16 = "{}".getBytes(StandardCharsets.UTF_16LE);
        assertRefused(file(utf16.length, utf16, 0), "not valid JSON");
    }

    /** What no parameter needs may be of any type; it is refused by name where something does. */
    @ParameterizedTest
    @CsvSource({
        "U8, 3",
        "I16, 6",
        "U16, 6",
        "U32, 12",
        "U64, 24",
        "F8_E4M3, 3",
        "F8_E5M2, 3",
        "F4, 2",
        "C64, 24",
        "F31, 5"
    })
    void otherTypesAreKnownByName(String type, int bytes) throws IOException {
        byte[] json = ("{\"a\":{\"dtype\":\"" + type + "\",\"shape\":[3],\"data_offsets\":[0," + bytes + "]}}")
                .getBytes(StandardCharsets.UTF_8);
        Path file = file(json.length, json, bytes);
        try (Weights weights = Weights.open(file)) {
            assertEquals(type, weights.type("a"));
            assertEquals(type.startsWith("F") || type.startsWith("C"), weights.isFloat("a"));
            WeightsException failure = assertThrows(WeightsException.class, () -> weights.find("a"));
            assertEquals(
                    file + ": tensor 'a' has dtype " + type + "; supported are F64, F32, F16, BF16, I64, I32, I8, BOOL",
                    failure.getMessage());
        }
    }

    @Test
    void deepNestingIsRefused() throws IOException {
        byte[] json = ("{\"a\":" + "[".repeat(100_000)).getBytes(StandardCharsets.UTF_8);
        assertRefused(file(json.length, json, 0), "not valid JSON");
    }

    @Test
    void missingFilesAreNamed() throws IOException {
        assertRefused(folder.resolve("absent.safetensors"), "absent.safetensors: no such file");
        assertRefused(folder, "neither model.safetensors nor pytorch_model.bin is there");
        Files.createFile(folder.resolve("adapter_config.json"));
        assertRefused(folder, "it is an adapter: name the model it was trained for, and it by --adapter");
        Files.createFile(folder.resolve("pytorch_model.bin"));
        assertRefused(folder, "pytorch_model.bin: it is empty");
    }

    @Test
    void absentTensorIsNamed() throws IOException {
        byte[] json = "{}".getBytes(StandardCharsets.UTF_8);
        try (Weights weights = Weights.open(file(2, json, 0))) {
            WeightsException failure = assertThrows(WeightsException.class, () -> weights.get("encoder.w"));
            assertTrue(failure.getMessage().contains("no tensor 'encoder.w'"), failure.getMessage());
        }
    }

    @Test
    void closingTwiceIsAllowedAndUseAfterwardsIsNot() throws IOException {
        byte[] json =
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}".getBytes(StandardCharsets.UTF_8);
        Weights weights = Weights.open(file(json.length, json, 4));
        Tensor tensor = weights.get("a");
        weights.close();
        weights.close();
        IllegalStateException failure = assertThrows(IllegalStateException.class, () -> weights.get("a"));
        assertTrue(failure.getMessage().contains("are closed"), failure.getMessage());
        assertThrows(IllegalStateException.class, () -> tensor.getDouble(0));
        assertThrows(IllegalStateException.class, () -> weights.reading(() -> 1));
        assertThrows(IllegalStateException.class, weights::unload);
    }

    /** A damaged file either reads or is refused by the one typed exception; nothing else may escape. */
    @Test
    void randomCorruptionsAreRefusedOrRead() throws IOException {
        LinkedHashMap<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("encoder.weight", Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3));
        tensors.put("mask", Tensor.of(new boolean[] {true, false}, 2));
        tensors.put("ids", Tensor.of(new long[] {7, 8}, 2));
        Path whole = folder.resolve("whole.safetensors");
        SafetensorsWriter.write(whole, tensors, Map.of("format", "pt"));
        byte[] good = Files.readAllBytes(whole);
        int refused = 0;
        for (int seed = 0; seed < 600; seed++) {
            byte[] bad = corrupt(good, new SplittableRandom(seed));
            Path file = write(bad);
            try (Weights weights = Weights.open(file)) {
                weights.names().forEach(name -> weights.get(name).toDoubles());
            } catch (WeightsException e) {
                assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
                assertEquals(1, e.getMessage().lines().count(), e.getMessage());
                refused++;
            }
        }
        assertTrue(refused > 300, "only " + refused + " of 600 damaged files were refused");
    }

    private static byte[] corrupt(byte[] good, SplittableRandom random) {
        byte[] bad = good.clone();
        int headerEnd =
                8 + (int) ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong();
        return switch (random.nextInt(4)) {
            case 0 -> Arrays.copyOf(bad, random.nextInt(bad.length));
            case 1 -> {
                bad[random.nextInt(headerEnd)] = (byte) random.nextInt(256);
                yield bad;
            }
            case 2 -> {
                // Printable damage gets further into the parser than random bytes do.
                String likely = "0123456789[]{},:\"-eF ";
                for (int i = 0; i < 3; i++) {
                    bad[8 + random.nextInt(headerEnd - 8)] = (byte) likely.charAt(random.nextInt(likely.length()));
                }
                yield bad;
            }
            default -> Arrays.copyOf(bad, bad.length + 1 + random.nextInt(64));
        };
    }

    @Test
    void shardsAreFoundThroughTheIndex() throws IOException {
        shard("model-1.safetensors", "a", 1);
        shard("model-2.safetensors", "b", 2);
        // As Python's json writes and reads it.
        index("\uFEFF{\"metadata\":{\"total_size\":Infinity},\"weight_map\":"
                + "{\"b\":\"model-1.safetensors\",\"b\":\"model-2.safetensors\",\"a\":\"model-1.safetensors\"}}");
        try (Weights weights = Weights.open(folder)) {
            assertEquals("[b, a]", weights.names().toString());
            assertEquals(1, weights.get("a").getDouble(0));
            assertEquals(2, weights.get("b").getDouble(0));
            assertEquals(DType.F32, weights.get("a").dtype());
            assertEquals(folder.resolve("model-2.safetensors"), weights.source("b"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../model-1.safetensors",
                "..",
                ".",
                "",
                "/etc/passwd",
                "sub/model-1.safetensors",
                "..\\model-1.safetensors",
                "C:model-1.safetensors",
            })
    void shardOutsideTheFolderIsRefused(String shard) throws IOException {
        shard("model-1.safetensors", "a", 1);
        index("{\"weight_map\":{\"a\":\"" + shard.replace("\\", "\\\\") + "\"}}");
        assertRefused(folder, "a shard must be a file beside the index");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"weight_map\":{\"a\":\"model-9.safetensors\"}} | the shard model-9.safetensors, which holds 'a', is missing",
                "{\"weight_map\":{\"c\":\"model-1.safetensors\"}} | no tensor 'c', which model.safetensors.index.json says",
                "{\"weight_map\":{\"a\":1}} | not a file name",
                "{\"weight_map\":{\"a\":\"x\\u0000y\"}} | beside the index",
                "{\"weight_map\":[]} | no weight_map",
                "{} | no weight_map",
                "[ | not valid JSON",
            })
    void hostileIndexIsRefused(String json, String message) throws IOException {
        shard("model-1.safetensors", "a", 1);
        index(json);
        assertRefused(folder, message);
    }

    private void shard(String file, String name, float value) {
        SafetensorsWriter.write(
                folder.resolve(file), new LinkedHashMap<>(Map.of(name, Tensor.of(new float[] {value}, 1))), Map.of());
    }

    private void index(String json) throws IOException {
        Files.writeString(folder.resolve("model.safetensors.index.json"), json);
    }

    private static void assertRefused(Path file, String message) {
        WeightsException failure = assertThrows(WeightsException.class, () -> read(file));
        assertTrue(failure.getMessage().contains(message), failure.getMessage());
        assertEquals(1, failure.getMessage().lines().count(), failure.getMessage());
    }

    private static void read(Path file) {
        try (Weights weights = Weights.open(file)) {
            weights.names().forEach(weights::get);
        }
    }

    /** A file of that length word, header and as many data bytes of 0x55. */
    private Path file(long length, byte[] header, int dataBytes) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(8 + header.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(length).put(header);
        while (bytes.hasRemaining()) {
            bytes.put((byte) 0x55);
        }
        return write(bytes.array());
    }

    private Path write(byte[] bytes) throws IOException {
        // A new file each time: one that is mapped must not shrink.
        return Files.write(Files.createTempFile(folder, "hostile", ".safetensors"), bytes);
    }
}
