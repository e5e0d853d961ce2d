package detangle.cli;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A Parquet file of one column of texts and one page, which may say anything of itself. */
public final class ParquetBytes {
    private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);

    private String name = "text";
    private int nodes = 1;
    private boolean chain;
    private int repetition;
    private byte[] page = plain("ok");
    private int pages = 1;
    private int pageType;
    private Integer uncompressed;
    private Integer compressed;
    private int values = 1;
    private int encoding;
    private int codec;
    private Long rows;
    private long groupRows = 1;
    private int groups = 1;
    private Long chunkValues;
    private long offset = MAGIC.length;
    private Long size;
    private byte[] footer;
    private Integer footerLength;
    private byte[] header;
    private Long index;

    public ParquetBytes() {}

    /** Texts one after another, as pages hold them. */
    public static byte[] plain(String... texts) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (String text : texts) {
            bytes.writeBytes(length(text.length()));
            bytes.writeBytes(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    /** Four bytes, the lowest first. */
    public static byte[] length(int length) {
        return ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(length)
                .array();
    }

    public ParquetBytes name(String is) {
        name = is;
        return this;
    }

    /** Groups around the column, or columns beside it. */
    public ParquetBytes nodes(int is, boolean chained) {
        nodes = is;
        chain = chained;
        return this;
    }

    /** 1 where the column may be missing, 2 where it is a list. */
    public ParquetBytes repetition(int is) {
        repetition = is;
        return this;
    }

    public ParquetBytes page(byte[] is) {
        page = is.clone();
        return this;
    }

    public ParquetBytes pages(int is) {
        pages = is;
        return this;
    }

    public ParquetBytes pageType(int is) {
        pageType = is;
        return this;
    }

    public ParquetBytes uncompressed(int is) {
        uncompressed = is;
        return this;
    }

    public ParquetBytes compressed(int is) {
        compressed = is;
        return this;
    }

    public ParquetBytes values(int is) {
        values = is;
        return this;
    }

    public ParquetBytes encoding(int is) {
        encoding = is;
        return this;
    }

    public ParquetBytes codec(int is) {
        codec = is;
        return this;
    }

    public ParquetBytes rows(long inFile, long inGroup) {
        rows = inFile;
        groupRows = inGroup;
        return this;
    }

    public ParquetBytes groups(int is) {
        groups = is;
        return this;
    }

    public ParquetBytes chunkValues(long is) {
        chunkValues = is;
        return this;
    }

    public ParquetBytes offset(long is) {
        offset = is;
        return this;
    }

    public ParquetBytes size(long is) {
        size = is;
        return this;
    }

    public ParquetBytes footer(byte[] is) {
        footer = is.clone();
        return this;
    }

    public ParquetBytes footerLength(int is) {
        footerLength = is;
        return this;
    }

    /** The header of the page. */
    public ParquetBytes header(byte[] is) {
        header = is.clone();
        return this;
    }

    /** Where an index of pages is said to be. */
    public ParquetBytes index(long is) {
        index = is;
        return this;
    }

    public byte[] bytes() {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(MAGIC);
        for (int i = 0; i < pages; i++) {
            file.writeBytes(header == null ? header() : header);
            file.writeBytes(page);
        }
        long end = file.size();
        byte[] described = footer == null ? footer(end) : footer;
        file.writeBytes(described);
        file.writeBytes(length(footerLength == null ? described.length : footerLength));
        file.writeBytes(MAGIC);
        return file.toByteArray();
    }

    private byte[] header() {
        return ThriftWriter.struct(writer -> {
            writer.i32(1, pageType)
                    .i32(2, uncompressed == null ? page.length : uncompressed)
                    .i32(3, compressed == null ? page.length : compressed);
            if (pageType == 0) {
                writer.struct(
                        5,
                        data -> data.i32(1, values).i32(2, encoding).i32(3, 3).i32(4, 3));
            } else if (pageType == 2) {
                writer.struct(7, data -> data.i32(1, values).i32(2, encoding));
            } else {
                writer.struct(
                        8,
                        data -> data.i32(1, values)
                                .i32(2, 0)
                                .i32(3, values)
                                .i32(4, encoding)
                                .i32(5, Integer.MAX_VALUE)
                                .i32(6, Integer.MAX_VALUE));
            }
        });
    }

    private byte[] footer(long end) {
        List<Integer> schema = new ArrayList<>();
        schema.add(chain ? 1 : nodes);
        for (int i = 1; i < nodes; i++) {
            schema.add(chain ? 1 : 0);
        }
        schema.add(0);
        return ThriftWriter.struct(file -> file.i32(1, 1)
                .structs(2, schema, (element, children) -> {
                    if (children > 0) {
                        element.text(4, "g").i32(5, children);
                    } else {
                        element.i32(1, 6).i32(3, repetition).text(4, name).i32(6, 0);
                    }
                })
                .i64(3, rows == null ? groupRows * groups : rows)
                .structs(
                        4,
                        Collections.nCopies(groups, 0),
                        (group, i) -> group.structs(1, Collections.nCopies(chain ? 1 : nodes, 0), (column, j) -> {
                                    column.i64(2, offset)
                                            .struct(
                                                    3,
                                                    data -> data.i32(1, 6)
                                                            .i32s(2, List.of(0, 3))
                                                            .texts(3, List.of(name))
                                                            .i32(4, codec)
                                                            .i64(5, chunkValues == null ? groupRows : chunkValues)
                                                            .i64(6, end)
                                                            .i64(7, size == null ? end - MAGIC.length : size)
                                                            .i64(9, offset));
                                    if (index != null) {
                                        column.i64(4, index).i32(5, 100);
                                    }
                                })
                                .i64(2, end)
                                .i64(3, groupRows)));
    }
}
