package detangle.cli;

import detangle.pipelines.task.Column;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Writes a Parquet file, whose footer comes last: row groups with one page for each leaf, values one after another
 * without compression. So every reader can read it, and what is written can be seen to be right. Numbers of fields and
 * types are those of parquet.thrift.
 */
final class ParquetFile implements AutoCloseable {
    private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);
    private static final int OPTIONAL = 1;
    private static final int REPEATED = 2;
    private static final int UTF8 = 0;
    private static final int LIST = 3;
    private static final int PLAIN = 0;
    private static final int RLE = 3;

    private final Path path;
    private final List<Column> columns;
    private final OutputStream out;
    private final List<Group> groups = new ArrayList<>();
    private long position;
    private long rows;

    private record Chunk(ParquetLeaf leaf, long offset, long bytes) {}

    private record Group(List<Chunk> chunks, long rows) {}

    ParquetFile(Path path, List<Column> columns) {
        this.path = path;
        this.columns = List.copyOf(columns);
        try {
            this.out = new BufferedOutputStream(Files.newOutputStream(path));
        } catch (IOException e) {
            throw new OutputException(path.toString(), e);
        }
        write(MAGIC);
    }

    private void write(byte[] bytes) {
        try {
            out.write(bytes);
        } catch (IOException e) {
            throw new OutputException(path.toString(), e);
        }
        position += bytes.length;
    }

    /** Writes rows as a group. */
    void write(List<? extends Map<String, Object>> group) {
        ParquetTree tree = new ParquetTree(columns);
        group.forEach(tree::add);
        List<Chunk> chunks = new ArrayList<>();
        for (ParquetLeaf leaf : tree.leaves()) {
            long offset = position;
            byte[] page = leaf.page();
            write(ThriftWriter.struct(header -> header.i32(1, 0)
                    .i32(2, page.length)
                    .i32(3, page.length)
                    .struct(
                            5,
                            data -> data.i32(1, leaf.count())
                                    .i32(2, PLAIN)
                                    .i32(3, RLE)
                                    .i32(4, RLE))));
            write(page);
            chunks.add(new Chunk(leaf, offset, position - offset));
        }
        groups.add(new Group(chunks, group.size()));
        rows += group.size();
    }

    /** Writes the footer: without it the file cannot be read. */
    void end() {
        byte[] footer = ThriftWriter.struct(file -> file.i32(1, 1)
                .structs(2, schema(), (writer, element) -> element.write(writer))
                .i64(3, rows)
                .structs(4, groups, ParquetFile::writeGroup)
                .text(6, "detangle"));
        write(footer);
        write(ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(footer.length)
                .array());
        write(MAGIC);
        try {
            out.flush();
        } catch (IOException e) {
            throw new OutputException(path.toString(), e);
        }
    }

    private static void writeGroup(ThriftWriter writer, Group group) {
        writer.structs(
                        1,
                        group.chunks(),
                        (column, chunk) -> column.i64(2, chunk.offset())
                                .struct(
                                        3,
                                        metadata -> metadata.i32(
                                                        1,
                                                        ParquetLeaf.physicalType(
                                                                chunk.leaf().type()))
                                                .i32s(2, List.of(PLAIN, RLE))
                                                .texts(3, chunk.leaf().path())
                                                .i32(4, 0)
                                                .i64(5, chunk.leaf().count())
                                                .i64(6, chunk.bytes())
                                                .i64(7, chunk.bytes())
                                                .i64(9, chunk.offset())))
                .i64(2, group.chunks().stream().mapToLong(Chunk::bytes).sum())
                .i64(3, group.rows());
    }

    /** A line of the schema, which is a tree written from its root, parents first. */
    @FunctionalInterface
    private interface Element {
        void write(ThriftWriter writer);
    }

    private List<Element> schema() {
        List<Element> elements = new ArrayList<>();
        elements.add(root -> root.text(4, "schema").i32(5, columns.size()));
        columns.forEach(column -> describe(column.name(), column.type(), elements));
        return elements;
    }

    private static void describe(String name, Column.Type type, List<Element> elements) {
        switch (type) {
            case Column.Scalar scalar ->
                elements.add(leaf -> {
                    leaf.i32(1, ParquetLeaf.physicalType(scalar))
                            .i32(3, OPTIONAL)
                            .text(4, name);
                    if (scalar == Column.Scalar.TEXT) {
                        leaf.i32(6, UTF8).struct(10, logical -> logical.struct(1, string -> {}));
                    }
                });
            case Column.ObjectOf object -> {
                elements.add(group -> group.i32(3, OPTIONAL)
                        .text(4, name)
                        .i32(5, object.columns().size()));
                object.columns().forEach(column -> describe(column.name(), column.type(), elements));
            }
            case Column.ListOf list -> {
                elements.add(group -> group.i32(3, OPTIONAL)
                        .text(4, name)
                        .i32(5, 1)
                        .i32(6, LIST)
                        .struct(10, logical -> logical.struct(LIST, nothing -> {})));
                elements.add(group ->
                        group.i32(3, REPEATED).text(4, ParquetTree.LIST).i32(5, 1));
                describe(ParquetTree.ELEMENT, list.element(), elements);
            }
        }
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw new OutputException(path.toString(), e);
        }
    }
}
