package detangle.cli;

import java.nio.ByteBuffer;

/**
 * Walks a struct in Thrift's compact protocol, in which Parquet has its metadata, and tells the numbers in it. Nothing
 * is kept, so a struct that claims more than its bytes hold costs nothing. Whatever could be read in two ways is
 * refused, as another reader comes afterwards.
 */
final class ThriftReader {
    private static final int TRUE = 1;
    private static final int FALSE = 2;
    private static final int BYTE = 3;
    private static final int I16 = 4;
    private static final int I64 = 6;
    private static final int DOUBLE = 7;
    private static final int BINARY = 8;
    private static final int LIST = 9;
    private static final int SET = 10;
    private static final int MAP = 11;
    private static final int STRUCT = 12;
    private static final int SHORT_LIST = 15;

    /** No struct of Parquet is nested as deeply. */
    private static final int MAX_DEPTH = 32;

    private static final int MAX_VARINT_BYTES = 10;

    /** Is told what a struct holds. */
    interface Numbers {
        /**
         * A number.
         *
         * @param outer the field of the struct
         * @param inner the field of a struct in that field, or in the list in it; 0 where the field itself is the
         *     number
         */
        void at(int outer, int inner, long value);

        /** A struct in a field of the struct, or in a list in it, begins. */
        default void begin(int outer) {}
    }

    /** The bytes are not such a struct, or it has too much of something. */
    static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedException() {
            super(null, null, false, false);
        }
    }

    private final ByteBuffer bytes;
    private final Numbers numbers;
    private long structs;

    private ThriftReader(ByteBuffer bytes, long structs, Numbers numbers) {
        this.bytes = bytes;
        this.structs = structs;
        this.numbers = numbers;
    }

    /**
     * Walks a struct from a buffer's position, and leaves the position behind it.
     *
     * @param structs how many there may be, it and those within it
     */
    static void read(ByteBuffer bytes, long structs, Numbers numbers) throws MalformedException {
        new ThriftReader(bytes, structs, numbers).struct(1, 0);
    }

    private static void require(boolean right) throws MalformedException {
        if (!right) {
            throw new MalformedException();
        }
    }

    private int next() throws MalformedException {
        require(bytes.hasRemaining());
        return Byte.toUnsignedInt(bytes.get());
    }

    private long varint() throws MalformedException {
        long value = 0;
        for (int i = 0; i < MAX_VARINT_BYTES; i++) {
            int b = next();
            value |= (long) (b & 0x7F) << 7 * i;
            if (b < 0x80) {
                return value;
            }
        }
        throw new MalformedException();
    }

    /** Returns a number of things that the bytes behind it hold. */
    private int size() throws MalformedException {
        long size = varint();
        require(size >= 0 && size <= bytes.remaining());
        return (int) size;
    }

    private void struct(int depth, int outer) throws MalformedException {
        structs--;
        require(depth <= MAX_DEPTH && structs >= 0);
        if (depth == 2) {
            numbers.begin(outer);
        }
        int field = 0;
        for (int header = next(); header != 0; header = next()) {
            int step = header >> 4;
            long number = step == 0 ? zigzag() : field + step;
            require(number > 0 && number <= Short.MAX_VALUE);
            field = (int) number;
            value(header & 0xF, depth, outer, field);
        }
    }

    private long zigzag() throws MalformedException {
        long value = varint();
        return value >>> 1 ^ -(value & 1);
    }

    private void value(int type, int depth, int outer, int field) throws MalformedException {
        int first = depth == 1 ? field : outer;
        switch (type) {
            case TRUE, FALSE -> tell(depth, first, field, type == TRUE ? 1 : 0);
            case BYTE -> next();
            case I16, I16 + 1, I64 -> tell(depth, first, field, zigzag());
            case DOUBLE -> skip(Double.BYTES);
            case BINARY -> skip(size());
            case LIST, SET -> {
                int header = next();
                int count = header >> 4 == SHORT_LIST ? size() : header >> 4;
                for (int i = 0; i < count; i++) {
                    element(header & 0xF, depth, first, field);
                }
            }
            case MAP -> {
                int count = size();
                int types = count == 0 ? 0 : next();
                for (int i = 0; i < count; i++) {
                    element(types >> 4, depth, first, field);
                    element(types & 0xF, depth, first, field);
                }
            }
            case STRUCT -> struct(depth + 1, first);
            default -> throw new MalformedException();
        }
    }

    /**
     * Truth values in lists have a byte each, which some readers do not know; Parquet's footers and pages have no such
     * lists.
     */
    private void element(int type, int depth, int outer, int field) throws MalformedException {
        require(type != TRUE && type != FALSE && depth < MAX_DEPTH);
        value(type, type == LIST || type == SET || type == MAP ? depth + 1 : depth, outer, field);
    }

    private void tell(int depth, int outer, int field, long value) {
        if (depth == 1) {
            numbers.at(field, 0, value);
        } else if (depth == 2) {
            numbers.at(outer, field, value);
        }
    }

    private void skip(int count) throws MalformedException {
        require(count <= bytes.remaining());
        bytes.position(bytes.position() + count);
    }
}
