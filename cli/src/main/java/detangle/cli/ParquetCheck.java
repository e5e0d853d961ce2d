package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.cli.ThriftReader.MalformedException;
import dev.hardwood.metadata.ColumnChunk;
import dev.hardwood.metadata.ColumnMetaData;
import dev.hardwood.metadata.CompressionCodec;
import dev.hardwood.metadata.RowGroup;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.schema.ColumnSchema;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Holds what a Parquet file says of itself against its bytes, before the library that reads it makes room for it: the
 * library takes the sizes of texts, lists and pages on trust, and calls itself for each level of a schema.
 */
final class ParquetCheck implements AutoCloseable {
    private static final byte[] MAGIC = {'P', 'A', 'R', '1'};
    private static final int TAIL_BYTES = Integer.BYTES + MAGIC.length;

    /** Bytes of a footer. */
    private static final int MAX_FOOTER_BYTES = 64 << 20;

    /** Structs of a footer, each of which describes a column, a row group or a part of one. */
    private static final int MAX_STRUCTS = 1_000_000;

    private static final int MAX_SCHEMA_DEPTH = 100;

    /** Bytes of a page once it is decompressed; writers make pages of one to 100 MB. */
    private static final long MAX_PAGE_BYTES = 256 << 20;

    /** Bytes that a page of gzip or zstd may have once it is decompressed, however few it has before. */
    private static final long SMALL_PAGE_BYTES = 16 << 20;

    /**
     * Bytes of a value in a column whose values are all of one length: the library makes room for thousands at once.
     */
    private static final int MAX_FIXED_BYTES = 1 << 12;

    /** Values of a page. */
    private static final long MAX_VALUES = 1 << 22;

    /** Bytes of the number with which compressed data of snappy begins. */
    private static final int MAX_SNAPPY_SIZE_BYTES = 5;

    /** The compressions of pages that are read. */
    private static final Set<CompressionCodec> READ = EnumSet.of(
            CompressionCodec.UNCOMPRESSED, CompressionCodec.SNAPPY, CompressionCodec.GZIP, CompressionCodec.ZSTD);

    private static final int MAX_PAGE_HEADER_BYTES = 1 << 20;
    private static final int INITIAL_PAGE_HEADER_BYTES = 1 << 10;

    private static final int DATA_PAGE = 0;
    private static final int DICTIONARY_PAGE = 2;
    private static final int DATA_PAGE_V2 = 3;

    /** The field of a page's header that holds what is said of a page of the second version. */
    private static final int V2_HEADER = 8;

    private final Path path;
    private final FileChannel channel;
    private long described;

    /** Opens a file, which must be a regular one. */
    ParquetCheck(Path path) throws IOException {
        this.path = path;
        this.channel = FileChannel.open(path);
    }

    private CliException fault(String fault) {
        return new CliException(path + " is not a Parquet file: it is damaged or of another kind (" + fault + ")");
    }

    /** Refuses what a file that is not damaged may have, too. */
    private void bound(boolean within, String excess) {
        if (!within) {
            throw new CliException(path + " has more than is read: " + excess);
        }
    }

    private void require(boolean right, String fault) {
        if (!right) {
            throw fault(fault);
        }
    }

    private ByteBuffer read(long position, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining() && channel.read(bytes, position + bytes.position()) > 0) {
            // Until it is full, or the file ends.
        }
        require(!bytes.hasRemaining(), "its end is missing");
        return bytes.flip();
    }

    /** Checks the footer: after this the library may open the file. */
    void footer() throws IOException {
        long size = channel.size();
        require(size >= MAGIC.length + TAIL_BYTES && isMagic(read(0, MAGIC.length)), "it does not begin with PAR1");
        ByteBuffer tail = read(size - TAIL_BYTES, TAIL_BYTES);
        int length = tail.getInt();
        require(isMagic(tail), "it does not end with PAR1");
        require(length > 0 && length <= size - MAGIC.length - TAIL_BYTES, "its footer is longer than the file");
        bound(length <= MAX_FOOTER_BYTES, "its footer has more than " + MAX_FOOTER_BYTES + " bytes");
        SchemaDepth depth = new SchemaDepth();
        try {
            ThriftReader.read(read(size - TAIL_BYTES - length, length), MAX_STRUCTS, depth);
        } catch (MalformedException e) {
            throw fault("its footer cannot be read, or describes more than " + MAX_STRUCTS + " things");
        }
        bound(depth.deepest <= MAX_SCHEMA_DEPTH, "its columns are nested deeper than " + MAX_SCHEMA_DEPTH);
    }

    private static boolean isMagic(ByteBuffer bytes) {
        for (byte b : MAGIC) {
            if (bytes.get() != b) {
                return false;
            }
        }
        return true;
    }

    /** Follows the schema, a tree whose nodes come parents first and say how many children they have. */
    private static final class SchemaDepth implements ThriftReader.Numbers {
        private static final int SCHEMA = 2;
        private static final int CHILDREN = 5;

        /** The number of children that are still to come, for each node above. */
        private final Deque<Long> left = new ArrayDeque<>();

        private int deepest;

        @Override
        public void begin(int outer) {
            if (outer == SCHEMA) {
                while (!left.isEmpty() && left.peek() <= 0) {
                    left.pop();
                }
                if (!left.isEmpty()) {
                    left.push(left.pop() - 1);
                }
            }
        }

        @Override
        public void at(int outer, int inner, long value) {
            if (outer == SCHEMA && inner == CHILDREN && value > 0 && left.size() <= MAX_SCHEMA_DEPTH) {
                left.push(value);
                deepest = Math.max(deepest, left.size());
            }
        }
    }

    /**
     * Checks the pages of columns, by their headers.
     *
     * @param names of columns at the top of the schema; all if it is empty
     */
    void pages(ParquetFileReader file, Set<String> names) throws IOException {
        List<ColumnSchema> columns = file.getFileSchema().getColumns();
        for (RowGroup group : file.getFileMetaData().rowGroups()) {
            require(group.columns().size() == columns.size(), "a row group lacks columns");
            require(group.numRows() >= 0, "a row group has " + group.numRows() + " rows");
            for (int i = 0; i < columns.size(); i++) {
                ColumnSchema column = columns.get(i);
                String name = column.fieldPath().topLevelName();
                if (names.isEmpty() || names.contains(name)) {
                    chunk(group, group.columns().get(i), column, "column '" + name + "'");
                }
            }
        }
    }

    private void chunk(RowGroup group, ColumnChunk chunk, ColumnSchema column, String name) throws IOException {
        ColumnMetaData data = chunk.metaData();
        require(data != null, name + " has no pages");
        require(data.codec() != null, name + " does not say how it is compressed");
        if (!READ.contains(data.codec())) {
            throw new CliException(path + ", " + name + " is compressed with " + data.codec()
                    + ", which is not read: write the file with snappy, gzip or zstd, or without compression");
        }
        require(column.typeLength() == null || column.typeLength() >= 0, name + " has values of a negative length");
        if (column.typeLength() != null && column.typeLength() > MAX_FIXED_BYTES) {
            throw new CliException(path + ", " + name + " has values of " + column.typeLength()
                    + " bytes each, and at most " + MAX_FIXED_BYTES + " are read: leave the column out");
        }
        if (group.numRows() == 0 && data.numValues() == 0) {
            return;
        }
        long begin = chunk.chunkStartOffset();
        long end = begin + data.totalCompressedSize();
        require(begin >= MAGIC.length && begin <= end && end <= channel.size(), name + " lies outside of the file");
        described += end - begin;
        require(described <= channel.size(), "its columns overlap");
        require(
                column.maxRepetitionLevel() > 0 ? data.numValues() >= 0 : data.numValues() == group.numRows(),
                name + " has " + data.numValues() + " values for " + group.numRows() + " rows");
        Set<Long> places = new HashSet<>();
        long values = 0;
        for (long at = begin; values < data.numValues(); ) {
            require(at < end, name + " has " + values + " values in its pages, and should have " + data.numValues());
            Page page = page(at, end, name);
            require(page.end() <= end, name + " has a page that is longer than the column");
            require(
                    page.uncompressed() <= most(data.codec(), page.compressed()),
                    name + " has a page of " + page.uncompressed() + " bytes, compressed to " + page.compressed());
            bound(
                    page.uncompressed() <= MAX_PAGE_BYTES,
                    name + " has a page of more than " + MAX_PAGE_BYTES + " bytes");
            if (data.codec() == CompressionCodec.SNAPPY && page.isCompressed()) {
                snappy(page, name);
            }
            require(
                    page.isData() ? page.values() > 0 : at == begin,
                    name + " has a page without values, or a dictionary that does not come first");
            bound(page.values() <= MAX_VALUES, name + " has more than " + MAX_VALUES + " values in a page");
            if (page.isData()) {
                places.add(at);
                values += page.values();
            }
            at = page.end();
        }
        if (chunk.offsetIndexOffset() != null) {
            index(chunk, places, name);
        }
    }

    /** Returns how many bytes a page may be decompressed to, by what compressed it. */
    private static long most(CompressionCodec codec, long compressed) {
        return switch (codec) {
            case UNCOMPRESSED -> compressed;
            case SNAPPY -> 22 * compressed + 64;
            default -> Math.max(SMALL_PAGE_BYTES, 1100 * compressed);
        };
    }

    /**
     * Compares the size with which compressed data of snappy begins with the size in the page's header: the library
     * makes room by the header, and snappy's native code would write beyond that room by the data's own size.
     */
    private void snappy(Page page, String name) throws IOException {
        long length = page.compressed() - page.levels();
        ByteBuffer bytes = read(page.begin() + page.levels(), (int) Math.min(length, MAX_SNAPPY_SIZE_BYTES));
        long size = 0;
        for (int shift = 0; bytes.hasRemaining(); shift += 7) {
            byte b = bytes.get();
            size |= (b & 0x7FL) << shift;
            if (b >= 0) {
                break;
            }
        }
        long room = page.uncompressed() - page.levels();
        require(length == 0 || size == room, name + " has a page of " + room + " bytes that hold " + size);
    }

    /**
     * A page.
     *
     * @param levels bytes at its beginning that are never compressed
     * @param begin where the header ends
     */
    private record Page(
            boolean isData,
            boolean isCompressed,
            long uncompressed,
            long compressed,
            long levels,
            long values,
            long begin) {
        long end() {
            return begin + compressed;
        }
    }

    /** Returns a number's key: its field in the page's header, and its field in the struct there, or 0. */
    private static int field(int outer, int inner) {
        return outer << 16 | inner;
    }

    /** Returns the page at a place, by its header. */
    private Page page(long at, long end, String name) throws IOException {
        for (int look = INITIAL_PAGE_HEADER_BYTES; ; look *= 2) {
            int length = (int) Math.min(look, end - at);
            ByteBuffer bytes = read(at, length);
            Map<Integer, Long> numbers = new HashMap<>();
            try {
                ThriftReader.read(bytes, MAX_STRUCTS, (outer, inner, value) -> numbers.put(field(outer, inner), value));
                // The numbers of fields and types are those of PageHeader in parquet.thrift.
                int type = numbers.getOrDefault(field(1, 0), -1L).intValue();
                long uncompressed = numbers.getOrDefault(field(2, 0), -1L);
                long compressed = numbers.getOrDefault(field(3, 0), -1L);
                long values = switch (type) {
                    case DATA_PAGE -> numbers.getOrDefault(field(5, 1), -1L);
                    case DICTIONARY_PAGE -> numbers.getOrDefault(field(7, 1), -1L);
                    case DATA_PAGE_V2 -> numbers.getOrDefault(field(V2_HEADER, 1), -1L);
                    default -> 0;
                };
                require(uncompressed >= 0 && compressed >= 0, name + " has a page without a size");
                long levels = 0;
                if (type == DATA_PAGE_V2) {
                    long definitions = numbers.getOrDefault(field(V2_HEADER, 5), -1L);
                    long repetitions = numbers.getOrDefault(field(V2_HEADER, 6), -1L);
                    levels = definitions + repetitions;
                    require(
                            definitions >= 0 && repetitions >= 0 && levels <= Math.min(compressed, uncompressed),
                            name + " has a page with levels that are longer than it");
                }
                return new Page(
                        type == DATA_PAGE || type == DATA_PAGE_V2,
                        numbers.getOrDefault(field(V2_HEADER, 7), 1L) != 0,
                        uncompressed,
                        compressed,
                        levels,
                        values,
                        at + bytes.position());
            } catch (MalformedException e) {
                require(
                        length < end - at && look < MAX_PAGE_HEADER_BYTES,
                        name + " has a page whose header cannot be read");
            }
        }
    }

    /** Checks the index of a column's pages, which the library goes by where there is one. */
    private void index(ColumnChunk chunk, Set<Long> places, String name) throws IOException {
        long at = chunk.offsetIndexOffset();
        Integer length = chunk.offsetIndexLength();
        require(
                length != null && at >= 0 && length > 0 && length <= MAX_FOOTER_BYTES && at <= channel.size() - length,
                name + " has an index outside of the file");
        Set<Long> indexed = new HashSet<>();
        int[] count = new int[1];
        try {
            ThriftReader.read(read(at, length), MAX_STRUCTS, (outer, inner, value) -> {
                if (outer == 1 && inner == 1) {
                    indexed.add(value);
                    count[0]++;
                }
            });
        } catch (MalformedException e) {
            throw fault(name + " has an index that cannot be read");
        }
        require(
                indexed.equals(places) && count[0] == places.size(),
                name + " has an index that does not name its pages");
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
