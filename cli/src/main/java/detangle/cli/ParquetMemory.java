package detangle.cli;

import dev.hardwood.schema.ColumnSchema;
import java.util.List;

/**
 * Computes the memory that the Parquet library takes for the columns of a file before it reads the first row. Its
 * threads keep what they have when memory runs out, so that a file that needs too much must be refused before the
 * library begins.
 *
 * <p>The numbers are those of {@code BatchSizing} and {@code BatchExchange} in hardwood 1.0.1: three batches of each
 * column, of as many values as are 6 MiB in all columns together, but at least 16 384 and at most 524 288.
 */
final class ParquetMemory {
    private static final long BATCH_BYTES = 6L << 20;
    private static final long MIN_BATCH_VALUES = 16_384;
    private static final long MAX_BATCH_VALUES = 524_288;
    private static final int BATCHES_AT_ONCE = 3;

    /** The bytes that the library counts for a text. */
    private static final int COUNTED_TEXT_BYTES = 16;

    private static final int ALLOCATED_TEXT_BYTES = 32;

    /** The number of regions into which G1 divides the heap, of 1 to 32 MiB each. */
    private static final long REGIONS = 2048;

    private static final long MIN_REGION_BYTES = 1L << 20;
    private static final long MAX_REGION_BYTES = 32L << 20;

    private ParquetMemory() {}

    /**
     * Returns the bytes of the heap that reading some columns takes.
     *
     * @param heap the size of the heap, by which the garbage collector rounds up large arrays
     */
    static long bytes(List<ColumnSchema> columns, long heap) {
        long counted = columns.stream().mapToLong(ParquetMemory::counted).sum();
        long values = Math.clamp(BATCH_BYTES / Math.max(1, counted), MIN_BATCH_VALUES, MAX_BATCH_VALUES);
        long region = Long.highestOneBit(Math.clamp(heap / REGIONS, MIN_REGION_BYTES, MAX_REGION_BYTES));
        return columns.stream()
                .mapToLong(column ->
                        BATCHES_AT_ONCE * (rounded(values * width(column), region) + ends(column, values, region)))
                .sum();
    }

    /**
     * Rounds up the size of a large array, to which G1 gives whole regions of its own if it is half a region or more.
     */
    private static long rounded(long bytes, long region) {
        return 2 * bytes >= region ? Math.ceilDiv(bytes + 1, region) * region : bytes;
    }

    private static int counted(ColumnSchema column) {
        return switch (column.type()) {
            case BOOLEAN -> 1;
            case INT32, FLOAT -> Integer.BYTES;
            case INT64, DOUBLE -> Long.BYTES;
            case INT96 -> Integer.BYTES + Long.BYTES;
            case BYTE_ARRAY -> COUNTED_TEXT_BYTES;
            case FIXED_LEN_BYTE_ARRAY -> length(column);
        };
    }

    private static int width(ColumnSchema column) {
        return switch (column.type()) {
            case BOOLEAN, INT32, FLOAT, INT64, DOUBLE, FIXED_LEN_BYTE_ARRAY -> counted(column);
            case INT96, BYTE_ARRAY -> ALLOCATED_TEXT_BYTES;
        };
    }

    /** Returns the bytes of the numbers that say where each value ends. */
    private static long ends(ColumnSchema column, long values, long region) {
        return switch (column.type()) {
            case BOOLEAN, INT32, FLOAT, INT64, DOUBLE -> 0;
            case INT96, BYTE_ARRAY, FIXED_LEN_BYTE_ARRAY -> rounded(values * Integer.BYTES, region);
        };
    }

    private static int length(ColumnSchema column) {
        return column.typeLength() == null ? COUNTED_TEXT_BYTES : column.typeLength();
    }
}
