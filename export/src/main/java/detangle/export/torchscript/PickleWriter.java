package detangle.export.torchscript;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The few instructions of Python's pickle, protocol 2, that a TorchScript archive needs. Source: pickletools.py. */
final class PickleWriter {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    PickleWriter() {
        out.writeBytes(new byte[] {(byte) 0x80, 2});
    }

    PickleWriter global(String module, String name) {
        return opcode('c').raw(module + "\n" + name + "\n");
    }

    PickleWriter text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        opcode('X').number(utf8.length, Integer.BYTES);
        out.writeBytes(utf8);
        return this;
    }

    PickleWriter integer(long value) {
        if (value == (int) value) {
            return opcode('J').number(value, Integer.BYTES);
        }
        return opcode(0x8a).opcode(Long.BYTES).number(value, Long.BYTES);
    }

    PickleWriter bool(boolean value) {
        return opcode(value ? 0x88 : 0x89);
    }

    /** Begins a tuple, or the items of a dictionary. */
    PickleWriter mark() {
        return opcode('(');
    }

    PickleWriter tuple() {
        return opcode('t');
    }

    PickleWriter tuple(long[] elements) {
        mark();
        for (long element : elements) {
            integer(element);
        }
        return tuple();
    }

    PickleWriter emptyTuple() {
        return opcode(')');
    }

    PickleWriter emptyDictionary() {
        return opcode('}');
    }

    PickleWriter items() {
        return opcode('u');
    }

    /** Returns an object of the class below the arguments. */
    PickleWriter object() {
        return opcode(0x81);
    }

    PickleWriter build() {
        return opcode('b');
    }

    PickleWriter call() {
        return opcode('R');
    }

    PickleWriter persistent() {
        return opcode('Q');
    }

    byte[] stop() {
        opcode('.');
        return out.toByteArray();
    }

    private PickleWriter opcode(int code) {
        out.write(code);
        return this;
    }

    private PickleWriter raw(String ascii) {
        out.writeBytes(ascii.getBytes(StandardCharsets.US_ASCII));
        return this;
    }

    private PickleWriter number(long value, int bytes) {
        byte[] all = ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
        out.write(all, 0, bytes);
        return this;
    }
}
