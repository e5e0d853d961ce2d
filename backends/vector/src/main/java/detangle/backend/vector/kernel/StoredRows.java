package detangle.backend.vector.kernel;

/**
 * The rows of a table of positions {@code [A,P,d]} that was computed before, such as one that an artifact holds.
 *
 * @param reader of the {@code A*P} rows
 * @param positions the number of rows of a head, P
 */
public record StoredRows(PackedMatrix.RowReader reader, int positions) implements PositionTable.Source {
    @Override
    public void pack(PackedMatrix[] packed, int begin, int count) {
        for (int head = 0; head < packed.length; head++) {
            PackedMatrix matrix = packed[head];
            int size = matrix.k();
            float[] rows = new float[count * size];
            reader.read(head * positions + begin, count, rows, 0);
            PackedMatrix.packRows(rows, 0, size, count, size, matrix.data(), matrix.offset() + begin * size);
        }
    }
}
