package detangle.models.weights;

import detangle.ir.DType;
import java.util.Arrays;
import java.util.Map;
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

    /** Bits of an element, of the other words that the format has; what they mean, no parameter needs. */
    static final Map<String, Integer> OTHERS = Map.ofEntries(
            Map.entry("F4", 4),
            Map.entry("F6_E2M3", 6),
            Map.entry("F6_E3M2", 6),
            Map.entry("F8_E5M2", 8),
            Map.entry("F8_E4M3", 8),
            Map.entry("F8_E8M0", 8),
            Map.entry("F8_E4M3FNUZ", 8),
            Map.entry("F8_E5M2FNUZ", 8),
            Map.entry("U8", 8),
            Map.entry("I16", 16),
            Map.entry("U16", 16),
            Map.entry("U32", 32),
            Map.entry("U64", 64),
            Map.entry("C64", 64));

    static String words() {
        return Arrays.stream(values()).map(StoredType::name).collect(Collectors.joining(", "));
    }
}
