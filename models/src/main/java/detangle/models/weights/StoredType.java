package detangle.models.weights;

import detangle.ir.DType;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** The element types of safetensors files that the IR has; the constant name is the file's word. */
enum StoredType {
    F64(DType.F64),
    F32(DType.F32),
    F16(DType.F16),
    BF16(DType.BF16),
    I64(DType.I64),
    I32(DType.I32),
    I8(DType.I8),
    BOOL(DType.I1);

    private final DType dtype;

    StoredType(DType dtype) {
        this.dtype = dtype;
    }

    DType dtype() {
        return dtype;
    }

    static Optional<StoredType> of(String word) {
        return Arrays.stream(values()).filter(t -> t.name().equals(word)).findFirst();
    }

    static StoredType of(DType dtype) {
        return switch (dtype) {
            case F64 -> F64;
            case F32 -> F32;
            case F16 -> F16;
            case BF16 -> BF16;
            case I64 -> I64;
            case I32 -> I32;
            case I8 -> I8;
            case I1 -> BOOL;
        };
    }

    static String words() {
        return Arrays.stream(values()).map(StoredType::name).collect(Collectors.joining(", "));
    }
}
