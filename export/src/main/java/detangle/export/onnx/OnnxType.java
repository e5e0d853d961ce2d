package detangle.export.onnx;

import detangle.ir.DType;

/** Element types by their numbers in {@code TensorProto.DataType} of onnx.proto. */
final class OnnxType {
    static final int INT64 = 7;

    private OnnxType() {}

    static int of(DType dtype) {
        return switch (dtype) {
            case F32 -> 1;
            case I8 -> 3;
            case I32 -> 6;
            case I64 -> INT64;
            case I1 -> 9;
            case F16 -> 10;
            case F64 -> 11;
            case BF16 -> 16;
        };
    }
}
