package detangle.cli;

import detangle.pipelines.task.Column;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The values of one leaf of a Parquet schema for one row group, with the levels that say where lists and missing
 * values are: a repetition level tells which list goes on, a definition level how much of the path is there.
 */
final class ParquetLeaf {
    /** Numbers of parquet.thrift. */
    private static final int BOOLEAN = 0;

    private static final int INT64 = 2;
    private static final int FLOAT = 4;
    private static final int DOUBLE = 5;
    private static final int BYTE_ARRAY = 6;

    private final List<String> path;
    private final Column.Scalar type;
    private final Levels repetitions;
    private final Levels definitions;
    private final ByteArrayOutputStream values = new ByteArrayOutputStream();
    private final ByteBuffer number = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private int count;
    private int truths;
    private int truth;

    ParquetLeaf(List<String> path, Column.Scalar type, int maxRepetition, int maxDefinition) {
        this.path = List.copyOf(path);
        this.type = type;
        this.repetitions = new Levels(maxRepetition);
        this.definitions = new Levels(maxDefinition);
    }

    List<String> path() {
        return path;
    }

    /** Returns how many values there are, missing ones included. */
    int count() {
        return count;
    }

    /** Returns the type's number in parquet.thrift. */
    static int physicalType(Column.Scalar type) {
        return switch (type) {
            case TEXT -> BYTE_ARRAY;
            case WHOLE -> INT64;
            case TRUTH -> BOOLEAN;
            case DOUBLE -> DOUBLE;
            case FLOAT -> FLOAT;
        };
    }

    Column.Scalar type() {
        return type;
    }

    void missing(int repetition, int definition) {
        count++;
        repetitions.add(repetition);
        definitions.add(definition);
    }

    void add(int repetition, int definition, Object value) {
        missing(repetition, definition);
        number.clear();
        switch (type) {
            case TEXT -> {
                byte[] utf8 = ((String) value).getBytes(StandardCharsets.UTF_8);
                number.putInt(utf8.length);
                writeNumber();
                values.writeBytes(utf8);
                return;
            }
            case TRUTH -> {
                truth |= ((Boolean) value ? 1 : 0) << truths++ % Byte.SIZE;
                if (truths % Byte.SIZE == 0) {
                    values.write(truth);
                    truth = 0;
                }
                return;
            }
            case WHOLE -> number.putLong(((Number) value).longValue());
            case DOUBLE -> number.putDouble(((Number) value).doubleValue());
            case FLOAT -> number.putFloat(((Number) value).floatValue());
        }
        writeNumber();
    }

    private void writeNumber() {
        values.write(number.array(), 0, number.position());
    }

    /** Returns the content of a data page: levels, then the values that are there, one after another. */
    byte[] page() {
        ByteArrayOutputStream page = new ByteArrayOutputStream();
        page.writeBytes(repetitions.bytes());
        page.writeBytes(definitions.bytes());
        page.writeBytes(values.toByteArray());
        if (truths % Byte.SIZE != 0) {
            page.write(truth);
        }
        return page.toByteArray();
    }

    /** Levels as runs of equal ones; nothing where all are 0 by the schema. */
    private static final class Levels {
        private final int max;
        private final ByteArrayOutputStream runs = new ByteArrayOutputStream();
        private int level;
        private int length;

        Levels(int max) {
            this.max = max;
        }

        void add(int next) {
            if (length > 0 && next != level) {
                endRun();
            }
            level = next;
            length++;
        }

        private void endRun() {
            ThriftWriter.writeUnsigned(runs, (long) length << 1);
            runs.write(level);
            length = 0;
        }

        byte[] bytes() {
            if (max == 0) {
                return new byte[0];
            }
            if (length > 0) {
                endRun();
            }
            return ByteBuffer.allocate(Integer.BYTES + runs.size())
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(runs.size())
                    .put(runs.toByteArray())
                    .array();
        }
    }
}
