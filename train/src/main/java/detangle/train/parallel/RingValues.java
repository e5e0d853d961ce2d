package detangle.train.parallel;

import java.nio.ByteBuffer;

/** An array of numbers that is sent and received in pieces. Buffers are little-endian. */
sealed interface RingValues {
    /** Returns the number of numbers. */
    int count();

    /** Returns the bytes of a number. */
    int bytes();

    /** Puts numbers into a buffer. */
    void put(int from, int to, ByteBuffer buffer);

    /** Adds the numbers of a buffer. */
    void add(int from, ByteBuffer buffer);

    /** Replaces numbers by those of a buffer. */
    void set(int from, ByteBuffer buffer);

    /** Numbers in single precision. */
    record Floats(float[] values, float[] piece) implements RingValues {
        Floats(float[] values, int maxElements) {
            this(values, new float[Math.min(values.length, maxElements)]);
        }

        @Override
        public int count() {
            return values.length;
        }

        @Override
        public int bytes() {
            return Float.BYTES;
        }

        @Override
        public void put(int from, int to, ByteBuffer buffer) {
            buffer.asFloatBuffer().put(values, from, to - from);
        }

        @Override
        public void add(int from, ByteBuffer buffer) {
            int n = buffer.remaining() / Float.BYTES;
            buffer.asFloatBuffer().get(piece, 0, n);
            for (int i = 0; i < n; i++) {
                values[from + i] += piece[i];
            }
        }

        @Override
        public void set(int from, ByteBuffer buffer) {
            buffer.asFloatBuffer().get(values, from, buffer.remaining() / Float.BYTES);
        }
    }

    /** Numbers in double precision. */
    record Doubles(double[] values) implements RingValues {
        @Override
        public int count() {
            return values.length;
        }

        @Override
        public int bytes() {
            return Double.BYTES;
        }

        @Override
        public void put(int from, int to, ByteBuffer buffer) {
            buffer.asDoubleBuffer().put(values, from, to - from);
        }

        @Override
        public void add(int from, ByteBuffer buffer) {
            int n = buffer.remaining() / Double.BYTES;
            for (int i = 0; i < n; i++) {
                values[from + i] += buffer.getDouble(i * Double.BYTES);
            }
        }

        @Override
        public void set(int from, ByteBuffer buffer) {
            buffer.asDoubleBuffer().get(values, from, buffer.remaining() / Double.BYTES);
        }
    }
}
