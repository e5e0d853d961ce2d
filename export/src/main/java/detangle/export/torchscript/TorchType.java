package detangle.export.torchscript;

import detangle.ir.DType;

/** Element types as TorchScript numbers them ({@code c10/core/ScalarType.h}) and as storages name them. */
record TorchType(int number, String storage) {
    static TorchType of(DType dtype) {
        return switch (dtype) {
            case I8 -> new TorchType(1, "CharStorage");
            case I32 -> new TorchType(3, "IntStorage");
            case I64 -> new TorchType(4, "LongStorage");
            case F16 -> new TorchType(5, "HalfStorage");
            case F32 -> new TorchType(6, "FloatStorage");
            case F64 -> new TorchType(7, "DoubleStorage");
            case I1 -> new TorchType(11, "BoolStorage");
            case BF16 -> new TorchType(15, "BFloat16Storage");
        };
    }
}
