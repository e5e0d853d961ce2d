package detangle.backend.vector.kernel;

import detangle.ir.Activation;

/**
 * The rows of a table of positions that is projected from constant rows, {@code rows weight^T + bias}.
 *
 * @param rows {@code [P,H]}
 * @param weight {@code [H,A*d]}
 * @param bias at least {@code panels * WIDTH} floats
 */
public record ProjectedRows(float[] rows, Panels weight, float[] bias) implements PositionTable.Source {
    @Override
    public void pack(PackedMatrix[] packed, int begin, int count) {
        int depth = weight.k();
        int width = weight.n();
        float[] projected = new float[count * width];
        Gemm gemm = new Gemm();
        gemm.left(rows, begin * depth, depth, count, depth);
        gemm.product(weight.next(), bias, Activation.NONE, projected, 0, width);
        gemm.run();
        for (int head = 0; head < packed.length; head++) {
            PackedMatrix matrix = packed[head];
            int size = matrix.k();
            int at = matrix.offset() + begin * size;
            PackedMatrix.packRows(projected, head * size, width, count, size, matrix.data(), at);
        }
    }
}
