package detangle.models.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Fields of a message are read to their last byte, and a message that ends or says otherwise is refused. */
class ProtoReaderTest {
    private static ProtoReader reader(int... bytes) {
        ByteBuffer buffer = ByteBuffer.allocate(bytes.length);
        for (int b : bytes) {
            buffer.put((byte) b);
        }
        return new ProtoReader(Path.of("spm.model"), buffer.flip());
    }

    private static void assertRefused(String message, Consumer<ProtoReader> reading, int... bytes) {
        TokenizerException refusal = assertThrows(TokenizerException.class, () -> reading.accept(reader(bytes)));
        assertEquals("spm.model: not a SentencePiece model: " + message, refusal.getMessage());
    }

    @Test
    void fieldsAreReadInOrder() {
        ProtoReader reader =
                reader(1 << 3, 0x96, 1, 2 << 3 | 5, 0, 0, 0x80, 0xbf, 3 << 3 | 2, 2, 'o', 'k', 4 << 3 | 2, 0);
        assertEquals(1, reader.nextField());
        assertEquals(150, reader.integer());
        assertEquals(2, reader.nextField());
        assertEquals(-1, reader.number());
        assertEquals(3, reader.nextField());
        assertEquals("ok", StandardCharsets.UTF_8.decode(reader.block()).toString());
        assertEquals(4, reader.nextField());
        assertEquals(0, reader.block().remaining());
        assertEquals(0, reader.nextField());
    }

    @Test
    void everyKindOfFieldIsSkipped() {
        ProtoReader reader = reader(
                1 << 3,
                0xff,
                1,
                1 << 3 | 1,
                1,
                2,
                3,
                4,
                5,
                6,
                7,
                8,
                1 << 3 | 2,
                2,
                1,
                2,
                1 << 3 | 5,
                1,
                2,
                3,
                4,
                7 << 3,
                9);
        for (int i = 0; i < 4; i++) {
            assertEquals(1, reader.nextField());
            reader.skip();
        }
        assertEquals(7, reader.nextField());
        assertEquals(9, reader.integer());
    }

    @Test
    void integersHave64Bits() {
        ProtoReader reader = reader(1 << 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1);
        reader.nextField();
        assertEquals(-1, reader.integer());
        assertRefused(
                "it has an integer of more than 64 bits",
                r -> {
                    r.nextField();
                    r.integer();
                },
                1 << 3,
                0xff,
                0xff,
                0xff,
                0xff,
                0xff,
                0xff,
                0xff,
                0xff,
                0xff,
                0x81,
                0);
    }

    @Test
    void numbersOfFieldsHaveABound() {
        assertEquals(Integer.MAX_VALUE, reader(0xf8, 0xff, 0xff, 0xff, 0x3f).nextField());
        assertRefused("it has a field numbered 2147483648", ProtoReader::nextField, 0x80, 0x80, 0x80, 0x80, 0x40);
        assertRefused("it has a field numbered 0", ProtoReader::nextField, 5);
    }

    @Test
    void fieldsEndInTheMessage() {
        assertRefused("it ends in the middle of a field", ProtoReader::nextField, 0x80);
        assertRefused(
                "it ends in the middle of a field",
                r -> {
                    r.nextField();
                    r.number();
                },
                1 << 3 | 5,
                1,
                2,
                3);
        assertRefused("it has a field of 3 bytes where 2 are left", ProtoReaderTest::skip, 1 << 3 | 2, 3, 1, 2);
        assertRefused(
                "it has a field of 18446744073709551615 bytes where 1 are left",
                ProtoReaderTest::skip,
                1 << 3 | 2,
                0xff,
                0xff,
                0xff,
                0xff,
                0xff,
                0xff,
                0xff,
                0xff,
                0xff,
                1,
                7);
        assertRefused("it has an end in the middle of a field", ProtoReaderTest::skip, 1 << 3 | 5, 1, 2, 3);
        assertRefused("it has an end in the middle of a field", ProtoReaderTest::skip, 1 << 3 | 1, 1, 2, 3, 4, 5, 6, 7);
    }

    private static void skip(ProtoReader reader) {
        reader.nextField();
        reader.skip();
    }

    @Test
    void kindsAreThoseThatAreDue() {
        assertRefused("it has wire type 3", ProtoReaderTest::skip, 1 << 3 | 3);
        assertRefused(
                "it has wire type 2 where 0 was due",
                r -> {
                    r.nextField();
                    r.integer();
                },
                1 << 3 | 2,
                0);
        assertRefused(
                "it has wire type 0 where 5 was due",
                r -> {
                    r.nextField();
                    r.number();
                },
                1 << 3,
                0,
                0,
                0);
        assertRefused(
                "it has wire type 0 where 2 was due",
                r -> {
                    r.nextField();
                    r.block();
                },
                1 << 3,
                0);
    }
}
